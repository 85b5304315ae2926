"""What a run says of itself before anything is reached."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsp_conformance.base.suite_files import own_suite
from dsp_conformance.running.session import identity_of
from dsp_conformance.target import Target, load_target

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ROOT = own_suite().root


def test_the_command_that_repeats_a_run_can_be_typed_where_the_run_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my lab").mkdir()
    file = tmp_path / "my lab" / "target.toml"
    file.write_text('[testbed]\ndriver = "control-api"\nurl = "http://127.0.0.1:1"\n', encoding="utf-8")
    target = load_target(file)

    monkeypatch.chdir(tmp_path)
    assert identity_of(target, None, root=ROOT).command == "dsp-conformance run --target 'my lab/target.toml'"
    monkeypatch.chdir(file.parent)
    assert identity_of(target, None, root=ROOT).command == "dsp-conformance run --target target.toml"


def test_a_command_tells_nothing_of_folders_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "target.toml"
    file.write_text('[testbed]\ndriver = "control-api"\nurl = "http://127.0.0.1:1"\n', encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    told = identity_of(load_target(file), None, root=ROOT).command
    assert told == "dsp-conformance run --target target.toml"


def test_the_command_that_repeats_a_run_says_what_the_command_line_said_besides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    identity = identity_of(
        Target.bundled_stub(before_mp105=True),
        None,
        root=ROOT,
        rejection_code="E5",
        request_bodies=tmp_path / "our bodies",
    )

    assert identity.command == (
        "dsp-conformance run --before-mp105 --rejection-code E5 --request-bodies 'our bodies'"
    )


def test_bodies_that_go_before_the_suites_own_are_named(tmp_path: Path) -> None:
    for name in ("6.13.GSME.xml", "4.1.1.xml", ".gitignore"):
        (tmp_path / name).touch()
    target = Target.bundled_stub()

    own = identity_of(target, None, root=ROOT).details
    theirs = identity_of(replace(target, request_bodies=tmp_path), None, root=ROOT).details

    assert theirs == {**own, "request bodies": "not the suite's own: 4.1.1.xml, 6.13.GSME.xml"}
