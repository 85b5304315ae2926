"""Digests over what a run says, by which a journal and the results made from it are compared."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsp_conformance.ledger.requirements import Ledger


def digest(octets: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(octets).hexdigest()


def canonical(tree: object) -> bytes:
    """JSON values as octets, always the same: sorted keys, no spaces, UTF-8."""
    return json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def verdicts_digest(results: Mapping[str, Any]) -> str:
    """Digest of every verdict in a document `results.json`: the run's, the requirements', the scenarios'."""
    told = {
        "verdict": results["verdict"]["verdict"],
        "exit_code": results["verdict"]["exit_code"],
        "requirements": {one["id"]: one["verdict"] for one in results["requirements"]},
        "scenarios": {
            one["id"]: [one["verdict"], one["exclusion"], one["requirement_verdicts"]]
            for one in results["scenarios"]
        },
    }
    return digest(canonical(told))


def ledger_digest(ledger: Ledger) -> str:
    """Digest of all that a ledger demands."""
    return digest(
        canonical(
            {
                "groups": ledger.groups,
                "requirements": [one.model_dump(mode="json") for one in ledger.values()],
            }
        )
    )
