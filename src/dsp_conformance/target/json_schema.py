"""The JSON Schema of a target file, for editors: made of the form, so that both say the same.

It holds a file to what the form says of sections, keys and values. What only loading can show (files that are
missing, keys that do not fit, users given twice) it cannot tell.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from dsp_conformance.target.explained import EXPLAINED
from dsp_conformance.target.fields import BindAddress
from dsp_conformance.target.form import TargetForm

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import core_schema

__all__ = ["SCHEMA_FILE", "properties_of", "schema_text", "target_schema"]

SCHEMA_FILE: Final = "dsp-conformance-target.schema.json"
"""What the schema is called beside a target file."""


class _Generator(GenerateJsonSchema):
    """Leaves out null, which TOML does not know, and writes defaults as the file has them."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, BindAddress):
            return f"{dft.host}:{dft.port}"
        return super().encode_default(dft)


@cache
def _generated() -> str:
    tree = TargetForm.model_json_schema(by_alias=True, schema_generator=_Generator)
    tree["$schema"] = _Generator.schema_dialect
    tree["title"] = "Target file of dsp-conformance"
    tree["description"] = "Which DSP is tested, as whom, through which testbed and by which profile."
    definitions = tree["$defs"]
    for form, keys in EXPLAINED.items():
        for key, explained in keys.items():
            field = definitions[form.__name__]["properties"][key]
            field["title"] = explained.meaning
            if explained.example is not None:
                field["examples"] = [explained.example]
    for section in tree["properties"].values():
        section.pop("title", None)
    for definition in definitions.values():
        definition.pop("title", None)
    return json.dumps(tree, ensure_ascii=False, indent=1)


def target_schema() -> dict[str, Any]:
    """The schema as plain JSON values."""
    tree: dict[str, Any] = json.loads(_generated())
    return tree


def schema_text() -> str:
    """The schema as it is published."""
    return f"{_generated()}\n"


def properties_of(form: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """What the schema says of each key of a section, references to enumerations followed."""
    definitions = target_schema()["$defs"]
    found: dict[str, dict[str, Any]] = {}
    for key, said in definitions[form.__name__]["properties"].items():
        name = said.get("$ref", "").rpartition("/")[2]
        found[key] = {**definitions.get(name, {}), **said}
    return found
