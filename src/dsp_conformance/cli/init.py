"""`dsp-conformance init`: writes a target file to begin with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsp_conformance.cli.usage import Unusable

if TYPE_CHECKING:
    from dsp_conformance.target.answers import Draft, Question

__all__ = ["init"]

_PRESETS = ("stub", "dcc-boxed")


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("target.toml"))
@click.option("--preset", type=click.Choice(_PRESETS), help="Begin with what is known of a DSP.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="What the file is to say, such as testbed.driver=manual; may be repeated. Nothing is asked then.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def init(file: Path, preset: str | None, settings: tuple[str, ...], *, force: bool) -> None:
    """Write a target file to begin with, with every section and key explained.

    FILE is target.toml where it is left out. Without --preset and --set the program asks, in a terminal.
    Beside the file it writes the JSON Schema by which editors complete and check it.

    \b
    Exit codes:
      0  the file is written; what is still missing is told
      2  it is not: a file is there, or something given cannot stand in it
    """  # noqa: D301 - the backslash is click's sign for lines to be kept as they are
    from dsp_conformance.target.answers import Draft  # noqa: PLC0415 - see the package
    from dsp_conformance.target.errors import TargetError  # noqa: PLC0415
    from dsp_conformance.target.json_schema import SCHEMA_FILE, schema_text  # noqa: PLC0415
    from dsp_conformance.target.presets import PRESETS  # noqa: PLC0415
    from dsp_conformance.target.template import template  # noqa: PLC0415

    schema = file.parent / SCHEMA_FILE
    if not force:
        _see_that_nothing_is_lost(file, schema, schema_text())
    draft = Draft(file.parent.absolute())
    chosen = None if preset is None else PRESETS[preset]
    if chosen is not None:
        draft.take(chosen.answers)
    try:
        for setting in settings:
            draft.set(setting)
    except TargetError as unusable:
        raise Unusable(str(unusable.problems[0])) from None
    if chosen is None and not settings:
        _ask(draft)
    if problems := draft.problems():
        raise Unusable("nothing was written:\n" + "\n".join(f"  {each}" for each in problems))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(template(draft.answers, () if chosen is None else chosen.remarks), encoding="utf-8")
        schema.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        found = f"{error.filename or file} ({error.strerror or error})"
        raise Unusable(f"expected a place to write to, found {found}. Choose another.") from None
    click.echo(f"{file} is written, and {schema.name} for editors beside it.")
    _tell_what_is_missing(file, draft)


def _see_that_nothing_is_lost(file: Path, schema: Path, text: str) -> None:
    for path, content in ((file, None), (schema, text)):
        try:
            there = path.exists() or path.is_symlink()
            same = there and content is not None and path.read_text(encoding="utf-8") == content
        except (OSError, ValueError):
            there, same = True, False
        if there and not same:
            raise Unusable(f"{path} is there already: choose another name, or overwrite it with --force.")


def _ask(draft: Draft) -> None:
    if not sys.stdin.isatty():
        raise Unusable(
            "there is no terminal to ask in. Give --preset, or --set testbed.driver=DRIVER and what else the "
            "file is to say."
        )
    click.echo("Each answer can be changed in the file later. An empty one leaves a key out.\n")
    try:
        for question in draft.questions():
            _ask_for(draft, question)
    except click.Abort:
        raise Unusable("nothing was written: the answers ended before the last question.") from None


def _ask_for(draft: Draft, question: Question) -> None:
    from dsp_conformance.target.explained import EXPLAINED  # noqa: PLC0415 - see the package
    from dsp_conformance.target.json_schema import properties_of  # noqa: PLC0415
    from dsp_conformance.target.template import form_of  # noqa: PLC0415

    form = form_of(question.section, draft.answers)
    said: dict[str, Any] = properties_of(form)[question.key]
    click.echo(f"{EXPLAINED[form][question.key].meaning}\n  Expected: {said['description']}.")
    if said.get("type") == "array":
        click.echo("  Several are separated by commas.")
    while True:
        text = click.prompt(f"[{question.section}] {question.key}", default="", show_default=False).strip()
        if not text:
            if not question.required:
                break
            click.echo("  It has to be given.")
            continue
        draft.put(question.section, question.key, text)
        problem = draft.problem_with(question)
        if problem is None:
            break
        click.echo(f"  {problem}")
        draft.drop(question)
    click.echo()


def _tell_what_is_missing(file: Path, draft: Draft) -> None:
    from dsp_conformance.ledger.switches import QUESTIONS, line_for  # noqa: PLC0415 - see the package
    from dsp_conformance.target import TargetError, load_target  # noqa: PLC0415 - see the package

    try:
        load_target(file)
    except TargetError as missing:
        click.echo("Before it can be used:")
        for each in missing.problems:
            click.echo(f"  {each}")
    if undeclared := draft.undeclared():
        click.echo(
            "The profile is incomplete. Before a run can end conformant, the testbed or [profile] says:"
        )
        for switch in undeclared:
            click.echo(f"  {line_for(switch)}: {QUESTIONS[switch]}")
    click.echo(f"Then see with 'dsp-conformance doctor --target {file}' whether all is well.")
