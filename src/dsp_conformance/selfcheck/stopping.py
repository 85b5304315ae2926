"""When a run has shown enough: once a violation is killed, nothing is gained by the rest of its scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.ledger.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.running.recorder import RunRecorder

__all__ = ["Enough"]


class Enough:
    """A plugin of pytest that leaves scenarios out once every requirement sought was found not met.

    What is only found when the run ends, by silence, is found for the scenarios that ran.

    Args:
        sought: ids of requirements.
    """

    def __init__(self, sought: Iterable[str]) -> None:
        self._sought = set(sought)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Run a scenario, or leave it out."""
        recorder: RunRecorder | None = item.config.pluginmanager.get_plugin("dsp-recorder")
        assert recorder is not None, "the features are never run without it"
        if recorder.run.records:
            last = next(reversed(recorder.run.records.values()))
            said = last.requirement_verdicts().items()
            self._sought -= {name for name, verdict in said if verdict is Verdict.FAIL}
        if self._sought:
            return None
        recorder.leave_out(item.nodeid)
        return True
