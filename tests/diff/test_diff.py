"""Two runs compared: what changed is told, what did not is not, and the exit code says which it was."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from dsp_conformance.cli import main
from dsp_conformance.pack.making import make_pack
from dsp_conformance.record import journal
from dsp_conformance.record.results import results_text
from dsp_conformance.report.writers import write_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Maker = Callable[..., Path]

ONE = "features/made_up.feature::scenario 0001"


def diff(*arguments: str | Path) -> Result:
    done = CliRunner().invoke(main, ["diff", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def told(*arguments: str | Path) -> dict[str, Any]:
    done = diff(*arguments, "--json")
    assert done.exit_code in {0, 1}, done.output
    found: dict[str, Any] = json.loads(done.output)
    assert found["verdicts_changed"] == bool(done.exit_code)
    return found


def edited(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The results of a journal, edited, as a file results.json."""
    tree = json.loads(results_text(journal.read(path).results))
    change(tree)
    results = path.with_suffix(".json")
    results.write_text(json.dumps(tree))
    return results


def test_a_run_is_not_different_from_itself(made_up: Maker) -> None:
    path = made_up("one")
    done = diff(path, path)
    assert done.exit_code == 0
    assert "conformant in both" in done.output
    assert done.output.count(": none") == 8
    found = told(path, path)
    kinds = ("requirements", "profile", "revised", "scenarios", "checks", "steps", "codes", "timings")
    assert [found[kind] for kind in kinds] == [[]] * 8


def test_a_profile_that_declares_something_else_is_told_with_what_it_may_explain(
    made_up: Maker, tmp_path: Path
) -> None:
    def declared(profile: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
        return lambda tree: tree["run"].update(profile=profile)

    before = edited(
        made_up("one"), declared({"smets1": None, "local_delivery": True, "rejection_code": "E5"})
    )
    after = edited(made_up("two"), declared({"smets1": False, "local_delivery": True, "duis_version": "5.4"}))
    found = [(one["what"], one["before"], one["after"]) for one in told(before, after)["profile"]]
    assert found == [
        ("smets1", "undeclared", "no"),
        ("rejection_code", "E5", "not there"),
        ("duis_version", "not there", "5.4"),
    ]
    page = tmp_path / "diff.html"
    done = diff(before, after, "--html", page)
    assert "profile: declared otherwise: 3\n  smets1: undeclared → no" in done.output
    assert "Declared otherwise in the profile" in page.read_text(encoding="utf-8")


def test_changed_verdicts_are_told_for_run_requirement_and_scenario(made_up: Maker) -> None:
    found = told(made_up("good"), made_up("bad", failing=frozenset({1})))
    assert found["verdict"] == {
        "what": "the run",
        "detail": "",
        "before": "conformant",
        "after": "non-conformant",
    }
    assert [(one["what"], one["before"], one["after"]) for one in found["requirements"]] == [
        ("CORE-01", "pass", "fail")
    ]
    assert [(one["what"], one["before"], one["after"]) for one in found["scenarios"]] == [
        (ONE, "pass", "fail")
    ]


def test_a_scenario_that_one_run_lacks_is_a_change(made_up: Maker) -> None:
    found = told(made_up("three"), made_up("two", scenarios=2))
    assert [(one["what"][-4:], one["after"]) for one in found["scenarios"]] == [("0002", "not there")]
    assert found["verdict"] is None


def test_checks_and_steps_that_only_one_run_executed_are_told(made_up: Maker) -> None:
    path = made_up("whole")

    def less(tree: dict[str, Any]) -> None:
        scenario = next(one for one in tree["scenarios"] if one["id"] == ONE)
        for step in scenario["steps"]:
            for exchange in step["exchanges"]:
                exchange["checks"] = []
        scenario["steps"][2]["status"] = "not run"

    found = told(path, edited(path, less))
    assert found["checks"] == [{"scenario": ONE, "only": "A", "what": ["DUIS-01"]}]
    assert found["steps"] == [{"scenario": ONE, "only": "A", "what": ["Then it answers"]}]
    assert found["verdicts_changed"] is False
    assert told(edited(path, less), path)["checks"][0]["only"] == "B"


def test_changed_response_codes_are_told_step_by_step_and_repeats_are_not(made_up: Maker) -> None:
    path = made_up("whole")

    def other(tree: dict[str, Any]) -> None:
        exchanges = next(one for one in tree["scenarios"] if one["id"] == ONE)["steps"][1]["exchanges"]
        exchanges.append(json.loads(json.dumps(exchanges[0])))  # asked once more, answered as before
        exchanges[1]["title"] = "SR11.2 CV1 → E5"
        exchanges[2]["wire"]["status"] = 500

    codes = told(path, edited(path, other))["codes"]
    assert [(one["detail"], one["before"], one["after"]) for one in codes] == [
        ("When it is asked: answer to SR11.2 CV1", "I99", "I99, E5, I99"),
        ("When it is asked: message about SR11.2", "asynchronous I0", "asynchronous I0 (HTTP 500)"),
    ]

    def never_asked(tree: dict[str, Any]) -> None:
        steps = tree["scenarios"][1]["steps"]
        steps[1] |= {"exchanges": [], "status": "not run"}

    assert told(path, edited(path, never_asked))["codes"] == []

    def again(tree: dict[str, Any]) -> None:
        exchanges = tree["scenarios"][1]["steps"][1]["exchanges"]
        exchanges.insert(1, exchanges[0])

    assert told(path, edited(path, again))["codes"] == []


@pytest.mark.parametrize(("seconds", "changes"), [(0.021, 0), (0.025, 1), (2.0, 1)])
def test_times_count_as_changed_above_the_threshold_that_is_stated(
    seconds: float, changes: int, made_up: Maker
) -> None:
    quick, slow = made_up("quick", seconds=0.004), made_up("slow", seconds=seconds)
    found = told(quick, slow)
    assert len(found["timings"]) == changes
    assert "at least 2 times and 20 ms" in found["timing_threshold"]
    assert found["timing_threshold"] in diff(quick, slow).output
    assert not found["verdicts_changed"]


def test_folders_results_journals_and_packs_are_compared_alike(made_up: Maker, tmp_path: Path) -> None:
    source = made_up("run", failing=frozenset({1}))
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / journal.NAME).write_bytes(source.read_bytes())
    assert write_all(journal.read(folder / journal.NAME), folder) == []
    make_pack(folder, tmp_path / "pack.zip")
    sides = [folder, folder / "results.json", folder / journal.NAME, tmp_path / "pack.zip"]
    for side in sides:
        assert diff(folder, side).exit_code == 0, side
    good = made_up("good")
    assert {json.dumps(told(good, side)["scenarios"]) for side in sides} != {"[]"}
    assert len({json.dumps(told(good, side)["scenarios"]) for side in sides}) == 1


def test_the_page_needs_nothing_else(made_up: Maker, tmp_path: Path) -> None:
    page = tmp_path / "diff.html"
    good, bad = (
        made_up("good", seconds=0.001),
        made_up("bad", failing=frozenset({1}), version="<b>9</b>", seconds=3.0),
    )
    assert diff(good, bad, "--html", page).exit_code == 1
    text = page.read_text()
    assert "Conformant → non-conformant" in text
    assert "&lt;b&gt;9&lt;/b&gt;" in text
    assert "<b>9</b>" not in text
    assert "<script" not in text
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", text)
    assert not re.search(r"url\(|@import", text)
    assert set(re.findall(r'href="#([a-z]+)"', text)) <= set(re.findall(r'id="([a-z]+)"', text))


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "expected results of format 1"),
        (b"{}", "Field required"),
        (b'{"format": 2}', "format"),
        (b"\xff\xfe", "expected results of format 1"),
        (b"[" * 100_000, "expected results of format 1"),
        (b"PK\x05\x06" + bytes(18), "it holds no MANIFEST.sha256"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(
    octets: bytes, reason: str, made_up: Maker, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(octets)
    for pair in ((bad, made_up("good")), (made_up("good"), bad)):
        done = diff(*pair)
        assert done.exit_code == 2
        assert reason in done.output
        assert "cannot be compared" in done.output
    assert diff(tmp_path / "missing", bad).exit_code == 2
    assert diff(tmp_path, tmp_path).exit_code == 2


def test_an_edited_journal_or_pack_is_not_compared(made_up: Maker, tmp_path: Path) -> None:
    path = made_up("run")
    good = made_up("good")
    path.write_bytes(path.read_bytes().replace(b"nothing to see", b"nothing to sea", 1))
    done = diff(good, path)
    assert (done.exit_code, "changed after it was written" in done.output) == (2, True)
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / journal.NAME).write_bytes(good.read_bytes())
    write_all(journal.read(good), folder)
    make_pack(folder, tmp_path / "pack.zip")
    octets = bytearray((tmp_path / "pack.zip").read_bytes())
    place = octets.index(b"README.txt") + 20
    octets[place] ^= 0xFF
    (tmp_path / "pack.zip").write_bytes(octets)
    done = diff(good, tmp_path / "pack.zip")
    assert (done.exit_code, "does not verify: altered: README.txt" in done.output) == (2, True)
