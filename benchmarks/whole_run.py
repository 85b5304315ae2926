"""The whole run on the stub: wall time a scenario on one worker, and where it goes. Aim: at most 60 ms."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from benchmarks.timing import line
from dsp_conformance.report.allure_bridge import AllureBridge
from dsp_conformance.running.stub_process import StubProcess
from dsp_conformance.testbed.control_api import ControlApiTestbed
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.transport import DuisTransport

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT: Final = Path(__file__).parents[1]


def measure_whole_run() -> None:
    """Run the suite in a process of its own, as a user does, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()  # one clock for every process of the machine
        command = [sys.executable, "-m", "benchmarks.whole_run", folder, str(begun)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=_ROOT)
        whole = time.monotonic() - begun
        told = json.loads((Path(folder) / "meter.json").read_text(encoding="utf-8"))
    count, shares = told["scenarios"], told["seconds"]
    rest = whole - sum(shares.values())
    print(f"The whole run on the stub, {count} scenarios, one worker (aim: at most 60 ms a scenario)")
    print(line("a scenario, everything included", whole / count, 1.0))
    for what, seconds in {**shares, "pytest, pytest-bdd, signing, checks, judging": rest}.items():
        print(line(f"  of which {what}", seconds / count, seconds / whole))


class Meter:
    """Adds up the time that is spent inside chosen methods."""

    def __init__(self, begun: float) -> None:
        self.seconds: dict[str, float] = {}
        self.scenarios = 0
        self._begun = begun

    def watch(self, owner: type[Any], name: str, what: str) -> None:
        """Add a method's time to a share of the report."""
        method: Callable[..., Any] = getattr(owner, name)
        self.seconds.setdefault(what, 0.0)

        def timed(*arguments: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return method(*arguments, **named)
            finally:
                self.seconds[what] += time.perf_counter() - begun

        setattr(owner, name, timed)

    def pytest_runtest_logstart(self) -> None:
        """The first scenario begins: everything before was start-up."""
        if not self.scenarios:
            self.seconds["start of Python, pytest and collection"] = time.monotonic() - self._begun
        self.scenarios += 1


def main() -> None:
    """Run the suite with the meter; the folder of the first argument takes the reports and the shares."""
    folder = Path(sys.argv[1])
    meter = Meter(float(sys.argv[2]))
    meter.watch(DuisTransport, "post", "DUIS on the wire and the stub's work")
    meter.watch(ControlApiTestbed, "_carry_out", "testbed control on the wire")
    meter.watch(Inbox, "wait_until", "waiting for responses and silence")
    meter.watch(StubProcess, "stop", "stopping the stub")
    meter.watch(AllureBridge, "scenario_finished", "Allure")
    arguments = ["features", "-q", "-p", "no:cacheprovider", f"--reports={folder / 'reports'}"]
    exit_code = pytest.main(arguments, plugins=[meter])
    shares = {"scenarios": meter.scenarios, "seconds": meter.seconds}
    (folder / "meter.json").write_text(json.dumps(shares), encoding="utf-8")
    sys.exit(int(exit_code))


if __name__ == "__main__":
    main()
