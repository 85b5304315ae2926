"""How long a person waits for the program: its help, and the doctor on the stub; against an empty Python.

Aims: at most 0.3 s for the help, at most 3 s for the doctor.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.timing import line, medians

_ROOT: Final = Path(__file__).parents[1]
_COMMANDS: Final = {
    "an empty Python": ("-c", "pass"),
    "dsp-conformance --help (aim: at most 300 ms)": ("-m", "dsp_conformance", "--help"),
    "dsp-conformance doctor on the stub (aim: at most 3000 ms)": ("-m", "dsp_conformance", "doctor"),
}


def measure_start() -> None:
    """Run each program as a person does, in interleaved rounds, and print the medians."""
    subjects = {what: lambda command=command: _run(command) for what, command in _COMMANDS.items()}
    taken = medians(subjects, rounds=5, warm_up=1)
    print("Programs from start to end, and the ratio to an empty Python")
    for what, seconds in taken.items():
        print(line(what, seconds, seconds / taken["an empty Python"]))


def _run(arguments: tuple[str, ...]) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=_ROOT)
