"""From the file to a `Target`, collecting everything that is wrong so that it can be mended in one go."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from dsp_conformance.base.redaction import Redactor
from dsp_conformance.target.errors import TargetError, TargetProblem
from dsp_conformance.target.form import SECTIONS, TargetForm
from dsp_conformance.target.loading import Loader
from dsp_conformance.target.testbed_form import DRIVERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

    from dsp_conformance.target.values import Target

__all__ = ["form_problems", "load_target"]

_LIMIT = 1 << 20
_SHOWN = 60
_NOT_SHOWN = "something else (not shown: it may be the secret itself)"
_FILE = "a target file: UTF-8 text in TOML"
_REMOVE = "Remove it, or spell it as docs/target-file.md does."
_quoted = re.compile(r"'([^']+)'").findall


def load_target(path: Path | str) -> Target:
    """Read, check and load a target file and the files that it names.

    Args:
        path: the file. Paths in it are relative to its folder.

    Raises:
        TargetError: with every problem there is; a file that is no TOML has one.
    """
    path = Path(path)
    tree = _tree(path)
    if problems := form_problems(tree):
        raise TargetError(path, problems)
    return Loader(path).load(TargetForm.model_validate(tree))


def form_problems(tree: Mapping[str, object]) -> tuple[TargetProblem, ...]:
    """What is wrong with the content of a target file, whatever it names; nothing where nothing is."""
    try:
        TargetForm.model_validate(tree)
    except ValidationError as error:
        return tuple(_problem(each) for each in error.errors())
    return ()


def _tree(path: Path) -> dict[str, object]:
    def unusable(expected: str, found: str, hint: str) -> TargetError:
        return TargetError(path, (TargetProblem("", "", expected, found, hint=hint),))

    try:
        if not path.is_file():
            found = "something else" if path.exists() else "nothing at this path"
            raise unusable("a file", found, "Check the path given as --target.")
        with path.open("rb") as stream:
            octets = stream.read(_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise unusable("a readable file", getattr(error, "strerror", "") or str(error), "") from None
    if len(octets) > _LIMIT:
        raise unusable(_FILE, f"more than {_LIMIT} octets", "Check that this is the file you mean.")
    try:
        return tomllib.loads(octets.decode("utf-8-sig"))  # editors may begin with a BOM
    except UnicodeDecodeError as error:
        raise unusable(_FILE, f"other octets at offset {error.start}", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        hint = "Texts stand in quotes, sections in [brackets], each user under [[users]]."
        raise unusable(_FILE, str(error), hint) from None


def _problem(error: ErrorDetails) -> TargetProblem:
    """Say what pydantic found in the words of the file."""
    steps, kind, value = error["loc"], error["type"], error["input"]
    name = str(steps[0])
    if name not in SECTIONS:
        nearest = _nearest(name, SECTIONS)
        expected = f"one of the sections {', '.join(SECTIONS)}"
        return TargetProblem(name, "", expected, "another", nearest, _REMOVE)
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _unknown_driver(value)
    section, inner, form = name, steps[1:], SECTIONS[name]
    if name == "users" and inner:
        section, inner = f"users[{int(inner[0]) + 1}]", inner[1:]
    elif name == "testbed" and inner:
        form, inner = DRIVERS[str(inner[0])], inner[1:]
    if inner and f"{name}.{inner[0]}" in SECTIONS:
        section, inner = f"{name}.{inner[0]}", inner[1:]
        form = SECTIONS[section]
    if not inner:
        bracketed = "sections [[users]]" if section == "users" else f"a section [{section}]"
        found = "nothing" if kind == "missing" else _shown(value)
        return TargetProblem(section, "", bracketed, found)
    key = str(inner[0])
    fields = form.model_fields
    if kind == "extra_forbidden":
        nearest = _nearest(key, fields)
        expected = f"one of the keys {', '.join(fields)}"
        hint = _of_another_driver(key) if name == "testbed" else ""
        return TargetProblem(section, key, expected, "another", nearest if not hint else "", hint or _REMOVE)
    item = f"{key}[{int(inner[1]) + 1}]" if len(inner) > 1 else key
    expected = fields[key].description or "another value"
    if kind == "missing":
        return TargetProblem(section, key, expected, "nothing")
    choices = _quoted(str(error.get("ctx", {}).get("expected", "")))
    found = _NOT_SHOWN if key.endswith("_env") else _shown(value)
    return TargetProblem(section, item, expected, found, _nearest(value, choices))


def _unknown_driver(value: object) -> TargetProblem:
    driver = value.get("driver") if isinstance(value, dict) else None
    found = "nothing" if driver is None else _shown(driver)
    named = [repr(each) for each in DRIVERS]
    expected = f"one of the drivers {', '.join(named[:-1])} and {named[-1]}"
    return TargetProblem("testbed", "driver", expected, found, _nearest(driver, DRIVERS))


def _of_another_driver(key: str) -> str:
    """Say whose key it is, if another driver has it."""
    owners = [repr(driver) for driver, form in DRIVERS.items() if key in form.model_fields]
    return (
        f"It is a key of the driver {' and '.join(owners)}: remove it, or change 'driver'." if owners else ""
    )


def _nearest(value: object, choices: Iterable[str]) -> str:
    wanted = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(str(value).casefold(), wanted, n=1, cutoff=0.6)
    return wanted[near[0]] if near and isinstance(value, str) else ""


def _shown(value: object) -> str:
    text = Redactor().text(repr(value)) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
