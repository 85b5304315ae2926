"""A small exploration of a DSP in memory, as tests run it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dsp_conformance.explore.coverage import Coverage
from dsp_conformance.explore.generator import Generator
from dsp_conformance.explore.history import History
from dsp_conformance.explore.loop import Looks, Replayed, replay
from dsp_conformance.explore.shrinker import ReplayAll
from dsp_conformance.explore.violation import Violation
from tests.explore.memory_world import ABILITIES, MemoryWorld


@dataclass
class Explored:
    steps: int = 0
    history: History | None = None
    violation: Violation | None = None
    coverage: Coverage = field(default_factory=lambda: Coverage(ABILITIES))


def explore(steps: int, *deviations: str, seed: int = 1, looks: Looks = Looks.NEAR) -> Explored:
    """Explore until something is wrong, or that many steps were taken."""
    found, generator = Explored(), Generator(ABILITIES, seed)
    while found.steps < steps and found.violation is None:
        found.history = generator.draw()
        world = MemoryWorld(found.history, *deviations)
        replayed = replay(found.history, world, looks=looks)
        found.steps += replayed.carried_out
        found.coverage.add(replayed.visited)
        found.violation = replayed.violation
    return found


def replaying(*deviations: str, looks: Looks = Looks.ALL) -> ReplayAll:
    def replay_all(histories: Sequence[History]) -> list[Replayed]:
        return [replay(each, MemoryWorld(each, *deviations), looks=looks) for each in histories]

    return replay_all
