"""Turns scenario records into Allure results.

The adapter `allure-pytest` knows no Given, When and Then; this bridge writes its result files instead, with
the model of `allure_commons`. It is the only module that knows Allure's files.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import attr
import pytest
from allure_commons.model2 import (
    ATTACHMENT_PATTERN,
    TEST_CASE_PATTERN,
    Attachment,
    Label,
    Parameter,
    Status,
    StatusDetails,
    TestResult,
    TestStepResult,
)
from allure_commons.types import AttachmentType

from dsp_conformance.duis.xml import readable
from dsp_conformance.ledger.verdicts import Exclusion, Verdict
from dsp_conformance.record.scenario_record import StepStatus
from dsp_conformance.report.allure_folder import AllureFolder
from dsp_conformance.report.allure_labels import labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dsp_conformance.record.evidence import Evidence, Exchange, Message
    from dsp_conformance.record.run import Run
    from dsp_conformance.record.scenario_record import ScenarioRecord, StepRecord
    from dsp_conformance.record.source import ReportSource

_PRODUCT_DEFECT = "Product defect"
_KNOWN_FAILURE = "Known failure"
_ASSUMPTION = "Assumption not met"
_ADDED = "Added scenario not passed"
_INCONCLUSIVE = "Inconclusive"
_NOT_TESTABLE = "Not testable"
_NOT_APPLICABLE = "Not applicable"
_NOT_TAKEN = "Not taken by this product"
_SUITE_ERROR = "Suite's own error"

_CATEGORIES = (
    (_PRODUCT_DEFECT, "A requirement is not met", Status.FAILED),
    (_KNOWN_FAILURE, "A requirement is not met, and the vendor's baseline says why", Status.FAILED),
    (_ASSUMPTION, "A demand that rests on an assumption is not met; reported apart", Status.FAILED),
    (_ADDED, "A scenario that --features added failed; says nothing about the ledger", Status.FAILED),
    (_INCONCLUSIVE, "Precondition not met, target unreachable or answer unusable", Status.BROKEN),
    (_SUITE_ERROR, "Says nothing about the product", Status.BROKEN),
    (_NOT_TESTABLE, "The testbed lacks a capability", Status.SKIPPED),
    (_NOT_APPLICABLE, "The profile says that it does not apply", Status.SKIPPED),
    (
        _NOT_TAKEN,
        "The product takes the request for no Device; set aside",
        Status.SKIPPED,
    ),
)
_EXCLUDED = {
    Exclusion.NOT_TESTABLE: _NOT_TESTABLE,
    Exclusion.NOT_APPLICABLE: _NOT_APPLICABLE,
    Exclusion.NOT_TAKEN: _NOT_TAKEN,
}
_SCENARIO_STATUS = {
    Verdict.NONE: Status.SKIPPED,
    Verdict.PASS: Status.PASSED,
    Verdict.INCONCLUSIVE: Status.BROKEN,
    Verdict.FAIL: Status.FAILED,
    Verdict.ERROR: Status.BROKEN,
}
_STEP_STATUS = {
    StepStatus.PASSED: Status.PASSED,
    StepStatus.FAILED: Status.FAILED,
    StepStatus.INCONCLUSIVE: Status.BROKEN,
    StepStatus.ERROR: Status.BROKEN,
    StepStatus.RUNNING: Status.BROKEN,
    StepStatus.SKIPPED: Status.SKIPPED,
    StepStatus.NOT_RUN: Status.SKIPPED,
}
# Allure 3 reads categories from its own configuration alone: "allure generate --config .../allurerc.json".
_REPORT = {
    "name": "DSP conformance",
    "plugins": {"awesome": {"options": {"singleFile": True, "groupBy": ["epic", "feature", "story"]}}},
}


def refuse_second_writer(config: pytest.Config) -> None:
    """Refuse `--alluredir`, with which allure-pytest would write a second, poorer set of results.

    Raises:
        pytest.UsageError: the option was given.
    """
    if config.getoption("allure_report_dir", default=None):
        raise pytest.UsageError("--alluredir: the suite writes Allure's results itself; leave the option out")


@dataclass(slots=True)
class _Written:
    """What stands on disk for a scenario.

    Attributes:
        uuid: part of the result file's name; whichever process of a run writes it.
        attachments: per exchange (by identity) what is attached to it.
    """

    uuid: str
    attachments: dict[int, list[Attachment]] = field(default_factory=dict)


class AllureBridge:
    """A sink of the recorder that keeps one Allure result file per scenario up to date.

    Args:
        folder: where the results go; made if missing. Allure's files of a former run are removed.
        controller: whether this process starts with a clean folder and writes the run's own files
            (environment, executor, categories). Under pytest-xdist only the controller does.
        key: the same in all processes of a run, so that they write a scenario to the same file, and
            different in every run; made up where left out.
    """

    def __init__(self, folder: Path, *, controller: bool = True, key: str | None = None) -> None:
        self._folder = AllureFolder(folder)
        self._key = key or uuid.uuid4().hex
        self._controller = controller
        self._written: dict[str, _Written] = {}
        self._run: Run | None = None

    def run_started(self, run: Run) -> None:
        """Prepare the folder."""
        self._run = run
        self._folder.prepare()
        if self._controller:
            self._folder.clear()

    def scenario_finished(self, record: ScenarioRecord) -> None:
        """Write the scenario's attachments, and its result file unless it has more to be checked."""
        assert self._run is not None, "the recorder tells of the run's start before any scenario"
        file = str(uuid.uuid5(uuid.NAMESPACE_OID, self._key + record.identity.id))
        written = self._written.setdefault(record.identity.id, _Written(file))
        if record.deferred:
            for exchange in record.exchanges():
                self._attached(exchange, written)
            return  # until then it is no pass, and it will be told again
        result = self._result(record, self._run, written)
        told = attr.asdict(result, filter=_said)
        self._folder.write(TEST_CASE_PATTERN.format(prefix=written.uuid), _json(told))

    def run_finished(self, run: Run) -> None:
        """Write what describes the run as a whole, and remove what was left of a former one."""
        if not self._controller:
            return
        self._folder.drop_former()
        identity = run.identity
        about = {
            "DSP": identity.product,
            "DSP.version": identity.product_version,
            "suite.version": identity.suite_version,
            "suite.files": f"{identity.suite_origin} {identity.suite_fingerprint}",
            "suite.modified": "yes" if identity.suite_changes else "no",
            "DUIS.schema": identity.schema_origin,
            **{f"profile.{name}": value for name, value in identity.profile.items()},
            **identity.details,
            "exact.octets": "journal.jsonl, beside the folder of these results",
            "verdict": run.verdict,
        }
        lines = (f"{_property(name)} = {_property(_plain(value))}\n" for name, value in about.items())
        self._folder.write("environment.properties", "".join(lines).encode())
        product = f"{identity.product} {identity.product_version}".strip()
        executor = {
            "name": f"dsp-conformance {identity.suite_version}",
            "type": "dsp-conformance",
            "buildName": product,
        }
        self._folder.write("executor.json", _json(executor))
        categories = [
            {
                "name": name,
                "description": description,
                "matchedStatuses": [status],
                # Allure 2 (Java) matches the whole message, Allure 3 (JavaScript) searches in it.
                "messageRegex": rf"^{name}:[\s\S]*",
            }
            for name, description, status in _CATEGORIES
        ]
        self._folder.write("categories.json", _json(categories))
        self._folder.write("allurerc.json", _json({**_REPORT, "categories": categories}))

    # -- one result

    def _result(self, record: ScenarioRecord, run: Run, written: _Written) -> TestResult:
        who = record.identity
        row_id = who.row.get("id")
        return TestResult(
            uuid=written.uuid,
            historyId=_digest(who.id),
            testCaseId=_digest(who.template),
            fullName=who.id,
            name=f"{who.name} ({row_id})" if row_id else who.name,
            description=who.narrative or None,
            status=_SCENARIO_STATUS[record.verdict],
            statusDetails=_details(record, run),
            stage="finished",
            start=record.start,
            stop=record.stop,
            labels=[Label(name=name, value=value) for name, value in labels_of(record, run)],
            parameters=[Parameter(name=name, value=value) for name, value in who.row.items()],
            titlePath=[*who.feature_file.split("/")[:-1], who.feature],
            steps=[
                *self._evidence(record.evidence, written),
                *(self._step(step, written) for step in record.steps),
                *self._evidence(record.late, written),
            ],
        )

    def _step(self, step: StepRecord, written: _Written) -> TestStepResult:
        status = _STEP_STATUS[step.status]
        failed_inside = any(not check.passed for one in step.evidence.exchanges for check in one.checks)
        return TestStepResult(
            name=step.title,
            status=Status.FAILED if status == Status.PASSED and failed_inside else status,
            stage="finished",
            start=step.start or None,
            stop=step.stop or None,
            steps=self._evidence(step.evidence, written),
        )

    def _evidence(self, evidence: Evidence, written: _Written) -> list[TestStepResult]:
        observed = (
            TestStepResult(name=f"Observed: {text}", status=Status.PASSED, stage="finished")
            for text in evidence.observations
        )
        return [*(self._exchange(one, written) for one in evidence.exchanges), *observed]

    def _exchange(self, exchange: Exchange, written: _Written) -> TestStepResult:
        attachments = self._attached(exchange, written)
        failed = [check for check in exchange.checks if not check.passed]
        facts = {**exchange.facts, **_check_facts(exchange)}
        return TestStepResult(
            name=exchange.title,
            status=Status.FAILED if failed else Status.PASSED,
            statusDetails=StatusDetails(message="\n".join(str(one.finding) for one in failed))
            if failed
            else None,
            stage="finished",
            start=exchange.at,
            stop=exchange.at,
            parameters=[Parameter(name=name, value=value) for name, value in facts.items()],
            attachments=attachments,
        )

    def _attached(self, exchange: Exchange, written: _Written) -> list[Attachment]:
        """Write an exchange's messages once; their octets are gone later."""
        if id(exchange) not in written.attachments:
            written.attachments[id(exchange)] = [
                *self._attach("request", exchange.request),
                *self._attach("response" if exchange.request else "message", exchange.response),
            ]
        return written.attachments[id(exchange)]

    def _attach(self, what: str, message: Message | None) -> Iterable[Attachment]:
        """Write a message laid out for reading; its exact octets stand in the journal."""
        if message is None or message.octets is None:
            return
        text = readable(message.octets)
        kind = AttachmentType.XML if text.lstrip().startswith("<") else AttachmentType.TEXT
        yield self._attachment(f"{what}, {message.size} octets", text.encode(), kind)

    def _attachment(self, name: str, body: bytes, kind: AttachmentType) -> Attachment:
        file = ATTACHMENT_PATTERN.format(prefix=uuid.uuid4(), ext=kind.extension)
        self._folder.write(file, body)
        return Attachment(name=name, source=file, type=kind.mime_type)


def write_allure(source: ReportSource, folder: Path) -> None:
    """Write a run's results for Allure anew; one scenario's messages at a time are in memory."""
    bridge = AllureBridge(folder / "allure-results", key=source.key or None)
    bridge.run_started(source.run)
    for scenario, record in source.run.records.items():
        for index, exchange in enumerate(record.exchanges()):
            octets = source.messages(scenario, index)
            for message, found in zip((exchange.request, exchange.response), octets, strict=True):
                if message is not None:
                    message.octets = found
        bridge.scenario_finished(record)
        record.release()
    bridge.run_finished(source.run)


def _check_facts(exchange: Exchange) -> dict[str, str]:
    facts: dict[str, str] = {}
    for check in exchange.checks:
        if not check.passed:
            facts[check.requirement] = f"not met: expected {check.expected}, found {check.found}"
        else:
            facts.setdefault(check.requirement, "met")
    return facts


def _details(record: ScenarioRecord, run: Run) -> StatusDetails | None:
    """The message begins with the category's name, by which `categories.json` sorts it."""
    reasons = sorted(record.reasons, key=lambda one: one.judgement.verdict, reverse=True)
    told = [
        f"{one.judgement.finding}" + (f"\n  when: {one.phase}" if one.phase != "step" else "")
        for one in reasons
    ]
    checks = list(dict.fromkeys(str(check.finding) for check in record.failed_checks()))
    parts = checks + told if record.verdict is Verdict.FAIL else told + checks
    if not parts:
        return None
    trace = "\n".join(one.trace for one in reasons if one.trace)
    return StatusDetails(message=f"{_category(record, run)}: " + "\n".join(parts), trace=trace or None)


def _category(record: ScenarioRecord, run: Run) -> str:
    if record.exclusion is not None:
        return _EXCLUDED[record.exclusion]
    if record.verdict is Verdict.FAIL and record.identity.added:
        return _ADDED
    if record.verdict is Verdict.FAIL:
        if run.known(record):
            return _KNOWN_FAILURE
        failed = [
            identifier for identifier, said in record.requirement_verdicts().items() if said is Verdict.FAIL
        ]
        apart = failed and not run.enforce_assumed and not any(map(run.ledger.is_must, failed))
        return _ASSUMPTION if apart else _PRODUCT_DEFECT
    return _INCONCLUSIVE if record.verdict is Verdict.INCONCLUSIVE else _SUITE_ERROR


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _said(_attribute: object, value: object) -> bool:
    return value is not None and value != []


def _json(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode()


def _plain(value: object) -> str:
    match value:
        case True:
            return "yes"
        case False:
            return "no"
        case None:
            return "undeclared"
        case _:
            return str(value)


def _property(text: str) -> str:
    return " ".join(text.replace("\\", "\\\\").split())
