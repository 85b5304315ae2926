"""Sequence diagrams: who sent what to whom, and what was wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsp_conformance.report.page.anchors import exchange_anchor
from dsp_conformance.report.page.sequence import Diagram, diagram_of
from dsp_conformance.testbed.operations import OperationName

if TYPE_CHECKING:
    from tests.report.page.conftest import Made, Workshop


ARRIVED = (
    '[{"request_id": "a:b:1", "service_reference_variant": "11.2", "received_at": "2026-11-22T18:26:54Z"}, '
    '{"request_id": "a:b:2", "service_reference_variant": "11.3", "received_at": "2026-11-22T18:26:55Z"}]'
)


def drawn(made: Made) -> Diagram:
    diagram = diagram_of(made.record)
    assert diagram is not None
    return diagram


def arrows(diagram: Diagram) -> list[tuple[str, str, str]]:
    """Each message as who sent it, what it says, and to whom."""
    names = dict(diagram.parties)

    def nearest(x: int) -> str:
        return names[min(names, key=lambda place: abs(place - x))]

    return [(nearest(one.start), one.text, nearest(one.end)) for one in diagram.arrows]


def test_requests_answers_and_asynchronous_messages_go_between_user_and_dsp(workshop: Workshop) -> None:
    made = workshop.passing("good").late(workshop.exchange("SR11.2 ← asynchronous I0", asked=False))

    assert arrows(drawn(made)) == [
        ("Service User", "1 SR8.2 CV8", "DSP"),
        ("DSP", "1 I0", "Service User"),
        ("Service User", "2 SR11.2 CV1", "DSP"),
        ("DSP", "2 I99", "Service User"),
        ("DSP", "3 SR11.2 asynchronous I0", "Service User"),
    ]


def test_testbed_operations_and_commands_that_arrived_are_drawn(workshop: Workshop) -> None:
    done = workshop.operation("add-cpl-entry"), workshop.operation("change-device")
    seen = workshop.operation("list-commands", ARRIVED)
    made = (
        workshop.scenario("tested").step("Given", "x", operations=done).step("Then", "y", operations=(seen,))
    )
    diagram = drawn(made)

    assert [name for _, name in diagram.parties] == ["Service User", "DSP", "Device", "Testbed"]
    assert arrows(diagram) == [
        ("Testbed", "add CPL entry", "DSP"),
        ("Testbed", "change Device", "Device"),
        ("Testbed", "which commands arrived?", "Device"),
        ("DSP", "SR11.2 arrived", "Device"),
        ("DSP", "SR11.3 arrived", "Device"),
    ]
    assert "3 testbed operations" in diagram.summary


def test_every_operation_of_the_testbed_has_words_of_its_own(workshop: Workshop) -> None:
    names = [each.value for each in OperationName]
    operations = tuple(workshop.operation(name) for name in names)
    texts = [
        one.text for one in drawn(workshop.scenario("all").step("Given", "x", operations=operations)).arrows
    ]

    assert len(set(texts)) == len(names)
    assert not set(texts) & set(names)


def test_a_failed_check_a_missing_answer_and_a_failed_operation_are_marked(workshop: Workshop) -> None:
    made = workshop.scenario("bad").step(
        "When",
        "asked",
        workshop.exchange("SR8.2 CV8 → I0", "DUIS-03"),
        workshop.exchange("SR11.2 CV1 → no usable answer", answered=False),
        operations=(workshop.operation("inject-fault", "refused", "failed"),),
    )
    diagram = drawn(made)

    assert [one.kind for one in diagram.arrows if "bad" in one.kind] == ["operation bad", "answer bad"]
    assert [one.text for one in diagram.bands if one.kind == "note bad"] == [
        "✗ 1 DUIS-03 not met",
        "✗ 2 no answer",
    ]


def test_the_step_that_failed_is_marked_and_later_ones_are_left_out(workshop: Workshop) -> None:
    made = workshop.failing("bad", "MP105-04")
    bands = drawn(made).bands

    assert [one.text for one in bands] == [
        "Given a Suspended ESME",
        "When the user sends SR11.2",
        "✗ Then the request is accepted",
    ]
    assert bands[-1].kind == "step bad"


def test_each_message_leads_to_its_exchange_and_everything_fits(workshop: Workshop) -> None:
    made = workshop.scenario("long").step(
        "When", "a very long step " * 20, workshop.exchange("SR" + "1" * 99)
    )
    diagram = drawn(made)

    assert {one.target for one in diagram.arrows} == {exchange_anchor("features/small.feature::long", 0)}
    assert all(len(one.text) < 30 for one in diagram.arrows)
    assert max([one.y for one in diagram.arrows] + [one.y for one in diagram.bands]) < diagram.height
    assert all(0 < place < diagram.width for one in diagram.arrows for place in (one.start, one.end))


def test_nothing_is_drawn_where_nobody_sent_anything(workshop: Workshop) -> None:
    assert diagram_of(workshop.scenario("empty").step("Given", "nothing").record) is None
