"""What every output of a run is made from: its results, and the octets of its messages.

`journal.read` makes it from a journal, right after a run or at any time later; `writers` lists who uses it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dsp_conformance.record.evidence import Operation
    from dsp_conformance.record.run import Run


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message that the DSP posted to the receiver, whoever it was for.

    Attributes:
        at: when it had come in whole, milliseconds since the epoch.
        peer: who posted it, as "host:port"; empty where unknown.
        address: the path that it was posted to; empty where unknown.
        status: the HTTP status that it was answered with: 204 if taken; 0 where unknown.
        title: the message in one line.
        request_id: the RequestID that it names; empty if it names none.
        repeats: how many messages that name the same request came before it.
        unasked: it names a request that no exchange of the journal sent, or none at all.
        refusal: why the receiver refused it; empty if it took it.
        size: how many octets came.
        sha256: of the octets that are kept.
    """

    at: int
    peer: str
    address: str
    status: int
    title: str
    request_id: str
    repeats: int
    unasked: bool
    refusal: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ReportSource:
    """A run, for whoever writes a report of it.

    Attributes:
        run: the run with its records, verdicts computed from these; message bodies are not in memory.
        results: the document `results.json`.
        messages: given a scenario's id and an exchange's index in `ScenarioRecord.exchanges()` (which is
            the order of `results.json`: the scenario's own, then step by step, then late ones), the octets
            sent and the octets received; None where there are none.
        complete: whether the run came to its end. If not, no verdict on it can be a good one.
        arrivals: every message that the DSP posted, in order of arrival.
        operations: testbed operations outside of any scenario.
        journal: the file it was read from; None if there is none.
        key: the run's id in its journal; empty if there is none.
        files: texts of the files that the run rested on, without secrets, by name: "requirements.toml",
            "target.toml", "baseline.toml", and the features that ran.
    """

    run: Run
    results: dict[str, Any]
    messages: Callable[[str, int], tuple[bytes | None, bytes | None]]
    complete: bool = True
    arrivals: tuple[Arrival, ...] = ()
    operations: tuple[Operation, ...] = ()
    journal: Path | None = None
    key: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
