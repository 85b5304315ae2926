"""The whole run on several workers: against the stub on all cores, and against a DSP that takes its time.

Aims: with 2 workers on two cores at most 25 ms wall time a scenario; with 16 workers against a DSP that
answers after 1 s at most 1.3 times its waiting time's 16th part, and 10 s.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.timing import line
from dsp_conformance.running.stub_process import StubProcess

_ROOT: Final = Path(__file__).parents[1]
_WORKERS: Final = 2
_MANY: Final = 16
_ANSWERS_AFTER: Final = 1.0
_TARGET: Final = """
[testbed]
driver = "control-api"
url = "{control_url}"

[dsp]
base_url = "http://127.0.0.1:{port}"

[profile]
silence_seconds = 1
"""


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a run took.

    Attributes:
        scenarios: how many ran.
        wall: seconds from start to end.
        cpu: seconds of all its processes on all cores.
    """

    scenarios: int
    wall: float
    cpu: float


def measure_parallel_run() -> None:
    """Run the suite against the stub with one worker a core of two, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        taken = _run(Path(folder), "-n", str(_WORKERS))
    cores, count = len(os.sched_getaffinity(0)), taken.scenarios
    print(f"The whole run on the stub, {count} scenarios, {_WORKERS} workers, {cores} cores")
    print(line("a scenario, everything included (aim: at most 25 ms)", taken.wall / count))
    print(line("  of all processes' time on all cores", taken.cpu / count))


def measure_slow_dsp() -> None:
    """Run the suite with many workers against a DSP that waits before it answers, and print what it took."""
    with tempfile.TemporaryDirectory() as name, StubProcess() as stub:
        behind = urlsplit(stub.control_url)
        command = [sys.executable, "-m", "benchmarks.slow_proxy", str(behind.hostname), str(behind.port)]
        with subprocess.Popen(
            [*command, str(_ANSWERS_AFTER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as proxy:
            assert proxy.stdout is not None
            port = int(proxy.stdout.readline())
            target = Path(name) / "target.toml"
            target.write_text(_TARGET.format(control_url=stub.control_url, port=port), encoding="utf-8")
            taken = _run(Path(name), "-n", str(_MANY), f"--target={target}")
            said, _ = proxy.communicate()
    waiting = int(said) * _ANSWERS_AFTER
    share, aim = waiting / _MANY, 1.3 * waiting / _MANY + 10
    print(f"The whole run on a DSP that answers after {_ANSWERS_AFTER:g} s, {_MANY} workers")
    print(f"  waiting {waiting:.0f} s, by {_MANY}: {share:.1f} s; whole run (aim: at most {aim:.1f} s)")
    print(line("  the whole run", taken.wall))
    print(line("  of all processes' time on all cores", taken.cpu))


def _run(folder: Path, *arguments: str) -> _Taken:
    reports = folder / "reports"
    command = [sys.executable, "-m", "dsp_conformance", "run", f"--reports={reports}", *arguments]
    begun, before = time.monotonic(), _cpu()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=_ROOT)
    wall, cpu = time.monotonic() - begun, _cpu() - before
    results = json.loads((reports / "results.json").read_text(encoding="utf-8"))
    return _Taken(len(results["scenarios"]), wall, cpu)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
