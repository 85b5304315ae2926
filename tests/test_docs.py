"""The vendors' pages: each command can be given, the first run goes as told, links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from dsp_conformance.cli import main
from dsp_conformance.doctor.order import CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
GUIDE = ROOT / "docs" / "first-run.md"
READING = "features/mp105/reading_suspended_meters.feature"
ONE = f"{READING}::A Suspended electricity meter tells its firmware version"


def _blocks(page: Path) -> Iterator[tuple[str, list[str]]]:
    """The shell blocks of a page: what is said behind `sh`, and the commands."""
    for kind, text in re.findall(r"```sh ?(\w*)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        lines = text.replace("\\\n", " ").splitlines()
        yield kind, [line.partition(" #")[0].strip() for line in lines if line.partition("#")[0].strip()]


def _commands(page: Path) -> list[list[str]]:
    every = (shlex.split(line) for _, lines in _blocks(page) for line in lines)
    return [words[1:] for words in every if words[0].rpartition("/")[2] == "dsp-conformance"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_can_be_given(page: Path) -> None:
    for words in _commands(page):
        command: click.Command = main
        rest = list(words)
        while isinstance(command, click.Group):
            assert rest[0] in command.commands, words
            command = command.commands[rest.pop(0)]
        command.make_parser(click.Context(command)).parse_args(rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_check_of_the_doctor_is_in_the_troubleshooting() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)[1:] == [check.title for check in CHECKS]


def test_the_first_run_goes_as_it_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    def words_of(line: str) -> list[str]:
        assert line.startswith("dsp-conformance "), line
        return [sys.executable, "-m", "dsp_conformance", *shlex.split(line)[1:]]

    codes: dict[str, int] = {}
    stub: subprocess.Popen[str] | None = None
    try:
        for kind, lines in _blocks(GUIDE):
            for line in lines if kind in {"", "background"} else []:
                words = words_of(line.replace("8090", str(port)))
                if kind == "background":
                    stub = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
                    assert stub.stdout is not None
                    assert json.loads(stub.stdout.readline())["event"] == "ready"
                    continue
                if words[3] == "run":  # the whole of it is for other tests
                    words += ["--scenario", ONE]
                done = subprocess.run(
                    words,
                    check=False,
                    capture_output=True,
                    text=True,
                    stdin=subprocess.DEVNULL,
                    timeout=120,
                    cwd=tmp_path,
                    env=os.environ | {"COLUMNS": "200"},
                )
                codes[line] = done.returncode
                file = tmp_path / "target.toml"
                if "--preset stub" in line:  # the port of the guide may be taken on this machine
                    file.write_text(
                        file.read_text(encoding="utf-8").replace(":8090/", f":{port}/"), encoding="utf-8"
                    )
                assert "Traceback" not in done.stdout + done.stderr
                assert "18 ok" in done.stdout or "dsp-conformance doctor" not in line, done.stdout
    finally:
        if stub is not None:
            stub.terminate()
            stub.communicate(timeout=10)

    # A selection is never conformant: 3 is the best that it can end with.
    assert set(codes.values()) == {0, 3}
    assert all((code == 3) is (" run " in line) for line, code in codes.items()), codes
    assert (tmp_path / "reports" / "latest" / "results.json").is_file()
