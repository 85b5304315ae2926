"""Writes a commented target file: every key explained, with a value or, commented out, an example."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any, Final

from dsp_conformance.target.explained import EXPLAINED
from dsp_conformance.target.form import SECTIONS
from dsp_conformance.target.json_schema import SCHEMA_FILE, properties_of
from dsp_conformance.target.testbed_form import DRIVERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import BaseModel

    Answers = Mapping[str, Mapping[str, Any]]

__all__ = ["about", "form_of", "template", "toml_value"]

_WIDTH: Final = 98
_ORDER: Final = ("testbed", "dsp", "users", "receiver", "profile")
"""What is read first; the other sections follow in their own order."""

_DEFAULT_DRIVER: Final = "control-api"
_HEAD: Final = (
    "What 'dsp-conformance' is to test, as whom and through which testbed.",
    "Paths start at this file's folder. Secrets stand in environment variables that are named here.",
    "A line with a key behind '#' is an example, or what holds where the key is left out.",
)


def form_of(section: str, answers: Answers) -> type[BaseModel]:
    """The form of a section; that of `testbed` by the driver that was chosen."""
    if section != "testbed":
        return SECTIONS[section]
    driver = str(answers.get("testbed", {}).get("driver", _DEFAULT_DRIVER))
    return DRIVERS.get(driver, DRIVERS[_DEFAULT_DRIVER])


def template(answers: Answers, remarks: Sequence[str] = ()) -> str:
    """A whole target file.

    Args:
        answers: what is to stand there, by section and key; `users` is the first Service User, `receiver.tls`
            a section in a section.
        remarks: what else is said at its beginning.
    """
    lines = [f"#:schema ./{SCHEMA_FILE}"]
    for remark in (*_HEAD, *remarks):
        lines += _comment(remark)
    rest = (one for one in SECTIONS if one.partition(".")[0] not in _ORDER)
    for name in (*_ORDER, *rest):
        lines += _section(name, answers)
        inside = (f"{name}.{key}" for key in form_of(name, answers).model_fields)
        for inner in filter(SECTIONS.__contains__, inside):
            lines += _section(inner, answers)
    return "\n".join(lines) + "\n"


def about(name: str, form: type[BaseModel]) -> str:
    """What a section is for, in a sentence; of one in another section, what it is for there."""
    outer, _, inner = name.partition(".")
    if inner:
        return EXPLAINED[form_of(outer, {})][inner].meaning
    text = (form.__doc__ or "").split(": ", 1)[-1].strip()
    return text[:1].upper() + text[1:]


def _section(name: str, answers: Answers) -> Iterator[str]:
    form, given = form_of(name, answers), answers.get(name, {})
    yield ""
    yield ""
    yield from _comment(about(name, form))
    header = "[[users]]" if name == "users" else f"[{name}]"
    # A section that has to say something, and does not, is an example as a whole.
    yield header if given or not _demands(form) else f"# {header}"
    said = properties_of(form)
    for key, explained in EXPLAINED[form].items():
        if f"{name}.{key}" in SECTIONS:
            continue
        yield ""
        yield from _comment(f"{explained.meaning} Expected: {said[key]['description']}.")
        if key in given:
            yield f"{key} = {toml_value(given[key])}"
        else:
            yield f"# {key} = {toml_value(said[key].get('default', explained.example))}"


def _demands(form: type[BaseModel]) -> bool:
    return any(field.is_required() for field in form.model_fields.values()) or form is SECTIONS["tls"]


def _comment(text: str) -> list[str]:
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [f"# {line}" for line in lines]


def toml_value(value: object) -> str:
    """A value as TOML writes it: texts, numbers, truth values and lists of these."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    # JSON escapes what TOML does, but for one character that TOML alone forbids.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
