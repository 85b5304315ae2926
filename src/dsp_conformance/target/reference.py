"""The reference of the target file, in Markdown: made of the form and of what explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dsp_conformance.target.explained import EXPLAINED, forms
from dsp_conformance.target.json_schema import properties_of
from dsp_conformance.target.template import about, toml_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

__all__ = ["reference"]

_HEAD: Final = """\
# Target file reference

A target file says which DSP is tested, as whom, through which testbed and by which profile. It is TOML;
nothing may stand in it but what is listed here. `dsp-conformance init` writes one, with every key explained;
`dsp-conformance schema target` prints its JSON Schema, for editors.

- All paths start at the target file's folder.
- Secrets never stand in the file: a key that ends in `_env` names the environment variable that holds one.
- Only `[testbed]` has to be there. What the testbed tells of the DSP by itself may be left out of `[dsp]`.
- What is wrong is told all at once, by section and key, with what was expected, what was found, and the
  nearest spelling there is.

This page is made from the program's own form: change that, and run `make docs`.
"""


def reference() -> str:
    """The whole page."""
    lines = [_HEAD.rstrip()]
    for name, form in forms().items():
        lines += _section(name, form)
    return "\n".join(lines) + "\n"


def _section(name: str, form: type[BaseModel]) -> Iterator[str]:
    section, _, driver = name.partition(" ")
    header = "[[users]]" if section == "users" else f"[{section}]"
    title = f"`{header}`" + (f' with `driver = "{driver.strip("()")}"`' if driver else "")
    yield from ("", f"## {title}", "", about(section, form), "")
    yield from ("| key | what it is for | expected | default |", "|---|---|---|---|")
    said = properties_of(form)
    for key, explained in EXPLAINED[form].items():
        if f"{section}.{key}" in forms():
            continue
        required = form.model_fields[key].is_required()
        default = "has to be given" if required else _default(said[key])
        yield f"| `{key}` | {explained.meaning} | {_cell(said[key]['description'])} | {default} |"


def _default(said: dict[str, Any]) -> str:
    return f"`{toml_value(said['default'])}`" if "default" in said else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
