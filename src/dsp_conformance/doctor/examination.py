"""What the checks of one examination share: what they were given, and what the earlier ones found out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from dsp_conformance.user.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.duis.terms import Service
    from dsp_conformance.ledger.requirements import Ledger
    from dsp_conformance.scenario.conformance_run import ConformanceRun
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.target import DspUnderTest, Target, TargetProblem
    from dsp_conformance.testbed import Testbed
    from dsp_conformance.user.exchange import Exchange

__all__ = ["Examination", "Given"]


@dataclass(frozen=True, slots=True)
class Given:
    """What an examination is about.

    Attributes:
        path: the target file; None for the bundled stub.
        rejection_code: what the command line says instead of the profile; None where it says nothing.
        stub_control_url: waits until the bundled stub is ready, and tells its Testbed Control API.
        scenarios: collects the suite's scenarios.
        ledger: what they are about.
        temporary: a folder for what does not outlive the examination.
    """

    path: Path | None
    rejection_code: str | None
    stub_control_url: Callable[[], str]
    scenarios: Callable[[], Sequence[CollectedScenario]]
    ledger: Ledger
    temporary: Path


@dataclass(slots=True)
class Examination:
    """One examination under way.

    Attributes:
        given: what it is about; None for an examination of a target that is known already.
        resources: what has to be closed at its end.
        inbox: what the receiver took in.
        target: once it is loaded; None where anything is wrong with it.
        problems: what is wrong with the target file, and with what it names.
        unreachable: addresses at which nothing can be reached.
        testbed: of the target.
        dsp: the product, from the target file and the testbed together.
        run: what scenarios would share.
        answers: the first exchange with each service.
        receiver_url: where the DSP is to post.
        device: a Commissioned Device of the doctor's own; None where the testbed provides none.
        inventory: the exchange that read the inventory.
    """

    given: Given | None = None
    resources: ExitStack = field(default_factory=ExitStack)
    inbox: Inbox = field(default_factory=Inbox)
    target: Target | None = None
    problems: tuple[TargetProblem, ...] = ()
    unreachable: set[str] = field(default_factory=set)
    testbed: Testbed | None = None
    dsp: DspUnderTest | None = None
    run: ConformanceRun | None = None
    answers: dict[Service, Exchange] = field(default_factory=dict)
    receiver_url: str | None = None
    device: StagedDevice | None = None
    inventory: Exchange | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take away what was made at the testbed, and close everything."""
        with self.resources:
            if self.run is not None:
                self.run.clean_up()
