"""Scenarios and findings made up for the selfcheck's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from dsp_conformance.collection.collected import CollectedScenario
from dsp_conformance.selfcheck.findings import Finding, finding_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.selfcheck.experiments import Experiment


class FoundBy(Protocol):
    """Makes the finding of a run."""

    def __call__(self, tried: Experiment, ran: dict[str, tuple[str, ...]]) -> Finding: ...


@pytest.fixture(scope="session")
def scenario() -> Callable[..., CollectedScenario]:
    """Makes a scenario of an id and requirements; "outline::row" is a row of an outline."""

    def make(name: str, *requirements: str) -> CollectedScenario:
        template, _, row = name.partition("::")
        return CollectedScenario(
            id=name,
            template=template,
            nodeid=f"features/test_features.py::{name}",
            file="features/some.feature",
            line=1,
            name=template,
            row=row,
            requirements=requirements,
            steps=(),
        )

    return make


@pytest.fixture(scope="session")
def found_by() -> FoundBy:
    """Makes the finding of a run, told which scenarios ran and which requirements each found not met."""

    def make(tried: Experiment, ran: dict[str, tuple[str, ...]]) -> Finding:
        broken = {name for failed in ran.values() for name in failed}
        return finding_of(
            tried,
            {
                "suite_errors": [],
                "requirements": [{"id": name, "verdict": "fail"} for name in sorted(broken)],
                "scenarios": [
                    {
                        "id": name,
                        "verdict": "fail" if failed else "pass",
                        "exclusion": None,
                        "requirement_verdicts": dict.fromkeys(failed, "fail"),
                        "reasons": [],
                    }
                    for name, failed in ran.items()
                ],
            },
            1.0,
        )

    return make
