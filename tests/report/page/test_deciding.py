"""Which message decided, and which bodies go into the page when not all can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.ledger.verdicts import RequirementNotMet, SuiteFault
from dsp_conformance.record.scenario_record import Phase
from dsp_conformance.report.page.bodies import LONGEST, chosen_bodies, laid_out
from dsp_conformance.report.page.deciding import deciding_exchange, placed_exchanges, troubles_with

if TYPE_CHECKING:
    from tests.report.page.conftest import Made, Workshop


def size_of(made: Made) -> int:
    first = next(iter(made.record.exchanges()))
    assert first.request is not None
    assert first.response is not None
    return first.request.size + first.response.size


def test_exchanges_stand_in_the_order_of_the_record(workshop: Workshop) -> None:
    made = workshop.failing("bad", "MP105-04").late(workshop.exchange("late"))
    made.record.evidence.exchanges.append(workshop.exchange("early"))

    placed = list(placed_exchanges(made.record))
    assert [one.exchange for one in placed] == list(made.record.exchanges())
    assert [one.index for one in placed] == [0, 1, 2, 3]
    assert [(one.step, one.judged, one.late) for one in placed] == [
        (None, False, False), (0, False, False), (1, True, False), (None, True, True),
    ]  # fmt: skip


def test_a_step_that_found_something_is_decided_by_the_last_exchange_before_it(workshop: Workshop) -> None:
    made = workshop.failing("bad", "MP105-04")
    made.step("And", "never reached", workshop.exchange("after"))

    assert deciding_exchange(made.record) == 1

    in_it = workshop.scenario("within", "MP105-04").step("When", "asked", workshop.exchange())
    in_it.ended_by(SuiteFault("broke"))
    in_it.record.steps[-1].evidence.exchanges.append(workshop.exchange("of the step itself"))
    assert deciding_exchange(in_it.record) == 1


def test_a_failed_check_is_decided_by_the_first_exchange_that_failed_one(workshop: Workshop) -> None:
    made = workshop.scenario("checked", "MP105-04")
    made.step("When", "asked", workshop.exchange(), workshop.exchange("bad", "DUIS-03"), workshop.exchange())

    assert deciding_exchange(made.record) == 1
    [trouble] = troubles_with(made.record, "DUIS-03")
    assert (trouble.index, trouble.step) == (1, "When asked")
    assert troubles_with(made.record, "MP105-04") == []


def test_what_came_too_much_at_the_end_is_decided_there(workshop: Workshop) -> None:
    made = workshop.passing("quiet", "MP105-09").late(
        workshop.exchange("count", "DUIS-04"), workshop.exchange("again", "DUIS-04"), workshop.exchange()
    )
    made.ended_by(RequirementNotMet(expected="silence", found="a response"), phase=Phase.LATE)

    assert deciding_exchange(made.record) == 2


def test_a_pass_is_decided_by_the_last_exchange_of_its_steps(workshop: Workshop) -> None:
    assert deciding_exchange(workshop.passing("good").late(workshop.exchange()).record) == 1


def test_nothing_decided_where_nothing_was_exchanged(workshop: Workshop) -> None:
    assert deciding_exchange(workshop.scenario("empty").ended_by(SuiteFault("gone")).record) is None


def test_a_requirement_cut_short_is_told_what_cut_it_short(workshop: Workshop) -> None:
    made = workshop.scenario("cut", "MP105-04", "MP105-06").step("When", "asked", workshop.exchange())
    made.ended_by(RequirementNotMet(expected="one", found="two", requirements=("MP105-04",)))

    [trouble] = troubles_with(made.record, "MP105-06")
    assert (trouble.finding.expected, trouble.index) == ("one", 0)


def test_a_pass_without_a_message_in_its_steps_is_decided_by_the_last_of_all(workshop: Workshop) -> None:
    made = (
        workshop.scenario("quiet").step("Then", "nothing came").late(workshop.exchange(), workshop.exchange())
    )
    made.record.evidence.exchanges.append(workshop.exchange("early"))
    assert deciding_exchange(made.record) == 2
    assert deciding_exchange(workshop.scenario("silent").step("Then", "nothing came").record) is None


def test_what_is_set_up_is_not_judged_and_and_goes_with_what_it_follows(workshop: Workshop) -> None:
    made = workshop.scenario("s")
    for keyword in ("Given", "And", "When", "And", "Then", "Given", "And", "Then"):
        made.step(keyword, "x", workshop.exchange())
    judged = [one.judged for one in placed_exchanges(made.record)]
    assert judged == [False, False, True, True, True, False, False, True]
    alone = workshop.scenario("t").step("And", "x", workshop.exchange())
    assert [one.judged for one in placed_exchanges(alone.record)] == [False]


def test_a_finding_is_told_of_the_requirement_that_it_names_and_of_no_other(workshop: Workshop) -> None:
    made = workshop.scenario("s", "MP105-04", "MP105-06").step("Then", "asked", workshop.exchange())
    made.ended_by(
        RequirementNotMet(expected="one", found="two", requirements=("MP105-04",)), phase=Phase.TEAR_DOWN
    )
    assert len(troubles_with(made.record, "MP105-04")) == 1
    assert troubles_with(made.record, "MP105-06") == []
    assert troubles_with(made.record, "DUIS-01") == []
    named_by_none = workshop.scenario("t", "MP105-04").ended_by(SuiteFault("gone"))
    assert len(troubles_with(named_by_none.record, "MP105-04")) == 1
    assert troubles_with(named_by_none.record, "MP105-06") == []


def test_several_findings_against_a_requirement_are_all_told_in_their_order(workshop: Workshop) -> None:
    made = workshop.scenario("s", "MP105-04")
    for found in ("two", "three", "four"):
        made.ended_by(RequirementNotMet(expected="one", found=found), phase=Phase.TEAR_DOWN)
    assert [one.finding.found for one in troubles_with(made.record, "MP105-04")] == ["two", "three", "four"]


def test_the_same_finding_is_told_once_where_it_showed_first(workshop: Workshop) -> None:
    made = workshop.scenario("s", "MP105-04")
    made.step(
        "When", "asked", workshop.exchange("a", "DUIS-03"), workshop.exchange("b", "DUIS-03", "DUIS-04")
    )
    made.step("And", "asked again", workshop.exchange("c", "DUIS-03"))
    assert [(one.index, one.step) for one in troubles_with(made.record, "DUIS-03")] == [(0, "When asked")]
    assert [one.index for one in troubles_with(made.record, "DUIS-04")] == [1]


# -- bodies


def test_all_bodies_go_in_while_there_is_room(workshop: Workshop) -> None:
    made = [workshop.passing("good"), workshop.failing("bad")]

    assert len(chosen_bodies(one.record for one in made)) == 4


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (0, []),
        (1, [("bad", 1)]),
        (2, [("bad", 0), ("bad", 1)]),
        (3, [("bad", 0), ("bad", 1), ("good", 1)]),
    ],
)
def test_where_room_is_short_what_decided_a_failure_comes_first(
    workshop: Workshop, places: int, expected: list[tuple[str, int]]
) -> None:
    made = [workshop.passing("good"), workshop.failing("bad")]
    chosen = chosen_bodies([one.record for one in made], room=places * size_of(made[0]))

    assert sorted((name.rpartition("::")[2], index) for name, index in chosen) == expected


def test_what_is_left_out_is_told_with_its_digest(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen_bodies, "__defaults__", (0,))
    text = workshop.write(workshop.source(workshop.passing("good", "MP105-01"))).read_text(encoding="utf-8")

    assert "of the request" not in text
    assert text.count("in the journal</p>") == 4
    assert text.count("SHA-256 <code>") == 4


def test_a_message_is_indented_escaped_and_cut_where_it_is_long() -> None:
    assert laid_out(b'<a b="&amp;"><c>1</c></a>') == '&lt;a b="&amp;amp;">\n  &lt;c>1&lt;/c>\n&lt;/a>'
    assert "more characters" in laid_out(b"<a>" + b"x" * (2 * LONGEST) + b"</a>")
    assert len(laid_out(b"<a>" + b"x" * (2 * LONGEST) + b"</a>")) < LONGEST + 200


def test_octets_that_are_no_text_cannot_turn_the_page_around() -> None:
    shown = laid_out("<a>\u202e\x1b[31m</a>".encode() + b"\xff")

    assert not {"\u202e", "\x1b"} & set(shown)
    assert "&lt;a>" in shown
