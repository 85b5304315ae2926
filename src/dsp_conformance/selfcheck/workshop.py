"""Where deviations are tried: a stub and a run of the suite, each a process of its own.

Starting Python and importing everything costs more than the run itself. So both processes are forked from
one that has imported all and collected the features once, where the system can fork; else they are spawned.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from dsp_conformance.selfcheck.findings import Finding, finding_of, suite_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from dsp_conformance.selfcheck.experiments import Experiment

    Judge: TypeAlias = Callable[[Sequence[str], Sequence[str], frozenset[str]], int]

__all__ = ["Task", "Workshop"]

_READY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 5.0
_RUN_SECONDS: Final = 300.0
_PATIENCE: Final = {True: (10, 3.0), False: (2, 0.3)}
"""How long responses and the inventory are waited for, by whether the deviation is lawful: then everything
comes, however busy the machine is; where it does not come, waiting is all that a run spends its time on."""

_TARGET: Final = """\
[testbed]
driver = "control-api"
url = "{url}"
[timeouts]
response = {response}
[profile]
settle_seconds = {settle}
silence_seconds = 0.3
smets1 = "yes"
resent_activation = "yes"
secmp0007 = "no"
local_delivery = "yes"
"""


@dataclass(frozen=True, slots=True)
class Task:
    """One experiment, and what it is tried against.

    Attributes:
        experiment: what is tried.
        nodeids: pytest's names of the scenarios.
        sought: once all these requirements were found not met, the other scenarios are left out; none, if
            all are to run.
    """

    experiment: Experiment
    nodeids: tuple[str, ...]
    sought: frozenset[str] = frozenset()


class Workshop:
    """Tries experiments, several at a time.

    Args:
        judge: runs scenarios of pytest's names with options of the suite until all that is sought was found
            not met, and returns the exit code; a function of a module, since it is called in another process.
        folder: a folder of its own for each experiment is made in it.
        warm: the module to import before processes are forked.
    """

    def __init__(self, judge: Judge, folder: Path, *, warm: str) -> None:
        self._judge = judge
        self._folder = folder
        can_fork = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: BaseContext = multiprocessing.get_context("forkserver" if can_fork else "spawn")
        if can_fork:
            self._context.set_forkserver_preload([warm])

    def try_all(self, tasks: Sequence[Task], workers: int) -> Iterator[Finding]:
        """Try everything and tell each finding as soon as it is there."""
        with ThreadPoolExecutor(workers, thread_name_prefix="selfcheck") as pool:
            # what takes longest first, so that no worker is left alone with it at the end
            ordered = sorted(tasks, key=lambda task: (bool(task.sought), -len(task.nodeids)))
            waiting = [pool.submit(self._try, task) for task in ordered]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            finally:
                for each in waiting:
                    each.cancel()

    def _try(self, task: Task) -> Finding:
        started = time.monotonic()
        folder = self._folder / task.experiment.id
        folder.mkdir(parents=True, exist_ok=True)
        trouble, results = self._run(task, folder)
        seconds = time.monotonic() - started
        if results is None:
            return suite_error(task.experiment, trouble, seconds)
        finding = finding_of(task.experiment, results, seconds)
        return suite_error(task.experiment, trouble, seconds) if trouble else finding

    def _run(self, task: Task, folder: Path) -> tuple[str, Mapping[str, object] | None]:
        """Return what kept the run from proving anything, and its results if it got so far."""
        ids = tuple(deviation.id for deviation in task.experiment.deviations)
        receiving, sending = self._context.Pipe(duplex=False)
        stub = self._process(_serve, (ids, sending, folder / "stub.txt"))
        stub.start()
        sending.close()
        try:
            url = _control_url(receiving)
            if not url:
                return f"the stub did not start: {_tail(folder / 'stub.txt')}", None
            response, settle = _PATIENCE[task.experiment.is_lawful]
            target = folder / "target.toml"
            target.write_text(_TARGET.format(url=url, response=response, settle=settle), encoding="utf-8")
            arguments = (f"--target={target}", f"--reports={folder}", "--results-only")
            log = folder / "suite.txt"
            run = self._process(_judged, (self._judge, arguments, task.nodeids, task.sought, log))
            run.start()
            run.join(_RUN_SECONDS)
            if run.exitcode is None:
                _end(run)
                return f"the run took more than {_RUN_SECONDS:g} s", None
            trouble = _trouble(stub, folder / "stub.txt")
        finally:
            receiving.close()
            _end(stub)
        try:
            results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return f"the suite wrote no results: {_tail(folder / 'suite.txt')}", None
        return trouble, results

    def _process(self, work: Callable[..., None], arguments: tuple[object, ...]) -> BaseProcess:
        return self._context.Process(target=work, args=arguments, daemon=True)  # type: ignore[attr-defined,no-any-return]


class _Line:
    """Takes the stub's ready line, and sends it through a pipe.

    Args:
        pipe: where it goes.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._text = ""

    def write(self, text: str) -> int:
        """Keep text until it is flushed."""
        self._text += text
        return len(text)

    def flush(self) -> None:
        """Send what was kept."""
        if self._text:
            self._pipe.send(self._text)
        self._text = ""


def _serve(deviations: tuple[str, ...], pipe: Connection, log: Path) -> None:
    """Be a stub; runs in a process of its own."""
    from dsp_conformance.stub.server import StubSettings, serve  # noqa: PLC0415 - for this process only

    _write_to(log)
    sys.exit(serve(StubSettings(deviations=deviations), out=_Line(pipe)))  # type: ignore[arg-type]


def _judged(
    judge: Judge,
    arguments: Sequence[str],
    nodeids: Sequence[str],
    sought: frozenset[str],
    log: Path,
) -> None:
    """Be a run of the suite; runs in a process of its own."""
    _write_to(log)
    sys.exit(judge(arguments, nodeids, sought))


def _write_to(log: Path) -> None:
    """Have this process write everything that it says into a file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for said in (sys.stdout, sys.stderr):
        said.flush()
        os.dup2(file, said.fileno())
    os.close(file)


def _control_url(pipe: Connection) -> str:
    """Wait for the stub's ready line; an empty text where none comes."""
    with contextlib.suppress(EOFError, ValueError, KeyError):
        if pipe.poll(_READY_SECONDS):
            return str(json.loads(pipe.recv())["control_url"])
    return ""


def _trouble(stub: BaseProcess, log: Path) -> str:
    """Why a stub that should still be serving, without complaints, proves nothing."""
    if stub.exitcode is not None:
        return f"the stub ended with {stub.exitcode}: {_tail(log)}"
    said = log.read_text(encoding="utf-8", errors="replace")
    return f"the stub failed: {_tail(log)}" if "Traceback" in said else ""


def _tail(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"
    return "it said nothing"


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(_STOP_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join(_STOP_SECONDS)
