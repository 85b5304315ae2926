"""Coverage: what was visited, what was not, and what cannot be."""

from dataclasses import replace

from dsp_conformance.duis.terms import DeviceType, UserRole
from dsp_conformance.explore.coverage import Condition, Coverage, Pair, State, every_pair
from dsp_conformance.explore.events import Activate, ReadFirmware
from dsp_conformance.explore.loop import replay
from dsp_conformance.explore.words import Word
from tests.explore.histories import ASKED, LEFT, LISTED, NEW_LISTED, OLD, PROVIDED, READ, RUNS_NEW, history
from tests.explore.memory_world import ABILITIES, MemoryWorld


def test_the_picture_has_about_450_pairs() -> None:
    assert 400 <= len(every_pair()) <= 500
    assert len(set(every_pair())) == len(every_pair())


def test_a_pair_is_the_state_before_the_event() -> None:
    told = history(
        LISTED, NEW_LISTED, PROVIDED, LEFT, RUNS_NEW, ASKED, READ, ReadFirmware(device="A", role=UserRole.ED)
    )
    visited = replay(told, MemoryWorld(told)).visited

    def pair(state: State, word: Word) -> Pair:
        return Pair(Condition(DeviceType.ESME, state), word)

    assert visited == {
        pair(State.COMMISSIONED, Word.DELETED),
        pair(State.SUSPENDED, Word.RUNS),
        pair(State.RUNS_ACTIVE, Word.NON_CRITICAL),
        pair(State.RUNS_ACTIVE, Word.READ),
        pair(State.RESTORED, Word.READ_BY_OTHERS),
    }


def test_an_activation_is_sent_again_where_one_was_sent_since_the_suspension() -> None:
    activated = Activate(device="A", version=OLD)
    told = history(LISTED, PROVIDED, LEFT, activated, activated)
    words = {pair.word for pair in replay(told, MemoryWorld(told)).visited}
    assert {Word.ACTIVATED, Word.RESENT} <= words


def test_every_pair_is_visited_or_not_or_cannot_be() -> None:
    coverage = Coverage(replace(ABILITIES, capabilities=frozenset({"edit-cpl", "provide-device"})))
    coverage.add(every_pair()[:50])
    parts = (coverage.visited, coverage.never_visited, tuple(coverage.impossible))
    assert sorted(pair for part in parts for pair in part) == sorted(every_pair())
    assert all(coverage.impossible.values())


def test_what_a_testbed_lacks_is_said() -> None:
    coverage = Coverage(
        replace(ABILITIES, capabilities=frozenset(), device_types=frozenset({DeviceType.ESME}))
    )
    reasons = {(pair.condition.device_type, pair.word): why for pair, why in coverage.impossible.items()}
    assert reasons[DeviceType.GSME, Word.READ] == "the testbed provides no GSME"
    assert reasons[DeviceType.ESME, Word.RESTARTED] == "the testbed lacks restart"
    assert (DeviceType.ESME, Word.DELETED) in {
        (pair.condition.device_type, pair.word) for pair in coverage.never_visited
    }
