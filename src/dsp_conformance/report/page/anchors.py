"""Names of places on the page: the same in every run, so that a link stays good from report to report.

A requirement's place is its id ("MP105-04"); a scenario's is made from its id, and its exchanges are counted
from 1 in the order of the record.
"""

from __future__ import annotations

import hashlib

_DIGITS = 10

__all__ = ["exchange_anchor", "scenario_anchor"]


def scenario_anchor(identifier: str) -> str:
    """The place of a scenario, such as "s-0fd3a91c22"."""
    return "s-" + hashlib.sha256(identifier.encode()).hexdigest()[:_DIGITS]


def exchange_anchor(identifier: str, index: int) -> str:
    """The place of a scenario's exchange number `index`, counted from 0."""
    return f"{scenario_anchor(identifier)}-{index + 1}"
