"""Scenario records as JSON values, without message bodies: for results.json and from process to process."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from dsp_conformance.ledger.verdicts import Attribution, Exclusion, Finding, Judgement, Verdict
from dsp_conformance.record.evidence import Check, Evidence, Exchange, Message, Operation, Wire
from dsp_conformance.record.scenario_record import (
    Phase,
    Reason,
    ScenarioIdentity,
    ScenarioRecord,
    StepRecord,
    StepStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_json(record: ScenarioRecord) -> dict[str, Any]:
    """A record as plain JSON values.

    Message bodies are replaced by their size and SHA-256; deferred checks are left out, as they belong to
    the process that made them. Times are milliseconds since the epoch.
    """
    return {
        **_flat(record.identity),
        "requirements": list(record.identity.requirements),
        "tags": list(record.identity.tags),
        "nodeid": record.nodeid,
        "verdict": record.verdict.label,
        "exclusion": record.exclusion,
        "attribution": record.attribution,
        "requirement_verdicts": {
            requirement: verdict.label for requirement, verdict in record.requirement_verdicts().items()
        },
        "start": record.start,
        "stop": record.stop,
        "reasons": [reason_to_json(reason) for reason in record.reasons],
        "steps": [
            {
                "keyword": step.keyword,
                "text": step.text,
                "status": step.status,
                "start": step.start,
                "stop": step.stop,
                **_evidence(step.evidence),
            }
            for step in record.steps
        ],
        **_evidence(record.evidence),
        "late": _evidence(record.late),
    }


def from_json(tree: Mapping[str, Any]) -> ScenarioRecord:
    """The inverse of `to_json`; verdicts are computed anew from what the record holds."""
    identity = ScenarioIdentity(
        tree["id"],
        tree["template"],
        tree["feature_file"],
        tree["feature"],
        tree["narrative"],
        tree["name"],
        dict(tree["row"]),
        tuple(tree["requirements"]),
        tuple(tree["tags"]),
        tree["added"],
    )
    steps = [
        StepRecord(
            step["keyword"],
            step["text"],
            StepStatus(step["status"]),
            step["start"],
            step["stop"],
            _read_evidence(step),
        )
        for step in tree["steps"]
    ]
    reasons = [reason_from_json(reason) for reason in tree["reasons"]]
    return ScenarioRecord(
        identity,
        tree["nodeid"],
        steps,
        tree["start"],
        tree["stop"],
        _read_evidence(tree),
        _read_evidence(tree["late"]),
        reasons,
    )


def reason_to_json(reason: Reason) -> dict[str, Any]:
    """One reason as plain JSON values."""
    judged = reason.judgement
    return {
        "phase": reason.phase,
        "verdict": judged.verdict.label,
        "attribution": judged.attribution,
        "exclusion": judged.exclusion,
        "requirements": list(judged.requirements),
        **_flat(judged.finding),
        "step": reason.step,
        "trace": reason.trace,
    }


def reason_from_json(tree: Mapping[str, Any]) -> Reason:
    """The inverse of `reason_to_json`."""
    judged = Judgement(
        Verdict.from_label(tree["verdict"]),
        Attribution(tree["attribution"]) if tree["attribution"] else None,
        Finding(tree["what"], tree["expected"], tree["found"], tree["hint"]),
        Exclusion(tree["exclusion"]) if tree["exclusion"] else None,
        tuple(tree["requirements"]),
    )
    return Reason(Phase(tree["phase"]), judged, tree["step"], tree["trace"])


def _flat(value: Any) -> dict[str, Any]:
    """A dataclass that holds no other; `dataclasses.asdict` copies all and takes three times as long."""
    return {name: getattr(value, name) for name in _names(value.__class__)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _evidence(evidence: Evidence) -> dict[str, Any]:
    exchanges = [
        {
            "title": exchange.title,
            "at": exchange.at,
            "request": _message(exchange.request),
            "response": _message(exchange.response),
            "checks": [_flat(check) for check in exchange.checks],
            "facts": exchange.facts,
            "wire": None if exchange.wire is None else _flat(exchange.wire),
        }
        for exchange in evidence.exchanges
    ]
    operations = [_flat(operation) for operation in evidence.operations]
    return {"exchanges": exchanges, "observations": evidence.observations, "operations": operations}


def _read_evidence(tree: Mapping[str, Any]) -> Evidence:
    exchanges = [
        Exchange(
            one["title"],
            one["at"],
            _read_message(one["request"]),
            _read_message(one["response"]),
            tuple(Check(**check) for check in one["checks"]),
            dict(one["facts"]),
            None if one["wire"] is None else Wire(**one["wire"]),
        )
        for one in tree["exchanges"]
    ]
    operations = [Operation(**one) for one in tree["operations"]]
    return Evidence(exchanges, list(tree["observations"]), operations)


def _message(message: Message | None) -> dict[str, Any] | None:
    return None if message is None else {"size": message.size, "sha256": message.sha256}


def _read_message(tree: Mapping[str, Any] | None) -> Message | None:
    return None if tree is None else Message(None, tree["size"], tree["sha256"])
