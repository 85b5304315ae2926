"""A whole run: what was tested, its records, and the verdicts on requirements and product drawn from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - a journal's identity is checked by these
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsp_conformance.base.redaction import Redactor
from dsp_conformance.ledger.requirements import Keyword, Ledger
from dsp_conformance.ledger.switches import lines_for
from dsp_conformance.ledger.verdicts import Exclusion, RunVerdict, Verdict, run_verdict, worst
from dsp_conformance.record.evidence import now_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.ledger.switches import SwitchEffect
    from dsp_conformance.record.baseline import Baseline, EntryState, KnownFailure
    from dsp_conformance.record.plan import Plan
    from dsp_conformance.record.scenario_record import ScenarioRecord

DECISION_RULE = (
    "One MUST requirement not met makes a product non-conformant; ASSUMED requirements do so only where the "
    'target profile says assumed = "enforce", and are reported apart. Anything inconclusive leaves the run '
    "inconclusive; an error of the suite itself voids it. Not applicable, not testable and not taken by this "
    "product are never a pass. A MUST requirement that the testbed cannot show, or that only requests could "
    "show which the product takes for no Device, leaves the run inconclusive, as does a switch of the "
    "profile that a MUST depends on and nobody declared, and a selection of scenarios: none of them makes a "
    "product conformant."
)

ADDED_RULE = "Added scenarios say nothing about the ledger's requirements, whether they pass or fail."

ADDED_NOT_PASSED = 6
"""The exit code where the product is conformant and an added scenario did not pass."""

BASELINE_RULE = (
    "A known failure is a failure all the same. A stale entry ends the run with exit code 2, unless "
    "something worse happened."
)


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What was tested, by what, and under which declarations.

    Attributes:
        suite_version: version of this suite.
        product: name of the DSP.
        product_version: its version or build.
        schema_origin: where the DUIS schema came from that answers were checked against.
        suite_commit: which commit of the suite, where it runs from a checkout; empty where it does not.
        suite_origin: where the suite's files were: "bundled" with the program, "ejected" from it, or a
            "checkout".
        suite_fingerprint: one hash over these files.
        suite_changes: what of them, or of the program, differs from what was released; None where nothing
            is known to compare with.
        added_features: what `--features` added, in one line; empty where it added nothing.
        operator: who ran it, as the target file or the command line names them; may be empty.
        command: how to run the suite like that again, files named without their folders.
        profile: what the product declares, by the target file's keys.
        profile_origins: per declared switch of the profile, who declares it: "target file", "testbed" or
            "suite", which knows its own stub.
        details: anything else that identifies the run, such as the target file's name.
    """

    suite_version: str
    product: str
    product_version: str
    schema_origin: str
    profile: Mapping[str, bool | str | None] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    suite_commit: str = ""
    operator: str = ""
    command: str = "dsp-conformance run"
    suite_origin: str = "checkout"
    suite_fingerprint: str = ""
    suite_changes: Sequence[str] | None = None
    added_features: str = ""
    profile_origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def caveat(self) -> str:
        """What has to be said with every verdict of a suite that is not as it was released; else empty."""
        if not self.suite_changes:
            return ""
        files = "1 file" if len(self.suite_changes) == 1 else f"{len(self.suite_changes)} files"
        return f" The suite was modified in {files}: this is no verdict of suite {self.suite_version}."


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """The verdict on one requirement, over all scenarios that say something about it.

    Attributes:
        id: the requirement.
        title: its short form.
        keyword: how binding it is.
        revision: of the demand; 0 if the ledger does not hold the id.
        verdict: the worst over `scenarios`; NONE if nothing assessed it.
        not_assessed: why not, if the verdict is NONE; else empty.
        scenarios: each scenario concerned, with what it says about this requirement.
        checks: how many DUIS checks there were under this id.
        failed_checks: how many of these failed.
    """

    id: str
    title: str
    keyword: Keyword
    revision: int
    verdict: Verdict
    not_assessed: str
    scenarios: tuple[tuple[ScenarioRecord, Verdict], ...]
    checks: int
    failed_checks: int

    @property
    def state(self) -> str:
        """The verdict's label, or the class of what kept it from one, or "not assessed"."""
        if self.verdict is not Verdict.NONE:
            return self.verdict.label
        return next((one for one in Exclusion if self.not_assessed.startswith(one)), "not assessed")

    @property
    def set_aside(self) -> int:
        """How many of its scenarios were set aside: the product takes their requests for no Device."""
        return sum(
            verdict is Verdict.NONE and record.exclusion is Exclusion.NOT_TAKEN
            for record, verdict in self.scenarios
        )


@dataclass(slots=True)
class Run:
    """One run of the suite; grows while it goes on.

    Attributes:
        identity: what was tested.
        ledger: what it was held to.
        enforce_assumed: ASSUMED requirements count like MUST ones.
        records: scenario records by scenario id.
        suite_errors: what failed outside of any scenario: collection, an interrupt, the project's own checks.
        unusable: what in the configuration keeps the run from starting; empty where nothing does.
        plan: what is to run and what is not; None before that is known.
        baseline: the vendor's own list of known failures, if there is one.
        receiver: what came to the receiver, and what it turned away: how often, by what it was.
        started: milliseconds since the epoch.
        finished: the same; 0 while the run goes on.
        complete: whether the run came to its end; False only for one that was read back from the journal of
            a run that did not.
        redactor: knows the run's secrets.
    """

    identity: RunIdentity
    ledger: Ledger
    enforce_assumed: bool = False
    records: dict[str, ScenarioRecord] = field(default_factory=dict)
    suite_errors: list[str] = field(default_factory=list)
    unusable: str = ""
    plan: Plan | None = None
    baseline: Baseline | None = None
    receiver: Mapping[str, int] = field(default_factory=dict)
    started: int = field(default_factory=now_ms)
    finished: int = 0
    complete: bool = True
    redactor: Redactor = field(default_factory=Redactor, repr=False)

    def absorb(self, records: Iterable[ScenarioRecord]) -> None:
        """Take over records that another process made."""
        self.records.update({record.identity.id: record for record in records})

    def requirement_results(self) -> list[RequirementResult]:
        """One result per requirement of the ledger, in its order; then ids that the ledger does not hold."""
        said: dict[str, list[tuple[ScenarioRecord, Verdict]]] = {identifier: [] for identifier in self.ledger}
        checks: dict[str, list[bool]] = {}
        for record in self.ordered_records():
            for identifier, verdict in record.requirement_verdicts().items():
                said.setdefault(identifier, []).append((record, verdict))
            for check in () if record.identity.added else record.checks():
                checks.setdefault(check.requirement, []).append(check.passed)
        return [
            self._result(identifier, scenarios, checks.get(identifier, []))
            for identifier, scenarios in said.items()
        ]

    def _result(
        self, identifier: str, scenarios: list[tuple[ScenarioRecord, Verdict]], checks: list[bool]
    ) -> RequirementResult:
        known = self.ledger.get(identifier)
        verdict = worst(said for _, said in scenarios)
        return RequirementResult(
            identifier,
            known.title if known else "(not in the ledger)",
            known.keyword if known else Keyword.MUST,
            known.revision if known else 0,
            verdict,
            _why_not_assessed([record for record, _ in scenarios]) if verdict is Verdict.NONE else "",
            tuple(scenarios),
            len(checks),
            checks.count(False),
        )

    def ordered_records(self) -> list[ScenarioRecord]:
        """All records, sorted by scenario id: the same in whatever order they ran."""
        return [self.records[identifier] for identifier in sorted(self.records)]

    @property
    def verdict(self) -> RunVerdict:
        """What the run says about the product."""
        return self.decide(self.requirement_results())

    @property
    def exit_code(self) -> int:
        """The exit code of the process: that of the verdict, or 2 for a stale baseline with nothing worse.

        Where the product is conformant, and an added scenario neither passed nor was excluded, it is 6.
        """
        results = self.requirement_results()
        verdict = self.decide(results)
        new = self.new_failures()
        no_worse = (verdict is RunVerdict.CONFORMANT and not any(one.identity.added for one in new)) or (
            verdict is RunVerdict.NON_CONFORMANT and not new
        )
        if no_worse and any(state.stale for _, state in self.entry_states(results)):
            return RunVerdict.UNUSABLE.exit_code
        passed = all(one.verdict is Verdict.PASS or one.exclusion for one in self.added())
        if verdict is RunVerdict.CONFORMANT and not passed:
            return ADDED_NOT_PASSED
        return verdict.exit_code

    def added(self) -> list[ScenarioRecord]:
        """The scenarios that `--features` added, in order; they are judged apart from the ledger."""
        return [record for record in self.ordered_records() if record.identity.added]

    def added_sentence(self) -> str:
        """How the added scenarios ended, in one sentence; empty where there are none."""
        verdicts = [record.verdict for record in self.added()]
        if not verdicts:
            return ""
        ran = len(verdicts) - verdicts.count(Verdict.NONE)
        left = f", {len(verdicts) - ran} not run" if len(verdicts) > ran else ""
        return f"Added scenarios, judged apart: {verdicts.count(Verdict.PASS)} of {ran} passed{left}."

    def set_aside(self) -> list[ScenarioRecord]:
        """The suite's own scenarios whose requests this product takes for no Device, in order."""
        own = (record for record in self.ordered_records() if not record.identity.added)
        return [record for record in own if record.exclusion is Exclusion.NOT_TAKEN]

    def set_aside_sentence(self) -> str:
        """How many scenarios were set aside, in one sentence; empty where none was."""
        count = len(self.set_aside())
        what = "1 scenario, whose request" if count == 1 else f"{count} scenarios, whose requests"
        return f"Set aside: {what} this product takes for no Device." if count else ""

    def known(self, record: ScenarioRecord) -> tuple[KnownFailure, ...]:
        """The baseline's entries that explain a failed scenario; none if it did not fail, or is not known."""
        return self.baseline.known(record) if self.baseline else ()

    def new_failures(self) -> list[ScenarioRecord]:
        """The failed scenarios that no baseline explains."""
        failed = (record for record in self.ordered_records() if record.verdict is Verdict.FAIL)
        return [record for record in failed if not self.known(record)]

    def known_failures(self) -> list[ScenarioRecord]:
        """The failed scenarios that the baseline explains."""
        return [record for record in self.ordered_records() if self.known(record)]

    def entry_states(self, results: Iterable[RequirementResult]) -> list[tuple[KnownFailure, EntryState]]:
        """What the run says about each entry of the baseline."""
        if self.baseline is None:
            return []
        verdicts = {result.id: result.verdict for result in results}
        return self.baseline.states(self.records.values(), verdicts)

    def decide(self, results: Iterable[RequirementResult]) -> RunVerdict:
        """The run's verdict from its requirements' results.

        Scenarios without a requirement of the ledger count as MUST, so that nothing that failed is lost.
        Those that only observe count for nothing, unless the suite itself failed in them.
        """
        if self.unusable:
            return RunVerdict.UNUSABLE
        results = list(results)
        own = [record for record in self.records.values() if not record.identity.added]
        untagged = [
            record.verdict
            for record in own
            if not record.identity.requirements and not record.identity.observed
        ]
        verdict = run_verdict(
            [*(one.verdict for one in results if one.keyword is Keyword.MUST), *untagged],
            [one.verdict for one in results if one.keyword is Keyword.ASSUMED],
            enforce_assumed=self.enforce_assumed,
            suite_failed=bool(self.suite_errors) or any(map(_voids, own)),
        )
        partial = self.left_out > 0 or bool(self._undeclared) or bool(_unseen(results))
        return RunVerdict.INCONCLUSIVE if partial and verdict is RunVerdict.CONFORMANT else verdict

    @property
    def left_out(self) -> int:
        """How many scenarios a selection left out."""
        return self.plan.left_out if self.plan else 0

    def sentence(self, results: Iterable[RequirementResult]) -> str:
        """The run's verdict in one sentence, with its numbers."""
        results = list(results)
        must = [one for one in results if one.keyword is Keyword.MUST]
        assessed = sum(one.verdict is not Verdict.NONE for one in must)
        enforced = [one for one in results if one.keyword is Keyword.MUST or self.enforce_assumed]
        failed = [one.id for one in enforced if one.verdict is Verdict.FAIL]
        who = f"{self.identity.product} {self.identity.product_version}".strip()
        absent = ", ".join(map(str, self.plan.declared_absent)) if self.plan else ""
        absent = f"; declared absent: {absent}" if absent else ""
        match self.decide(results):
            case RunVerdict.CONFORMANT:
                said = f"conformant in all {assessed} MUST requirements that were assessed{absent}"
            case RunVerdict.NON_CONFORMANT:
                said = f"non-conformant: not met are {', '.join(failed)}" if failed else "non-conformant"
                said += absent
            case RunVerdict.INCONCLUSIVE:
                said = f"inconclusive: {self._uncertain(results, assessed)}{absent}"
            case RunVerdict.SUITE_FAILED:
                said = "no verdict: the suite itself failed, so this run says nothing about the product"
            case RunVerdict.NOTHING_RAN:
                said = f"no verdict: no MUST requirement was assessed{absent}"
            case RunVerdict.UNUSABLE:
                return f"{who}: no verdict: the run could not start: {self.unusable}"
        open_count = len(must) - assessed
        further = (
            f"MUST requirements not assessed: {open_count}." if open_count else "",
            self.identity.caveat.strip(),
            self._incomplete,
            self.set_aside_sentence(),
            self.added_sentence(),
        )
        return " ".join((f"{who}: {said}.", *filter(None, further)))

    def _uncertain(self, results: list[RequirementResult], assessed: int) -> str:
        """Why nothing is certain about the product."""
        unclear = [one.id for one in results if one.verdict is Verdict.INCONCLUSIVE]
        met = f"all {assessed} MUST requirements that were assessed are met"
        if unclear:
            return f"nothing certain about {', '.join(unclear)}"
        if self.left_out:
            selected = len(self.records)
            return f"only {selected} of {selected + self.left_out} scenarios were selected"
        if unseen := _unseen(results):
            return f"{'; '.join(_why_unseen(unseen))}; {met}"
        if self._undeclared and not any(map(_unsettled, self.records.values())):
            return f"the profile leaves a switch undeclared; {met}"
        return "nothing certain about some scenarios"

    @property
    def _undeclared(self) -> tuple[SwitchEffect, ...]:
        return self.plan.undeclared if self.plan else ()

    @property
    def _incomplete(self) -> str:
        """What to write so that the profile is complete, as a sentence; empty where it is."""
        lacking = [one.switch for one in self._undeclared]
        return f"The profile is incomplete: {lines_for(lacking)}." if lacking else ""


def _unsettled(record: ScenarioRecord) -> bool:
    return record.verdict is Verdict.INCONCLUSIVE and not record.identity.added


_UNSEEN = (Exclusion.NOT_TESTABLE, Exclusion.NOT_TAKEN)


def _unseen(results: Iterable[RequirementResult]) -> list[RequirementResult]:
    """The MUST requirements that apply and that nothing assessed.

    Either the testbed lacks a capability, or all that could have shown them was set aside: a product that
    takes none of the requests that a requirement speaks of does not thereby do what it demands.
    """
    return [one for one in results if one.keyword is Keyword.MUST and one.state in _UNSEEN]


def _why_unseen(unseen: Iterable[RequirementResult]) -> Iterable[str]:
    unseen = list(unseen)
    for state, why in (
        (Exclusion.NOT_TESTABLE, "this testbed cannot show"),
        (Exclusion.NOT_TAKEN, "this product takes for no Device the requests that could show"),
    ):
        if named := [one.id for one in unseen if one.state == state]:
            yield f"{why} {', '.join(named)}"


def _voids(record: ScenarioRecord) -> bool:
    """Whether a scenario voids the run: an error, or steps but neither a verdict nor a reason for none."""
    lost = bool(record.steps) and record.verdict is Verdict.NONE and record.exclusion is None
    return lost or record.verdict is Verdict.ERROR


def _why_not_assessed(records: list[ScenarioRecord]) -> str:
    excluded = [
        reason.judgement
        for record in records
        for reason in record.reasons
        if reason.judgement.exclusion is not None
    ]
    if not excluded:
        return "no scenario ran"
    # A gap in the testbed can be closed, so where several stand it is the one worth naming. Then comes what
    # the product itself showed: it leaves the run inconclusive, as what does not apply does not.
    order = (Exclusion.NOT_TESTABLE, Exclusion.NOT_TAKEN, Exclusion.NOT_APPLICABLE)
    excluded.sort(key=lambda judged: order.index(judged.exclusion or Exclusion.NOT_APPLICABLE))
    return excluded[0].finding.what
