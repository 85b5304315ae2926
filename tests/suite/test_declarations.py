"""What is declared of a product on the command line, beside what the product does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.suite.conftest import FinishedRun

ONE_REJECTION = "noncritical_requests and esme-4.1.1"


def test_a_rejection_code_on_the_command_line_is_what_the_product_is_held_to(
    run_some: Callable[..., FinishedRun], serve_stub: Callable[..., str], tmp_path: Path
) -> None:
    control_url = serve_stub("--rejection-code", "E5")
    target = tmp_path / "target.toml"
    target.write_text(
        f'[testbed]\ndriver = "control-api"\nurl = "{control_url}"\n[profile]\nsilence_seconds = 0.2\n',
        encoding="utf-8",
    )

    held_to_its_own = run_some(ONE_REJECTION, f"--target={target}", "--rejection-code=E5")
    assert held_to_its_own.chosen_passed
    assert held_to_its_own.results["run"]["profile"]["rejection_code"] == "E5"
    held_to_the_default = run_some(ONE_REJECTION, f"--target={target}")
    assert held_to_the_default.exit_code == 1
    assert held_to_the_default.results["run"]["profile"]["rejection_code"] == "E51"


def test_the_bundled_stub_is_not_told_what_it_is_declared_to_answer(
    run_some: Callable[..., FinishedRun],
) -> None:
    assert run_some(ONE_REJECTION, "--rejection-code=E5").requirements("fail") == {"SCOPE-01"}


def test_known_failures_of_a_dsp_leave_nothing_new(
    run_some: Callable[..., FinishedRun], tmp_path: Path
) -> None:
    known = tmp_path / "known.toml"
    known.write_text(
        '[[known]]\nrequirement = "MP105-01"\nreason = "comes with release 2"\nexpires = 2999-12-31\n',
        encoding="utf-8",
    )

    finished = run_some(
        "electricity_meter_tells and not however", "--before-mp105", f"--baseline={known}", "-n2"
    )

    assert finished.exit_code == 1
    assert "1 known failure, no new failures" in finished.output
    assert finished.results["baseline"]["entries"][0]["state"] == "known failure"


OWN_BODY = """<DisplayMessage xmlns="http://www.dccinterface.co.uk/ServiceUserGateway">
  <SupplierMessage>Words of the vendor's own</SupplierMessage>
</DisplayMessage>
"""


def test_request_bodies_of_the_vendors_own_go_before_the_suites(
    run_some: Callable[..., FinishedRun], tmp_path: Path
) -> None:
    (tmp_path / "3.1.xml").write_text(OWN_BODY, encoding="utf-8")

    finished = run_some("noncritical_requests and esme-3.1-", f"--request-bodies={tmp_path}")

    assert finished.chosen_passed
    sent = [file.read_text(encoding="utf-8") for file in finished.folder.rglob("*-attachment.xml")]
    assert any("Words of the vendor's own" in text for text in sent)
