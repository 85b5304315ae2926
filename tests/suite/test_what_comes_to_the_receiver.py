"""What a run tells of messages that no scenario waited for."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Start = Callable[..., Any]

ONE_STORY = "suspended_electricity_meter_tells"
STORIES = "suspended_electricity_meter_tells or suspended_gas_meter_tells"


def target_file(folder: Path, control_url: str, more: str = "") -> Path:
    path = folder / "target.toml"
    path.write_text(
        f'[testbed]\ndriver = "control-api"\nurl = "{control_url}"\n{more}\n'
        "[timeouts]\nresponse = 1\n[profile]\nsilence_seconds = 0.2\n",
        encoding="utf-8",
    )
    return path


def receiver_part(run: Any) -> str:
    """What the summary says of the receiver."""
    summary = " ".join((run.folder / "summary.txt").read_text(encoding="utf-8").split())
    return str(summary.partition("At the receiver, besides")[2])


def test_responses_for_a_user_that_is_not_ours_are_refused_and_told_and_the_product_still_fails(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    target = target_file(tmp_path, serve_stub("--deviation", "read-misaddressed"))
    run = run_some(ONE_STORY, f"--target={target}", "-p", "xdist", "-n", "2")
    assert run.exit_code == 1, run.output
    assert {"DUIS-03", "DUIS-04"} <= run.requirements("fail")
    (what,) = [what for what in run.results["receiver"] if "is no Service User of this run: refused" in what]
    assert run.results["receiver"][what] >= 1
    assert what in receiver_part(run)


def test_responses_that_come_twice_are_told(run_some: Start, serve_stub: Start, tmp_path: Path) -> None:
    run = run_some(
        ONE_STORY, f"--target={target_file(tmp_path, serve_stub('--deviation', 'responses-doubled'))}"
    )
    assert run.exit_code == 1, run.output
    assert run.results["receiver"]["responses to a request that had one already"] >= 1
    assert " x responses to a request that had one already" in receiver_part(run)


def test_a_receiver_at_another_path_than_the_dsp_posts_to_blames_nobody(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    # As behind a proxy that should have changed the path: the port is what the DSP is told, the path is not.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    more = (
        f'[receiver]\nbind = "127.0.0.1:{port}"\npublic_url = "http://127.0.0.1:{port}/public"\n'
        'path = "/inside"'
    )
    run = run_some(ONE_STORY, f"--target={target_file(tmp_path, serve_stub(), more)}")
    assert run.exit_code == 3, run.output
    assert run.requirements("fail") == set()
    assert "MP105-01" in run.requirements("inconclusive")
    found = [reason["found"] for each in run.results["scenarios"] for reason in each["reasons"]]
    assert all("turned away unread: messages posted to another path than /inside" in told for told in found)
    assert "compare [receiver] and [limits] of the target file" in " ".join(run.output.split())


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "parallel"])
def test_a_receiver_that_nothing_reaches_ends_the_run_at_once_and_blames_nobody(
    run_some: Start, serve_stub: Start, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = probe.getsockname()[1]
    more = f'[receiver]\nbind = "127.0.0.1:0"\npublic_url = "http://127.0.0.1:{nobody}/public"'
    run = run_some(STORIES, f"--target={target_file(tmp_path, serve_stub(), more)}", *workers)
    assert run.exit_code == 3, run.output
    assert run.requirements("fail") == set()
    assert {"MP105-01", "MP105-02"} <= run.requirements("inconclusive")
    reasons = [reason for each in run.results["scenarios"] for reason in each["reasons"]]
    assert {reason["attribution"] for reason in reasons} == {"unreachable target"}
    assert all("nothing shows that responses reach the receiver" in each["what"] for each in reasons)
    assert all(f"http://127.0.0.1:{nobody}/public/" in each["expected"] for each in reasons)
    assert all("[receiver] bind is 127.0.0.1:0" in each["expected"] for each in reasons)
    assert all("nothing is reached there from this machine" in each["found"] for each in reasons)
    assert all("cannot be told from a closed road" in each["hint"] for each in reasons)
    page = (run.folder / "index.html").read_text(encoding="utf-8")
    assert "cannot be told from a closed road" in page
    assert "product defect" not in " ".join(run.output.split())
