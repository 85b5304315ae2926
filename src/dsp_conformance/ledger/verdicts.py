"""Verdicts, the exceptions with which steps reach them, and whose fault each one is.

The rules are those of the requirement ledger's "Verdicts" section: a scenario's verdict only gets worse
(none < pass < inconclusive < fail < error); "not applicable", "not testable" and "not taken by this
product" are classes of their own and never a pass; anything that no step foresaw is an error of the suite
itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


class Verdict(IntEnum):
    """Verdict on a scenario or a requirement; a greater one is worse."""

    NONE = 0
    PASS = 1
    INCONCLUSIVE = 2
    FAIL = 3
    ERROR = 4

    @property
    def label(self) -> str:
        """The verdict in the words of reports: "pass", "inconclusive" ..."""
        return self.name.lower()

    @classmethod
    def from_label(cls, label: str) -> Verdict:
        """Read a verdict back from its `label`; raises KeyError for any other text."""
        return cls[label.upper()]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of `verdicts`; NONE if there are none."""
    return max(verdicts, default=Verdict.NONE)


class Exclusion(StrEnum):
    """Why a scenario reached no verdict; no class is ever a pass.

    The first two are known before a scenario runs. The last is what the product shows: a request that it
    takes for no Device, in whatever state, says nothing about Suspended ones: its scenario is set aside.
    """

    NOT_APPLICABLE = "not applicable"
    NOT_TESTABLE = "not testable"
    NOT_TAKEN = "not taken by this product"


class Attribution(StrEnum):
    """Whose fault it is that a scenario did not pass."""

    PRODUCT = "product defect"
    TESTBED = "precondition or testbed"
    TARGET = "unreachable target"
    SUITE = "suite's own error"
    ADDED = "added scenario's own error"


class Cause(StrEnum):
    """Why a step could neither confirm nor refute what it looks at."""

    PRECONDITION_UNMET = "precondition not met"
    TARGET_UNREACHABLE = "target unreachable"
    UNUSABLE_ANSWER = "answer unusable"
    UNKNOWN_VALUE = "value unknown to the suite"


_BLAME = {
    Cause.PRECONDITION_UNMET: Attribution.TESTBED,
    Cause.TARGET_UNREACHABLE: Attribution.TARGET,
    Cause.UNUSABLE_ANSWER: Attribution.PRODUCT,
    Cause.UNKNOWN_VALUE: Attribution.TESTBED,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found wrong, in the form in which reports show it.

    Attributes:
        what: the outcome in one line.
        expected: what was expected; may be empty.
        found: what came instead; may be empty.
        hint: what to do next; may be empty.
    """

    what: str
    expected: str = ""
    found: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """One line per part that is there."""
        parts = (("expected", self.expected), ("found", self.found), ("what to do", self.hint))
        return "\n".join([self.what, *(f"  {label}: {text}" for label, text in parts if text)])


def not_met(requirements: Iterable[str]) -> str:
    """The first line of a failure, naming the requirements if any are known."""
    return " ".join(filter(None, ("requirement", ", ".join(requirements), "not met")))


class _Reasoned:
    """What all exceptions of this module share: a finding that renders itself."""

    finding: Finding

    def __str__(self) -> str:
        return str(self.finding)


class RequirementNotMet(_Reasoned, AssertionError):  # noqa: N818 - the outcome, not a program error
    """The product does not do what a requirement demands: a product defect.

    Attributes:
        requirements: ids of the requirements concerned; empty means every requirement that the scenario
            is tagged with.
        expected: what the requirement demands.
        found: what the product did.
        hint: what a person can do next.
    """

    def __init__(
        self, *, expected: str, found: str, hint: str = "", requirements: Iterable[str] = ()
    ) -> None:
        self.requirements = tuple(requirements)
        self.expected, self.found, self.hint = expected, found, hint
        self.finding = Finding(not_met(self.requirements), expected, found, hint)
        super().__init__(expected, found)


class Inconclusive(_Reasoned, Exception):  # noqa: N818 - the name of the verdict, not of a program error
    """Nothing can be said about the product's conformance.

    Attributes:
        cause: which kind of obstacle it was; decides whose fault it is.
        what: the obstacle in one line, such as "the ESME could not be brought into Suspended".
        expected: what had to be the case.
        found: what was the case.
        hint: what a person can do next.
        requirement: id of the DUIS check that the unusable answer failed, if that is the cause.
    """

    def __init__(
        self,
        cause: Cause,
        what: str,
        *,
        expected: str = "",
        found: str = "",
        hint: str = "",
        requirement: str = "",
    ) -> None:
        self.cause, self.what, self.requirement = cause, what, requirement
        self.expected, self.found, self.hint = expected, found, hint
        named = f" (see {requirement})" if requirement else ""
        self.finding = Finding(f"{cause}: {what}{named}", expected, found, hint)
        super().__init__(cause, what)


class NotTestable(_Reasoned, Exception):  # noqa: N818 - a class of outcome, not a program error
    """The testbed lacks capabilities that the scenario needs, or Devices in the states that it needs.

    Attributes:
        capabilities: the missing ones, in the testbed's spelling; empty where it is something else.
        hint: what a person can do to have them.
    """

    def __init__(self, *capabilities: str, hint: str = "", what: str = "") -> None:
        self.capabilities, self.hint = capabilities, hint
        lacking = "capability" if len(capabilities) == 1 else "capabilities"
        named = ", ".join(map(repr, map(str, capabilities)))
        self.finding = Finding(
            f"not testable: {what or f'the testbed lacks the {lacking} {named}'}", hint=hint
        )
        super().__init__(*capabilities)


class NotApplicable(_Reasoned, Exception):  # noqa: N818 - a class of outcome, not a program error
    """The profile says that the requirement does not apply to this product.

    Attributes:
        reason: what in the profile says so, such as "profile: smets1 = no".
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.finding = Finding(f"not applicable: {reason}")
        super().__init__(reason)


class NotTaken(_Reasoned, Exception):  # noqa: N818 - a class of outcome, not a program error
    """The product does not take the request at all, for whatever Device: the scenario is set aside.

    Attributes:
        what: which request for which Device, in one line, such as "SR6.21 for an ESME".
        expected: what would have let the scenario judge the product.
        found: what the product answered.
        hint: what a person can do next.
    """

    def __init__(self, what: str, *, expected: str = "", found: str = "", hint: str = "") -> None:
        self.what, self.expected, self.found, self.hint = what, expected, found, hint
        self.finding = Finding(f"{Exclusion.NOT_TAKEN}: {what}", expected, found, hint)
        super().__init__(what)


class SuiteFault(_Reasoned, Exception):  # noqa: N818 - says whose fault it is
    """The suite itself went wrong and knows it: a bad message of its own, an interrupted run.

    Attributes:
        what: what went wrong, in one line.
        expected: what should have been the case.
        found: what was.
        hint: what a person can do next.
    """

    def __init__(self, what: str, *, expected: str = "", found: str = "", hint: str = "") -> None:
        self.what, self.expected, self.found, self.hint = what, expected, found, hint
        self.finding = Finding(f"the suite itself failed: {what}", expected, found, hint)
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an exception says about the scenario in which it was raised.

    Attributes:
        verdict: NONE for an exclusion.
        attribution: whose fault it is; None where nobody's.
        exclusion: set if the scenario was not applicable or not testable, or set aside.
        finding: the reason, for people.
        requirements: the requirements that a failure concerns; empty means all of the scenario's own.
    """

    verdict: Verdict
    attribution: Attribution | None
    finding: Finding
    exclusion: Exclusion | None = None
    requirements: tuple[str, ...] = ()


def judge(exception: BaseException, *, added: bool = False) -> Judgement:
    """Map any exception that ended a scenario, its set-up or its tear-down to a judgement.

    A plain `pytest.skip` counts as not testable, as it names no line of the profile. Of several exceptions
    raised together the worst decides.

    Args:
        exception: what was raised.
        added: the scenario is one that `--features` added: what its steps assert is a check like any
            other, and what else goes wrong in them is not the suite's fault.
    """
    match exception:
        case RequirementNotMet():
            return Judgement(
                Verdict.FAIL, Attribution.PRODUCT, exception.finding, requirements=exception.requirements
            )
        case Inconclusive():
            return Judgement(Verdict.INCONCLUSIVE, _BLAME[exception.cause], exception.finding)
        case NotApplicable() | NotTaken():
            aside = isinstance(exception, NotTaken)
            exclusion = Exclusion.NOT_TAKEN if aside else Exclusion.NOT_APPLICABLE
            return Judgement(Verdict.NONE, None, exception.finding, exclusion)
        case NotTestable() | pytest.skip.Exception():
            finding = (
                exception.finding
                if isinstance(exception, NotTestable)
                else Finding(f"not testable: skipped: {exception.msg or 'no reason given'}")
            )
            return Judgement(Verdict.NONE, Attribution.TESTBED, finding, Exclusion.NOT_TESTABLE)
        case BaseExceptionGroup():
            return max(
                (judge(part, added=added) for part in exception.exceptions), key=lambda part: part.verdict
            )
        case _:
            own = added and not isinstance(exception, SuiteFault)
            return _added_trouble(exception) if own else _suite_error(exception)


def _added_trouble(exception: BaseException) -> Judgement:
    told = next((line.strip() for line in str(exception).splitlines() if line.strip()), "no message")
    if isinstance(exception, AssertionError):
        finding = Finding("an added scenario's own check failed", found=told)
        return Judgement(Verdict.FAIL, Attribution.PRODUCT, finding)
    finding = Finding(
        "an added scenario's own steps failed",
        expected="them to reach a verdict",
        found=f"{type(exception).__name__}: {told}",
        hint="this says nothing about the product: the trace leads to the step",
    )
    return Judgement(Verdict.ERROR, Attribution.ADDED, finding)


def _suite_error(exception: BaseException) -> Judgement:
    if isinstance(exception, SuiteFault):
        return Judgement(Verdict.ERROR, Attribution.SUITE, exception.finding)
    told = next((line.strip() for line in str(exception).splitlines() if line.strip()), "no message")
    finding = Finding(
        "the suite itself failed",
        expected="the suite to reach a verdict",
        found=f"{type(exception).__name__}: {told}",
        hint="this says nothing about the product: report it to the suite's maintainers with the trace",
    )
    return Judgement(Verdict.ERROR, Attribution.SUITE, finding)


class RunVerdict(StrEnum):
    """What a whole run says, and with which exit code."""

    CONFORMANT = "conformant"
    NON_CONFORMANT = "non-conformant"
    INCONCLUSIVE = "inconclusive"
    SUITE_FAILED = "suite failed"
    NOTHING_RAN = "nothing ran"
    UNUSABLE = "could not start"

    @property
    def exit_code(self) -> int:
        """The exit code of the process; 2 is usage or configuration, which the CLI finds as well."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    RunVerdict.CONFORMANT: 0,
    RunVerdict.NON_CONFORMANT: 1,
    RunVerdict.INCONCLUSIVE: 3,
    RunVerdict.SUITE_FAILED: 4,
    RunVerdict.NOTHING_RAN: 5,
    RunVerdict.UNUSABLE: 2,
}


def run_verdict(
    must: Iterable[Verdict], assumed: Iterable[Verdict], *, enforce_assumed: bool, suite_failed: bool
) -> RunVerdict:
    """Decide a run from the verdicts of its requirements.

    Args:
        must: verdicts on the MUST requirements.
        assumed: verdicts on the ASSUMED requirements; their failures count only if enforced.
        enforce_assumed: the target profile says `assumed = "enforce"`.
        suite_failed: something failed outside of any requirement: collection, a program error, an interrupt.

    A product is conformant only if at least one verdict that counts is a pass.
    """
    must, assumed = tuple(must), tuple(assumed)
    everything = (*must, *assumed)
    if suite_failed or Verdict.ERROR in everything:
        return RunVerdict.SUITE_FAILED
    if Verdict.FAIL in (everything if enforce_assumed else must):
        return RunVerdict.NON_CONFORMANT
    if Verdict.INCONCLUSIVE in everything:
        return RunVerdict.INCONCLUSIVE
    if worst(everything if enforce_assumed else must) is Verdict.NONE:
        return RunVerdict.NOTHING_RAN
    return RunVerdict.CONFORMANT
