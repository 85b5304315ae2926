"""What a run leaves behind, scenario by scenario, and the verdicts that follow from it.

Records only grow, so a verdict can only get worse.
"""

from __future__ import annotations

import threading
import traceback
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from dsp_conformance.base.redaction import Redactor
from dsp_conformance.ledger.verdicts import (
    Attribution,
    Exclusion,
    Judgement,
    Verdict,
    judge,
    not_met,
    worst,
)
from dsp_conformance.record import redacted
from dsp_conformance.record.evidence import Evidence, now_ms
from dsp_conformance.record.watching import Place, Unwatched, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dsp_conformance.record.evidence import Check, CheckOutcome, Exchange, Operation, Wire


OBSERVED = "observed"
"""The tag of scenarios that judge nothing: they note what the ledger says is never judged."""


class Phase(StrEnum):
    """When in a scenario's life something went wrong."""

    SET_UP = "set-up"
    STEP = "step"
    TEAR_DOWN = "tear-down"
    LATE = "late"

    @property
    def cut_short(self) -> bool:
        """Whether steps were left out because of it."""
        return self in (Phase.SET_UP, Phase.STEP)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a scenario did not simply pass.

    Attributes:
        phase: when that was found.
        judgement: what it says.
        step: the step that was running, as the feature words it; empty outside of steps.
        trace: where the suite failed, if that is the reason: files, lines and source, no values.
    """

    phase: Phase
    judgement: Judgement
    step: str = ""
    trace: str = ""


class StepStatus(StrEnum):
    """How a step ended; the last one belongs to steps that never began."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    SKIPPED = "skipped"
    NOT_RUN = "not run"

    @classmethod
    def of(cls, judgement: Judgement) -> StepStatus:
        """The status of the step that a judgement ended."""
        return {
            Verdict.INCONCLUSIVE: cls.INCONCLUSIVE,
            Verdict.FAIL: cls.FAILED,
            Verdict.ERROR: cls.ERROR,
        }.get(judgement.verdict, cls.SKIPPED)


@dataclass(slots=True)
class StepRecord:
    """One Given, When or Then with its values filled in; times in milliseconds since the epoch."""

    keyword: str
    text: str
    status: StepStatus = StepStatus.NOT_RUN
    start: int = 0
    stop: int = 0
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def title(self) -> str:
        """The whole line as the feature words it."""
        return f"{self.keyword.strip()} {self.text}"


@dataclass(frozen=True, slots=True)
class ScenarioIdentity:
    """Which scenario a record is about; the same in every run, serial or parallel.

    Attributes:
        id: feature file, scenario name and the Examples row's id, joined by "::".
        template: the id without the row: shared by all rows of an outline.
        feature_file: path relative to the project, with "/".
        feature: the feature's name.
        narrative: the feature's free text.
        name: the scenario's name, values filled in.
        row: the Examples row; empty if the scenario is no outline.
        requirements: the requirement ids among its tags, the feature's and the rule's; sorted.
        tags: of an added scenario, all its tags, which are labels and no requirement's; of one of the suite's
            own, `OBSERVED` if it only observes.
        added: whether `--features` added it. It then says nothing about any requirement.
    """

    id: str
    template: str
    feature_file: str
    feature: str
    narrative: str
    name: str
    row: dict[str, str]
    requirements: tuple[str, ...]
    tags: tuple[str, ...] = ()
    added: bool = False

    @property
    def observed(self) -> bool:
        """Whether the scenario notes what no source lays down, so that nothing depends on its outcome."""
        return not self.added and OBSERVED in self.tags


class RecordError(RuntimeError):
    """The suite used a record in a way that would put evidence in the wrong place."""


@dataclass(slots=True)
class ScenarioRecord:
    """Everything that one scenario showed.

    Steps attach their evidence through `attach_exchange` and `observe`; what only the end of the run can
    prove goes to `defer`.

    Attributes:
        identity: which scenario.
        nodeid: pytest's name of it, to run it again.
        steps: all steps, also those never reached.
        evidence: what was seen outside of any step, in fixtures.
        late: what was seen at the end of the run.
        reasons: why it did not simply pass, in order of time.
        start: milliseconds since the epoch.
        stop: the same; 0 while it runs.
        deferred: checks that the end of the run owes.
        watcher: is told of everything at once.
        redactor: takes secrets out of whatever the record takes in.
        hint: what a person has to know besides, should it fail; empty where nothing is to be said.
    """

    identity: ScenarioIdentity
    nodeid: str
    steps: list[StepRecord]
    start: int = field(default_factory=now_ms)
    stop: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    late: Evidence = field(default_factory=Evidence)
    reasons: list[Reason] = field(default_factory=list)
    deferred: list[Callable[[], None]] = field(default_factory=list, repr=False)
    watcher: Watcher = field(default_factory=Unwatched, repr=False, compare=False)
    redactor: Redactor = field(default_factory=Redactor, repr=False, compare=False)
    hint: str = field(default="", compare=False)
    _open: int | None = None
    _ended: bool = False
    _thread: int = field(default_factory=threading.get_ident)

    # -- what steps call

    def attach_exchange(
        self,
        title: str,
        request_xml: bytes | None = None,
        response_xml: bytes | None = None,
        *,
        checks: Iterable[CheckOutcome] = (),
        facts: Mapping[str, str] | None = None,
        wire: Wire | None = None,
    ) -> None:
        """Keep an exchange with the step that is running; outside of steps, with the scenario.

        Args:
            title: one readable line.
            request_xml: the exact octets sent; None for an asynchronous message.
            response_xml: the exact octets received; None if nothing came.
            checks: what the DUIS checks say; a failed one fails its own requirement, not the scenario's.
            facts: names and values to show with it, such as {"HTTP status": "200"}.
            wire: how it travelled; None if it did not.

        Raises:
            RecordError: called from another thread than the scenario's. A receiver hands what it got to
                the waiting step, which attaches it.
        """
        exchange = redacted.exchange(
            self.redactor,
            title=title,
            sent=request_xml,
            received=response_xml,
            checks=checks,
            facts=facts or {},
            wire=wire,
        )
        place, evidence = self._here()
        evidence.exchanges.append(exchange)
        self.watcher.exchange_attached(self, place, exchange)

    def attach_operation(self, operation: Operation) -> None:
        """Keep what the testbed did for this scenario; never judged by itself.

        Raises:
            RecordError: called from another thread than the scenario's.
        """
        place, evidence = self._here()
        operation = redacted.operation(self.redactor, operation)
        evidence.operations.append(operation)
        self.watcher.operation_attached(self, place, operation)

    def observe(self, text: str) -> None:
        """Note something that is worth reading and never judged."""
        place, evidence = self._here()
        text = self.redactor.text(text)
        evidence.observations.append(text)
        self.watcher.observed(self, place, text)

    def defer(self, check: Callable[[], None]) -> None:
        """Have `check` called at the end of the run; what it raises worsens this record.

        It is for absences: silence is waited for once, for all scenarios.
        """
        self.deferred.append(check)

    @property
    def in_own_thread(self) -> bool:
        """Whether this is the thread from which evidence may be attached."""
        return threading.get_ident() == self._thread

    def _here(self) -> tuple[Place, Evidence]:
        if not self.in_own_thread:
            raise RecordError(f"{self.identity.id}: evidence must be attached from the scenario's own thread")
        if self._open is not None:
            return self._open, self.steps[self._open].evidence
        return ("late", self.late) if self._ended else ("scenario", self.evidence)

    # -- what the recorder calls

    def begin_step(self, index: int) -> None:
        """Step number `index` (from 0) begins."""
        self._open = index
        step = self.steps[index]
        step.status, step.start = StepStatus.RUNNING, now_ms()
        self.watcher.step_begun(self, index)

    def end_step(self, status: StepStatus) -> None:
        """The running step ended; nothing happens if none runs."""
        if self._open is not None:
            index, self._open = self._open, None
            self.steps[index].status, self.steps[index].stop = status, now_ms()
            self.watcher.step_ended(self, index)

    def end(self) -> None:
        """The steps are over; whatever is attached from now on is late."""
        self._ended = True

    def worsen(self, phase: Phase, exception: BaseException) -> Reason:
        """Add what an exception says about the scenario."""
        judged = self._hinted(self._named(judge(exception, added=self.identity.added)))
        step = "" if self._open is None else self.steps[self._open].title
        trace = _trace(exception) if judged.verdict is Verdict.ERROR else ""
        reason = redacted.reason(self.redactor, Reason(phase, judged, step, trace))
        self.reasons.append(reason)
        self.watcher.worsened(self, reason)
        self.end_step(StepStatus.of(judged))
        return reason

    def _named(self, judged: Judgement) -> Judgement:
        """A failure that names no requirement concerns all of the scenario's own: name them.

        A scenario that only observes fails nothing: what it wanted to see did not come about.
        """
        own = self.identity.requirements
        if self.identity.observed and judged.verdict is Verdict.FAIL:
            finding = replace(judged.finding, what="nothing was observed")
            return replace(judged, verdict=Verdict.INCONCLUSIVE, finding=finding, requirements=())
        if judged.verdict is not Verdict.FAIL or judged.requirements or not own:
            return judged
        finding = replace(judged.finding, what=not_met(own))
        return replace(judged, finding=finding, requirements=own)

    def _hinted(self, judged: Judgement) -> Judgement:
        if judged.verdict is not Verdict.FAIL or not self.hint:
            return judged
        hint = "; ".join(filter(None, (judged.finding.hint, self.hint)))
        return replace(judged, finding=replace(judged.finding, hint=hint))

    def release(self) -> None:
        """Drop all message bodies; see `Exchange.release`."""
        for exchange in self.exchanges():
            exchange.release()

    # -- what reports read

    def exchanges(self) -> Iterable[Exchange]:
        """All exchanges: outside of steps first, then step by step, then late ones."""
        yield from self.evidence.exchanges
        for step in self.steps:
            yield from step.evidence.exchanges
        yield from self.late.exchanges

    def checks(self) -> Iterable[Check]:
        """All outcomes of DUIS checks."""
        for exchange in self.exchanges():
            yield from exchange.checks

    def failed_checks(self) -> list[Check]:
        """The DUIS checks that failed."""
        return [check for check in self.checks() if not check.passed]

    @property
    def completed(self) -> bool:
        """Whether every step ran and passed; a scenario without steps shows nothing."""
        return (
            self.stop > 0
            and bool(self.steps)
            and all(step.status is StepStatus.PASSED for step in self.steps)
        )

    @property
    def verdict(self) -> Verdict:
        """The worst of the scenario's own verdict and of its DUIS checks; NONE if it was excluded."""
        own = [reason.judgement.verdict for reason in self.reasons]
        if self.completed and not self.reasons:
            own.append(Verdict.PASS)
        return worst([*own, *(Verdict.FAIL for _ in self.failed_checks())])

    @property
    def exclusion(self) -> Exclusion | None:
        """Why there is no verdict, if it was excluded and nothing worse happened."""
        if self.verdict is not Verdict.NONE:
            return None
        return next((one.judgement.exclusion for one in self.reasons if one.judgement.exclusion), None)

    @property
    def attribution(self) -> Attribution | None:
        """Whose fault it is: that of the worst reason; a failed DUIS check is the product's."""
        worst_reason = max(self.reasons, key=lambda one: one.judgement.verdict, default=None)
        if self.failed_checks() and (worst_reason is None or worst_reason.judgement.verdict <= Verdict.FAIL):
            return Attribution.PRODUCT
        return worst_reason.judgement.attribution if worst_reason else None

    def requirement_verdicts(self) -> dict[str, Verdict]:
        """What this scenario says about each requirement: its own and those of its DUIS checks.

        A failure that names requirements fails these alone; the scenario's others stay unproven
        (inconclusive) if the failure cut the scenario short. An added scenario says nothing about any.
        """
        if self.identity.added:
            return {}
        excluded = any(reason.judgement.exclusion for reason in self.reasons)
        shown = Verdict.PASS if self.completed and not excluded else Verdict.NONE
        own = dict.fromkeys(self.identity.requirements, shown)
        verdicts = dict(own)

        def add(requirement: str, verdict: Verdict) -> None:
            verdicts[requirement] = worst((verdicts.get(requirement, Verdict.NONE), verdict))

        for reason in self.reasons:
            judged = reason.judgement
            named = judged.requirements or tuple(own)
            for requirement in named:
                add(requirement, judged.verdict)
            if reason.phase.cut_short:
                for requirement in own.keys() - set(named):
                    add(requirement, Verdict.INCONCLUSIVE)
        for check in self.checks():
            add(check.requirement, Verdict.PASS if check.passed else Verdict.FAIL)
        return verdicts


_FRAMEWORKS = ("/_pytest/", "/pluggy/", "/pytest_bdd/", "/importlib/")


def _trace(exception: BaseException) -> str:
    told = traceback.TracebackException.from_exception(exception, capture_locals=False)
    own = [frame for frame in told.stack if not any(name in frame.filename for name in _FRAMEWORKS)]
    told.stack = traceback.StackSummary.from_list(own)
    return "".join(told.format())
