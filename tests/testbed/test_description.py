"""Version 1.1 of the Testbed Control API is 1.0 and more: whoever offers or uses 1.0 need change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dsp_conformance.testbed.protocol import EXTENSIONS, Capability, Fault

if TYPE_CHECKING:
    from pathlib import Path

_WORDS = {"summary", "description", "version", "examples"}


@pytest.fixture(scope="module")
def before(shared_data: Path) -> dict[str, Any]:
    """Version 1.0, as it was published."""
    file = shared_data.parent / "design" / "testbed-control.openapi.yaml"
    document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert document["info"]["version"] == "1.0"
    return document


def lost(old: Any, new: Any, place: str = "") -> list[str]:
    """The places where the new description no longer says what the old one says, words aside."""
    if isinstance(old, dict):
        if not isinstance(new, dict):
            return [place]
        return [
            one
            for key in old.keys() - _WORDS
            for one in (lost(old[key], new[key], f"{place}/{key}") if key in new else [f"{place}/{key}"])
        ]
    if place.endswith("/enum"):  # a reader of 1.0 is sent no fault of 1.1 that it did not offer
        return [] if set(old) <= set(new) else [place]
    return [] if old == new else [place]


def test_everything_of_the_first_version_still_holds(
    before: dict[str, Any], control_api_document: dict[str, Any]
) -> None:
    assert control_api_document["info"]["version"] == "1.1"
    assert lost(before, control_api_document) == []


def test_a_loss_is_found(before: dict[str, Any], control_api_document: dict[str, Any]) -> None:
    fault = {"properties": {"fault": {"enum": ["response-lost"]}}}
    required = {"required": ["capabilities", "dsp", "extensions"]}
    worse = {
        "paths": {},
        "components": {"schemas": {"Fault": fault, "Capabilities": required}},
    }

    found = lost(before, control_api_document | worse)

    assert "/paths/{place}".format(place="/devices") in found
    assert "/components/schemas/Fault/properties/fault/enum" in found
    assert "/components/schemas/Capabilities/required" in found


def test_only_what_may_be_lacking_is_new(
    before: dict[str, Any], control_api_document: dict[str, Any]
) -> None:
    schemas = control_api_document["components"]["schemas"]
    told = schemas["Capabilities"]["properties"]

    assert set(told["capabilities"]["items"]["enum"]) == set(Capability) - EXTENSIONS
    assert set(told["extensions"]["items"]["examples"]) == EXTENSIONS | {"profile"}
    assert "extensions" not in schemas["Capabilities"]["required"]
    assert set(schemas["Fault"]["properties"]["fault"]["enum"]) == set(Fault)
    for path in control_api_document["paths"].keys() - before["paths"].keys():
        (operation,) = (
            item for name, item in control_api_document["paths"][path].items() if name != "parameters"
        )
        assert any(f"(extension `{each}`)" in operation["summary"] for each in EXTENSIONS), path
