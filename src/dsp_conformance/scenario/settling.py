"""Looking again until what a DSP shows has settled: it may lag behind what happened (ledger, "Waiting")."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from dsp_conformance.scenario.conformance_run import ConformanceRun

_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.5
_Seen = TypeVar("_Seen")


def once(run: ConformanceRun, look: Callable[[], _Seen], holds: Callable[[_Seen], bool]) -> _Seen:
    """Look until something holds of what is seen, or the profile's time to settle is over.

    Returns:
        What was seen last, whether it holds or not.
    """
    deadline = time.monotonic() + run.profile.settle_seconds
    pause = _FIRST_PAUSE
    seen = look()
    while not holds(seen) and time.monotonic() < deadline:
        run.connection.inbox.wait_out(min(deadline, time.monotonic() + pause))
        pause = min(2 * pause, _LONGEST_PAUSE)
        seen = look()
    return seen
