"""A journal is read as it was written, or refused; and what is missing never makes a verdict better."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.synthetic import Shape, write_journal
from dsp_conformance.ledger.verdicts import RunVerdict
from dsp_conformance.record import journal
from dsp_conformance.record.journal_lines import LINE, Footer
from dsp_conformance.record.replay import Replay
from dsp_conformance.record.results import results, results_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RANK = {
    RunVerdict.CONFORMANT: 0,
    RunVerdict.NOTHING_RAN: 1,
    RunVerdict.INCONCLUSIVE: 2,
    RunVerdict.NON_CONFORMANT: 3,
    RunVerdict.SUITE_FAILED: 4,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A good run, a failed one, an inconclusive one, and one that was killed."""
    folder = tmp_path_factory.mktemp("journals")
    shapes = {
        "good": Shape(),
        "failed": Shape(failing=frozenset({1})),
        "unclear": Shape(unclear=frozenset({2})),
        "killed": Shape(failing=frozenset({1}), ended=False),
    }
    for name, shape in shapes.items():
        write_journal(folder / name, shape, key=f"the {name} run")
    return {name: (folder / name).read_bytes() for name in shapes}


def rank(octets: bytes, path: Path) -> int | None:
    """How bad the verdict of a journal is; None if it is refused, with a reason."""
    path.write_bytes(octets)
    try:
        source = journal.read(path)
    except journal.JournalError:
        return None
    assert source.complete or source.run.verdict is RunVerdict.SUITE_FAILED
    return RANK[source.run.verdict]


def refusal(octets: bytes, path: Path) -> str:
    path.write_bytes(octets)
    with pytest.raises(journal.JournalError) as refused:
        journal.read(path)
    return str(refused.value)


def test_a_run_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    run = write_journal(path, Shape(failing=frozenset({1}), unclear=frozenset({2})))
    source = journal.read(path)
    assert results_text(source.results) == results_text(results(run))
    assert source.complete
    assert len(source.arrivals) == 3
    assert all(one.unasked for one in source.arrivals)


def test_octets_come_back_exactly_text_or_not(made_up: Callable[..., Path]) -> None:
    source = journal.read(made_up())
    name = "features/made_up.feature::scenario 0001"
    sent, received = source.messages(name, 0)
    assert received is not None
    assert sent == b"\xff\xfe not text" + received
    assert "é='€'" in received.decode()
    alone, message = source.messages(name, 2)
    assert alone is None
    assert message is not None
    assert message.startswith(b"<message n='5'")
    owed = "features/made_up.feature::scenario 0000"
    assert source.messages(owed, 3) == (None, None)


@pytest.mark.parametrize("name", ["good", "failed", "unclear"])
def test_any_line_taken_away_is_noticed(name: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    lines = whole[name].splitlines(keepends=True)
    before = rank(whole[name], tmp_path / "j")
    assert before is not None
    for number in range(len(lines)):
        found = rank(b"".join(lines[:number] + lines[number + 1 :]), tmp_path / "j")
        assert found in (None, RANK[RunVerdict.SUITE_FAILED]), number


def test_a_killed_run_less_a_line_is_no_better(whole: dict[str, bytes], tmp_path: Path) -> None:
    lines = whole["killed"].splitlines(keepends=True)
    for number in range(len(lines)):
        found = rank(b"".join(lines[:number] + lines[number + 1 :]), tmp_path / "j")
        assert found in (None, RANK[RunVerdict.SUITE_FAILED]), number


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_edit_makes_a_verdict_better(data: Any, whole: dict[str, bytes], tmp_path: Path) -> None:
    name = data.draw(st.sampled_from(sorted(whole)))
    octets = whole[name]
    begin = data.draw(st.integers(0, len(octets) - 1))
    end = data.draw(st.integers(begin, min(len(octets), begin + 40)))
    edited = octets[:begin] + data.draw(st.binary(max_size=12)) + octets[end:]
    found = rank(edited, tmp_path / "j")
    assert edited == octets or found in (None, RANK[RunVerdict.SUITE_FAILED])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_wherever_it_is_cut_off_the_run_is_incomplete(
    data: Any, whole: dict[str, bytes], tmp_path: Path
) -> None:
    octets = whole[data.draw(st.sampled_from(["good", "failed"]))]
    first = octets.index(b"\n") + 1
    length = data.draw(st.integers(first, len(octets) - 1))
    assert rank(octets[:length], tmp_path / "j") == RANK[RunVerdict.SUITE_FAILED]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"status":"failed"', b'"status":"passed"'),
        (b'"passed":true', b'"passed":false'),
        (b'"verdict":"fail"', b'"verdict":"pass"'),
        (b'"text":"<message', b'"text":"<passage'),
        (b'"keyword":"MUST"', b'"keyword":"ASSUMED"'),
        (b'"enforce_assumed":false', b'"enforce_assumed":true'),
        (b'"verdict":"non-conformant","exit_code":1', b'"verdict":"conformant","exit_code":0'),
        (b'"product_version":"9.8"', b'"product_version":"9.9"'),
    ],
)
def test_an_edit_that_keeps_the_form_is_refused(
    old: bytes, new: bytes, whole: dict[str, bytes], tmp_path: Path
) -> None:
    assert old in whole["failed"]
    assert "cannot be used" in refusal(whole["failed"].replace(old, new, 1), tmp_path / "j")


def test_a_line_taken_away_from_within_a_killed_run_is_named(whole: dict[str, bytes], tmp_path: Path) -> None:
    lines = whole["killed"].splitlines(keepends=True)
    for number in range(1, len(lines) - 1):
        said = refusal(b"".join(lines[:number] + lines[number + 1 :]), tmp_path / "j")
        assert f"line {number + 1}: lines are missing, doubled or in another order" in said
    assert "line 1: it does not begin with a header" in refusal(b"".join(lines[1:]), tmp_path / "j")
    assert "line 2: it has a second header" in refusal(lines[0] + b"".join(lines), tmp_path / "j")


def test_a_footer_that_counts_other_lines_is_refused_though_its_digest_fits(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    lines = whole["good"].splitlines()
    assert rank(sealed(lines), tmp_path / "j") == RANK[RunVerdict.CONFORMANT]
    said = refusal(sealed(lines, counted="exchange"), tmp_path / "j")
    assert f"line {len(lines)}: its footer counts other lines" in said


def sealed(lines: list[bytes], *, counted: str = "") -> bytes:
    """Lines numbered anew, with a footer whose digest is right again; it counts one kind once too often."""
    told = [json.loads(line) for line in lines]
    for number, one in enumerate(told, 1):
        one["number"] = number
    before = b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in told[:-1])
    types = [one["type"] for one in told[:-1]]
    told[-1]["counts"] = {kind: types.count(kind) + (kind == counted) for kind in dict.fromkeys(types)}
    footer = Footer.model_validate_json(json.dumps(told[-1]))
    told[-1]["sha256"] = footer.digest(hashlib.sha256(before))
    return before + json.dumps(told[-1], separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize("kind", ["reason", "scenario ended", "late checks made", "step ended"])
def test_evidence_that_leads_to_another_verdict_than_the_footer_is_refused(
    kind: str, whole: dict[str, bytes], tmp_path: Path
) -> None:
    lines = whole["failed"].splitlines()
    assert rank(sealed(lines), tmp_path / "j") == RANK[RunVerdict.NON_CONFORMANT]
    less = next(number for number, line in enumerate(lines) if json.loads(line)["type"] == kind)
    assert rank(sealed(lines[:less] + lines[less + 1 :]), tmp_path / "j") is None


def test_every_line_of_a_run_that_came_to_its_end_counts_however_long_its_footer_is(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    lines = whole["good"].splitlines()
    footer = other(lines[-1], suite_errors=["9" * 200_000], verdict="suite failed", exit_code=4)
    octets = sealed([*lines[:-1], footer])
    assert rank(octets.replace(b'"9', b'"8', 1), tmp_path / "j") is None
    said = refusal(octets.replace(b'"type":"observation"', b'"type":"opinion"', 1), tmp_path / "j")
    assert "a line is not as it was written" in said
    [place, *_] = of_kind(lines, "observation")
    said = refusal(octets.replace(b'"nothing to see"', b"7", 1), tmp_path / "j")
    assert f"line {place + 1}: a line is not as it was written\n  found: observation.text: " in said
    assert (
        rank(whole["good"][:-1], tmp_path / "j") == RANK[RunVerdict.SUITE_FAILED]
    )  # a footer that is cut off


def of_kind(lines: list[bytes], kind: str) -> list[int]:
    return [number for number, line in enumerate(lines) if json.loads(line)["type"] == kind]


def other(line: bytes, **values: Any) -> bytes:
    return json.dumps(json.loads(line) | values).encode()


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        ("scenario begun", lambda line: [line, line], "scenario 0002' twice, or by two names"),
        (
            "scenario begun",
            lambda line: [other(line, scenario="x")],
            "it begins the scenario 'x' twice, or by",
        ),
        (
            "scenario begun",
            lambda _: [],
            "it tells of the scenario 'features/made_up.feature::scenario 0002'",
        ),
        ("step begun", lambda line: [other(line, step=3)], "it tells of step 3 of"),
        ("scenario ended", lambda _: [], "scenario 0002' never ended"),
        ("late checks made", lambda _: [], "scenario 0000' is still owed checks"),
        ("plan", lambda line: [other(line, plan={})], "its plan cannot be read"),
        ("scenario ended", lambda line: [other(line, verdict="fail")], "leads to another verdict"),
        ("late checks made", lambda line: [other(line, verdict="fail")], "leads to another verdict"),
    ],
    ids=[
        "twice",
        "two names",
        "never begun",
        "no such step",
        "never ended",
        "owed",
        "no plan",
        "other verdict",
        "other late verdict",
    ],
)
def test_lines_that_contradict_each_other_are_refused_though_all_digests_fit(
    kind: str,
    change: Callable[[bytes], list[bytes]],
    reason: str,
    whole: dict[str, bytes],
    tmp_path: Path,
) -> None:
    lines = whole["good"].splitlines()
    [*_, place] = of_kind(lines, kind)
    assert reason in refusal(
        sealed([*lines[:place], *change(lines[place]), *lines[place + 1 :]]), tmp_path / "j"
    )


def test_a_ledger_that_is_not_that_of_its_digest_is_refused(whole: dict[str, bytes], tmp_path: Path) -> None:
    lines = whole["good"].splitlines()
    lines[0] = lines[0].replace(b'"keyword":"MUST"', b'"keyword":"ASSUMED"', 1)
    assert "line 1: its ledger is not that of the digest beside it" in refusal(sealed(lines), tmp_path / "j")


def test_a_message_that_answers_a_request_of_the_run_is_told_from_others(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    lines = whole["good"].splitlines()
    answered = json.loads(lines[of_kind(lines, "message")[1]])["request_id"]
    place = next(at for at in of_kind(lines, "exchange") if json.loads(lines[at])["request"])
    wire = json.loads(lines[place])["wire"] | {"request_id": answered}
    lines[place] = other(lines[place], wire=wire)
    path = tmp_path / "j"
    path.write_bytes(sealed(lines))
    assert [one.unasked for one in journal.read(path).arrivals] == [True, False, True]


def test_what_the_testbed_did_for_the_run_as_a_whole_is_read_back(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    lines = whole["good"].splitlines()
    place = of_kind(lines, "testbed operation")[0]
    lines.insert(2, other(lines[place], scenario=None, place=None))
    path = tmp_path / "j"
    path.write_bytes(sealed(lines))
    [operation] = journal.read(path).operations
    assert (operation.name, operation.outcome) == ("provide-device", "done")


def test_a_run_that_could_not_start_leaves_no_scenario_behind(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    lines = whole["good"].splitlines()
    begun = of_kind(lines, "scenario begun")[0]
    footer = other(lines[-1], unusable="no DSP answers", verdict="could not start", exit_code=2)
    path = tmp_path / "j"
    path.write_bytes(sealed([*lines[: begun + 1], footer]))
    with pytest.raises(journal.JournalError, match="leads to other verdicts than its footer says"):
        journal.read(path)  # which lists the verdicts of a whole run
    replay = Replay.of(path)
    replay.end()
    assert (replay.run.records, replay.run.unusable) == ({}, "no DSP answers")


def test_a_killed_run_tells_what_it_had_planned_and_did_not_run(tmp_path: Path) -> None:
    path = tmp_path / "j"
    write_journal(path, Shape(scenarios=8, owed=frozenset(), ended=False))
    lines = path.read_bytes().splitlines(keepends=True)
    begun = of_kind(lines, "scenario begun")
    for ran, told in ((2, "scenario 2, scenario 3, scenario 4, scenario 5, scenario 6 and 1 more; "),
                      (3, "scenario 3, scenario 4, scenario 5, scenario 6, scenario 7; ")):  # fmt: skip
        path.write_bytes(b"".join(lines[: begun[ran]]))
        source = journal.read(path)
        assert source.results["suite_errors"] == [
            "the run did not come to its end: its journal has no footer",
            f"not run: {told}nothing is said about what they test",
        ]
        assert source.run.finished >= source.run.started
        assert {one["verdict"] for one in source.results["scenarios"]} == {"pass"}


def test_the_step_in_which_a_run_was_killed_is_an_error_and_those_after_it_did_not_run(
    made_up: Callable[..., Path],
) -> None:
    path = made_up(ended=False, owed=frozenset())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: of_kind(lines, "step begun")[-2] + 1]))
    [*_, last] = journal.read(path).results["scenarios"]
    assert [one["status"] for one in last["steps"]] == ["passed", "error", "not run"]
    assert (last["verdict"], last["reasons"][0]["phase"]) == ("error", "step")
    assert last["stop"] > 0


def test_checks_that_a_killed_run_owed_are_an_error_of_their_end(made_up: Callable[..., Path]) -> None:
    path = made_up(ended=False, owed=frozenset({1}))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: of_kind(lines, "scenario ended")[-1] + 1]))
    told = {one["id"][-1]: one for one in journal.read(path).results["scenarios"]}
    assert [told[number]["verdict"] for number in "012"] == ["pass", "error", "pass"]
    assert told["1"]["reasons"][0]["phase"] == "late"
    assert {one["status"] for one in told["1"]["steps"]} == {"passed"}


def test_lines_of_another_run_are_refused(whole: dict[str, bytes], tmp_path: Path) -> None:
    good, failed = (whole[name].splitlines(keepends=True) for name in ("good", "killed"))
    mixed = refusal(b"".join([*failed[:5], *good[5:8]]), tmp_path / "j")
    assert "line 6" in mixed
    assert "it holds lines of another run" in mixed
    assert "the killed run" in mixed


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "it is empty"),
        (b"\n", "no journal of dsp-conformance"),
        (b"{}\n", "no journal of dsp-conformance"),
        (b'{"format": "dsp-conformance journal", "version": 2}\n', "its version is not known"),
        (b"\xff\xfe\x00\x00" * 100, "no journal of dsp-conformance"),
        (b"[" * 100_000 + b"\n", "no journal of dsp-conformance"),
        (b'{"verdict": "conformant"}\n' * 3, "no journal of dsp-conformance"),
    ],
)
def test_what_is_no_journal_is_refused_with_the_reason(octets: bytes, reason: str, tmp_path: Path) -> None:
    said = refusal(octets, tmp_path / "j")
    assert reason in said
    assert not octets or ": line 1: " in said


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(journal.JournalError, match="cannot be read"):
            journal.read(path)


def test_something_after_the_footer_is_refused(whole: dict[str, bytes], tmp_path: Path) -> None:
    lines = whole["good"].splitlines(keepends=True)
    said = refusal(whole["good"] + lines[-1], tmp_path / "j")
    assert f"line {len(lines) + 1}: something follows its footer" in said


def test_a_killed_run_is_reported_with_what_it_left_open(made_up: Callable[..., Path]) -> None:
    path = made_up(ended=False, failing=frozenset({1}))
    lines = path.read_bytes().splitlines(keepends=True)
    begun = [number for number, line in enumerate(lines) if b'"type":"scenario begun"' in line]
    path.write_bytes(b"".join(lines[: begun[2] + 3]) + lines[begun[2] + 3][:30])
    source = journal.read(path)
    told = {one["id"].rpartition(" ")[2]: one["verdict"] for one in source.results["scenarios"]}
    assert told == {"0000": "error", "0001": "fail", "0002": "error"}
    assert not source.complete
    assert source.results["run"]["complete"] is False
    assert source.results["verdict"]["exit_code"] == 4
    assert "is cut off" in source.results["suite_errors"][0]
    assert source.messages("features/made_up.feature::scenario 0001", 0)[0] is not None


def test_a_line_longer_than_any_message_is_not_read(
    whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsp_conformance.record.journal_reading.LONGEST", 4000)
    path = tmp_path / "j"
    path.write_bytes(whole["killed"].replace(b"nothing to see", b"9" * 9000))
    errors = journal.read(path).results["suite_errors"]
    assert "it is longer than 4000 octets" in errors[0]


def test_every_line_is_of_the_published_form(whole: dict[str, bytes]) -> None:
    for octets in whole.values():
        for line in octets.splitlines():
            assert LINE.validate_json(line).model_dump_json().encode() == line
