"""Evidence without secrets: every kind of it, made when a run takes it in (see `redaction`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsp_conformance.base.redaction import MARK
from dsp_conformance.ledger.verdicts import Finding
from dsp_conformance.record.evidence import Check, Exchange, Message, Operation, Wire, now_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsp_conformance.base.redaction import Redactor
    from dsp_conformance.record.evidence import CheckOutcome
    from dsp_conformance.record.scenario_record import Reason

__all__ = ["NOTE", "check", "exchange", "finding", "operation", "reason"]

NOTE = "redacted"
"""The fact that tells which messages of an exchange are not kept as they stood on the wire."""


def exchange(
    redactor: Redactor,
    *,
    title: str,
    sent: bytes | None,
    received: bytes | None,
    checks: Iterable[CheckOutcome],
    facts: Mapping[str, str],
    wire: Wire | None,
) -> Exchange:
    """An exchange as it is kept; see `ScenarioRecord.attach_exchange`."""
    kept = {
        name: None if octets is None else redactor.octets(octets)
        for name, octets in (("request", sent), ("response", received))
    }
    altered = [
        name for name, octets in (("request", sent), ("response", received)) if kept[name] is not octets
    ]
    told = {name: redactor.text(text) for name, text in facts.items()}
    if altered:
        told[NOTE] = (
            f"secrets in the {' and the '.join(altered)}, as {MARK}; size and hash are of what is kept"
        )
    return Exchange(
        redactor.text(title),
        now_ms(),
        Message.of(kept["request"]),
        Message.of(kept["response"]),
        tuple(check(redactor, Check.of(outcome)) for outcome in checks),
        told,
        None if wire is None else _wire(redactor, wire),
    )


def operation(redactor: Redactor, done: Operation) -> Operation:
    """What the testbed did, as it is kept."""
    arguments = {name: redactor.text(value) for name, value in done.arguments.items()}
    return replace(done, arguments=arguments, result=redactor.text(done.result))


def reason(redactor: Redactor, found: Reason) -> Reason:
    """Why a scenario did not simply pass, as it is kept."""
    judged = replace(found.judgement, finding=finding(redactor, found.judgement.finding))
    return replace(found, judgement=judged, trace=redactor.text(found.trace))


def finding(redactor: Redactor, found: Finding) -> Finding:
    """What was found, as it is kept."""
    return Finding(*map(redactor.text, (found.what, found.expected, found.found, found.hint)))


def check(redactor: Redactor, made: Check) -> Check:
    """What a DUIS check said, as it is kept."""
    told = (redactor.text(text) for text in (made.expected, made.found, made.detail))
    return Check(made.requirement, made.passed, *told)


def _wire(redactor: Redactor, wire: Wire) -> Wire:
    return replace(
        wire,
        url=redactor.text(wire.url),
        sent=redactor.headers(wire.sent),
        received=redactor.headers(wire.received),
    )
