"""How long is waited for somebody who no longer answers.

A call that nobody answers proves nothing, however long it is waited for. So where a DSP or a testbed has gone
silent in the middle of a run, that run should end, inconclusive, and not wait in full some hundreds of times.
"""

from __future__ import annotations

from typing import Final

__all__ = ["Patience"]

_IN_A_ROW: Final = 3
_LEAST_SECONDS: Final = 1.0
_TIMES_THE_SLOWEST: Final = 2.0


class Patience:
    """Waits in full as long as somebody answers, and shortly once several calls in a row were in vain.

    Shortly is twice as long as the slowest answer so far took, and a second at least, so that whoever comes
    back is noticed; the first answer restores all patience. Threads may share it: at worst one of them waits
    in full once more.
    """

    def __init__(self) -> None:
        self._in_vain = 0
        self._slowest = 0.0

    def seconds(self, full: float) -> float:
        """How long the next answer is waited for, where a patient caller would wait `full` seconds."""
        if self._in_vain < _IN_A_ROW:
            return full
        return min(full, max(_LEAST_SECONDS, _TIMES_THE_SLOWEST * self._slowest))

    def answered(self, seconds: float) -> None:
        """Note an answer, and how long it took."""
        self._in_vain = 0
        self._slowest = max(self._slowest, seconds)

    def waited_in_vain(self, seconds: float) -> str:
        """Note that no answer came for so long, and say so in words that follow "nothing came for"."""
        before, self._in_vain = self._in_vain, self._in_vain + 1
        short = f", and no longer, as {before} calls before it were in vain" if before >= _IN_A_ROW else ""
        return f"{seconds:g} s{short}"
