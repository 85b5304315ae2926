"""A testbed that cannot do everything: what that leaves out is known before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.suite.conftest import ChangedTestbed, FinishedRun


@pytest.mark.parametrize(
    "missing",
    [
        ["edit-cpl", "provide-device"],
        ["control-device", "inject-fault", "observe-device"],
        ["set-status", "deliver-locally", "hold-response", "restart"],
    ],
    ids=" ".join,
)
def test_whatever_a_testbed_lacks_is_declared_beside_the_steps_that_need_it(
    run_some: Callable[..., FinishedRun],
    serve_stub: Callable[..., str],
    changed_testbed: ChangedTestbed,
    tmp_path: Path,
    missing: list[str],
) -> None:
    def lacking(told: dict[str, Any]) -> None:
        for kind in ("capabilities", "extensions"):
            told[kind] = [one for one in told[kind] if one not in missing]

    with changed_testbed(serve_stub(), lacking) as url:
        file = tmp_path / "target.toml"
        file.write_text(
            f'[testbed]\ndriver = "control-api"\nurl = "{url}"\n'
            "[profile]\nsilence_seconds = 1\n"
            'smets1 = "yes"\nresent_activation = "yes"\nlocal_delivery = "yes"\n',
            encoding="utf-8",
        )
        # Those left aside are many, and need nothing that others do not need as well.
        select = "not noncritical_requests and not a_critical_request"
        finished = run_some(select, f"--target={file}", "-n2")

    scenarios = finished.results["scenarios"]
    left_out = [one for one in scenarios if one["exclusion"] == "not testable"]
    assert left_out
    # A need that a step does not declare would show as a scenario that ends in one of its steps.
    assert {reason["phase"] for one in left_out for reason in one["reasons"]} == {"set-up"}
    assert {one["verdict"] for one in scenarios if one not in left_out} <= {"pass", "none"}
    assert len(left_out) == sum(
        len(group["scenarios"])
        for group in finished.results["plan"]["excluded"]
        if group["exclusion"] == "not testable"
    )
    assert f"{len(left_out)} not testable on this testbed" in finished.output
    told = [group["reason"] for group in finished.results["plan"]["excluded"]]
    assert len(told) == len(set(told))  # each reason once, however many scenarios it concerns
    assert all(
        repr(each) in finished.output for each in missing if each != "observe-device"
    )  # no step's need
    assert finished.exit_code in {3, 5}  # those left aside keep a verdict away
    unassessed = finished.results["plan"]["requirements_not_assessed"]
    assert ("requirements that this run will not assess" in finished.output) is bool(unassessed)
    assert bool(unassessed) is not ("restart" in missing)  # an extension is no requirement's only way
