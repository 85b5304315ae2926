"""However the program ends, a verdict's code is said by a command's answer alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PREPARED = """
import sys
from unittest import mock
import dsp_conformance.__main__ as program
{preparation}
sys.argv = ["dsp-conformance", *{arguments!r}]
program.program()
"""


def ended(
    *arguments: str, preparation: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own, after something was done to it."""
    return subprocess.run(
        [sys.executable, "-c", PREPARED.format(preparation=preparation, arguments=list(arguments))],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )


FAULTS = {
    "an error that nobody caught": "KeyError('lost')",
    "an interrupt": "KeyboardInterrupt()",
    "no memory": "MemoryError()",
    "a text in the place of a code": "SystemExit('the disk is full')",
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whatever_ends_a_command_is_no_verdict(fault: str) -> None:
    preparation = (
        "import dsp_conformance.base.suite_files as files\n"
        f"mock.patch.object(files, 'chosen_suite', side_effect={fault}).start()"
    )
    done = ended("requirements", preparation=preparation)

    assert done.returncode == 4, done.stderr
    assert "says nothing about the product" in done.stderr or "the disk is full" in done.stderr


def test_a_program_that_cannot_be_imported_gives_no_verdict() -> None:
    for module in ("click", "dsp_conformance.cli"):
        done = ended("--help", preparation=f"sys.modules[{module!r}] = None")

        assert done.returncode == 4, (module, done.stderr)
        assert "says nothing about the product" in done.stderr


def test_what_was_typed_wrongly_is_the_usages_code(tmp_path: Path) -> None:
    typed: tuple[list[str], ...] = (
        ["--nothing-such"],
        ["nothing-such"],
        ["run", "--target", "none.toml"],
        ["verify", "none.zip"],
        [],
    )
    for arguments in typed:
        done = ended(*arguments, folder=tmp_path)

        assert done.returncode == 2, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr


def test_a_commands_own_answer_is_the_programs(tmp_path: Path) -> None:
    assert ended("--version").returncode == 0
    assert ended("requirements").returncode == 0
    for code in (0, 1, 3, 5, 6):
        preparation = (
            "import dsp_conformance.base.suite_files as files\n"
            f"mock.patch.object(files, 'chosen_suite', side_effect=SystemExit({code})).start()"
        )
        assert ended("requirements", preparation=preparation, folder=tmp_path).returncode == code


def test_an_output_that_nobody_reads_is_no_verdict() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dsp_conformance", "requirements", "--json"],
            check=False,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    finally:
        os.close(writing)

    assert done.returncode not in {0, 1, 2, 3, 5, 6}, done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_from_outside_is_no_verdict() -> None:
    waiting = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    preparation = (
        "import dsp_conformance.base.suite_files as files\n"
        f"mock.patch.object(files, 'chosen_suite', side_effect=lambda: exec({waiting!r})).start()"
    )
    done = ended("requirements", preparation=preparation)

    assert done.returncode in {4, -signal.SIGINT}, done.stderr
    assert "Interrupted: this says nothing about the product." in done.stderr
