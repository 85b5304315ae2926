"""A run as one JSON document, `results.json`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dsp_conformance.ledger.requirements import SOURCES
from dsp_conformance.record.record_json import to_json
from dsp_conformance.record.run import DECISION_RULE, RequirementResult, Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsp_conformance.ledger.requirements import Ledger
    from dsp_conformance.record.scenario_record import ScenarioRecord

FORMAT = 1
"""Version of results.json; rises when a reader of the former one would go wrong."""


def results(run: Run) -> dict[str, Any]:
    """A finished run as plain JSON values.

    `verdict.exit_code` is what the process returns; scenarios are in the form of `record_json.to_json`,
    without message bodies. Instants are ISO 8601 in UTC, scenario times milliseconds since the epoch.
    """
    requirements = run.requirement_results()
    verdict = run.decide(requirements)
    who = run.identity
    return {
        "format": FORMAT,
        "run": {
            "suite_version": who.suite_version,
            "suite_commit": who.suite_commit,
            "suite": {
                "origin": who.suite_origin,
                "fingerprint": who.suite_fingerprint,
                "changes": None if who.suite_changes is None else list(who.suite_changes),
            },
            "added_features": who.added_features,
            "operator": who.operator,
            "command": who.command,
            "dsp": {"name": who.product, "version": who.product_version},
            "schema_origin": who.schema_origin,
            "profile": dict(who.profile),
            "profile_origins": dict(who.profile_origins),
            "details": dict(who.details),
            "assumed": "enforce" if run.enforce_assumed else "report",
            "started": _instant(run.started),
            "finished": _instant(run.finished),
            "duration_seconds": (run.finished - run.started) / 1000,
            "complete": run.complete,
        },
        "verdict": {
            "verdict": verdict,
            "exit_code": run.exit_code,
            "sentence": run.sentence(requirements),
            "decision_rule": DECISION_RULE,
        },
        "plan": run.plan.to_json() if run.plan else None,
        "baseline": _baseline(run, requirements),
        "suite_errors": run.suite_errors,
        "receiver": dict(run.receiver),
        "sources": dict(SOURCES),
        "requirements": [_requirement(one, run.ledger) for one in requirements],
        "scenarios": [_scenario(record, run) for record in run.ordered_records()],
    }


def _baseline(run: Run, results: list[RequirementResult]) -> dict[str, Any] | None:
    if run.baseline is None:
        return None
    return {
        "file": run.baseline.path.name,
        "new_failures": [record.identity.id for record in run.new_failures()],
        "known_failures": [record.identity.id for record in run.known_failures()],
        "entries": [
            {**entry.model_dump(mode="json", exclude_none=True), "state": state, "stale": state.stale}
            for entry, state in run.entry_states(results)
        ],
    }


def _scenario(record: ScenarioRecord, run: Run) -> dict[str, Any]:
    if run.baseline is None:
        return to_json(record)
    return {**to_json(record), "known_failure": [str(entry) for entry in run.known(record)]}


def results_text(tree: Mapping[str, Any]) -> str:
    """The document as its file has it: one line per entry, so that two runs can be compared by line."""
    parts = []
    for key, value in tree.items():
        if isinstance(value, list):
            lines = ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in value)
            parts.append(f'"{key}": [\n  {lines}\n ]')
        else:
            parts.append(f'"{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _requirement(result: RequirementResult, ledger: Ledger) -> dict[str, Any]:
    entry = ledger.get(result.id)
    return {
        "id": result.id,
        "title": result.title,
        "keyword": result.keyword,
        "source": list(entry.source) if entry else [],
        "basis": entry.basis if entry else None,
        "derivation": entry.derivation if entry else "",
        "revision": result.revision,
        "verdict": result.state,
        "not_assessed": result.not_assessed,
        "checks": {"made": result.checks, "failed": result.failed_checks},
        "scenarios": [
            {"id": record.identity.id, "verdict": verdict.label, "exclusion": record.exclusion}
            for record, verdict in result.scenarios
        ],
    }


def _instant(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).isoformat(timespec="milliseconds")
