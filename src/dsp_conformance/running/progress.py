"""How far a run is: on a terminal one line that moves, elsewhere a few plain lines, instead of pytest's dots.

pytest goes on counting, so that its last line ("300 passed in 24.45s") stays what it was.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.ledger.verdicts import Exclusion, Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from rich.console import RenderableType
    from rich.live import Live

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.record.run import Run
    from dsp_conformance.record.scenario_record import ScenarioRecord

_PLAIN_LINES = 10
_MINUTE = 60
_ORDER = [verdict.label for verdict in sorted(Verdict, reverse=True)] + list(Exclusion)
_COLOURS = {"pass": "green", "fail": "bold red", "error": "bold magenta", "inconclusive": "yellow"}


@dataclass(slots=True)
class Tally:
    """How far a run is.

    Attributes:
        total: how many scenarios there are.
        verdicts: how many have ended with each verdict, or without one for which reason.
        current: the requirements of the scenario that began last.
        started: when counting began, in seconds of the monotonic clock.
    """

    total: int
    verdicts: Counter[str] = field(default_factory=Counter)
    current: tuple[str, ...] = ()
    started: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """How many scenarios have ended."""
        return self.verdicts.total()

    def add(self, record: ScenarioRecord) -> None:
        """Count a scenario that ended."""
        self.verdicts[record.exclusion or record.verdict.label] += 1

    def counts(self) -> list[tuple[str, int]]:
        """Verdicts so far, the worst first."""
        return sorted(self.verdicts.items(), key=lambda one: _ORDER.index(one[0]))

    def seconds_left(self, now: float) -> float | None:
        """What is left at the pace so far; None before the first scenario has ended."""
        return (now - self.started) / self.done * (self.total - self.done) if self.done else None

    def line(self, now: float) -> str:
        """All of it in one plain line."""
        parts = [f"{self.done} of {self.total} scenarios"]
        parts += [", ".join(f"{count} {verdict}" for verdict, count in self.counts())]
        if self.current and self.done < self.total:
            parts.append(f"now {', '.join(self.current)}")
        left = self.seconds_left(now)
        if left and self.done < self.total:
            parts.append(f"about {_duration(left)} left")
        return "; ".join(filter(None, parts))


class Progress:
    """The pytest plugin that shows it; for the process that gets all reports.

    Args:
        run: holds the records by which scenarios are counted.
        scenarios: filled by whoever collects, before the first scenario begins.
    """

    def __init__(self, run: Run, scenarios: Sequence[CollectedScenario]) -> None:
        self._run = run
        self._scenarios = scenarios
        self._by_nodeid: dict[str, CollectedScenario] = {}
        self._tally: Tally | None = None
        self._letters = True
        self._every = 1
        self._live: Live | None = None
        self._terminal: pytest.TerminalReporter | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Begin to count, once it is known what there is."""
        self._terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        if self._terminal is None or not self._scenarios:
            return
        self._terminal.showfspath = False
        self._letters = False  # also of what the end of the run finds out
        self._by_nodeid = {scenario.nodeid: scenario for scenario in self._scenarios}
        self._tally = Tally(len(self._scenarios))
        self._every = math.ceil(len(self._scenarios) / _PLAIN_LINES)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(
        self,
    ) -> Generator[None, tuple[str, str, object], tuple[str, str, object]]:
        """Keep pytest's counts and leave out its letters."""
        category, letter, word = yield
        return (category, letter, word) if self._letters else (category, "", "")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A scenario begins."""
        if self._tally and nodeid in self._by_nodeid:
            self._tally.current = self._by_nodeid[nodeid].requirements

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A scenario has ended if this is the report of its tear-down."""
        if self._tally is None or report.when != "teardown":
            return
        scenario = self._by_nodeid.pop(report.nodeid, None)  # later ones are of the end of the run
        record = self._run.records.get(scenario.id) if scenario else None
        if record is None:
            return
        self._tally.add(record)
        self._show(self._tally, record)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Leave the terminal to pytest's own report."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._tally = None

    def _show(self, tally: Tally, record: ScenarioRecord) -> None:
        assert self._terminal is not None, "without a terminal reporter nothing is counted"
        if self._terminal.isatty:
            self._show_live(tally, record)
        elif tally.done % self._every == 0 or tally.done == tally.total:
            self._terminal.write_line(tally.line(time.monotonic()))

    def _show_live(self, tally: Tally, record: ScenarioRecord) -> None:
        from rich.console import Console  # noqa: PLC0415 - costly, and only for terminals
        from rich.live import Live  # noqa: PLC0415 - as above
        from rich.text import Text  # noqa: PLC0415 - as above

        if self._live is None:
            # Between reports pytest holds on to what is written, so the line moves with each of them alone.
            self._live = Live(
                console=Console(highlight=False),
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        if record.verdict > Verdict.PASS:
            label = record.verdict.label
            self._live.console.print(
                Text(f"{label.upper()}  {record.identity.id}", _COLOURS[label]), soft_wrap=True
            )
        self._live.update(_moving_line(tally, time.monotonic()), refresh=True)


def _moving_line(tally: Tally, now: float) -> RenderableType:
    from rich.progress_bar import ProgressBar  # noqa: PLC0415 - costly, and only for terminals
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    counts = Text("  ").join(
        Text(f"{count} {verdict}", _COLOURS.get(verdict, "dim")) for verdict, count in tally.counts()
    )
    left = tally.seconds_left(now)
    line = Table.grid(padding=(0, 2), expand=False)
    line.add_row(
        ProgressBar(total=tally.total, completed=tally.done, width=24),
        f"{tally.done}/{tally.total}",
        counts,
        Text(f"{_duration(left)} left" if left else "", "cyan"),
        Text(", ".join(tally.current) if left else "", "dim", overflow="ellipsis", no_wrap=True),
    )
    return line


def _duration(seconds: float) -> str:
    whole = math.ceil(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
