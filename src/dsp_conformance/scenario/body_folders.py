"""Looking through a folder of request bodies before a run, so that a slip in a file is told at once."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import ServiceReferenceVariant, catalogue
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import ServiceRequest
from dsp_conformance.duis.schema import DuisSchema, SchemaViolation
from dsp_conformance.duis.terms import CommandVariant, DeviceType, Kind
from dsp_conformance.scenario.body_marks import Filling
from dsp_conformance.scenario.request_bodies import RequestBodyUnusable, filled, nearest, read_body

FIRST_VARIANT: Final = {
    Kind.CRITICAL: CommandVariant.PRE_COMMAND,
    Kind.NON_CRITICAL: CommandVariant.NON_CRITICAL_WAN,
    Kind.NON_DEVICE: CommandVariant.NON_DEVICE,
}
"""The Command Variant with which the body of a kind of request goes out (``domain.md``)."""

_USER, _DEVICE, _OTHER_DEVICE = (Eui64(bytes.fromhex(f"90B3D51F3000000{end}")) for end in range(3))
_SAMPLE: Final = Filling(_DEVICE, _OTHER_DEVICE, device_response=bytes(1))
_NUMBER: Final = re.compile(r"\d+(\.\d+)*")
_ELEMENTS: Final = re.compile(r"This element is not expected\. Expected is (?:one of )?(.*)\.$")
_VALUES: Final = re.compile(r"The value '(.*)' is not one of (.*)\.$")


def unusable_bodies(folder: Path, schema: DuisSchema) -> tuple[RequestBodyUnusable, ...]:
    """Tell what is wrong with the files of a folder of request bodies, in the order of their names.

    Args:
        folder: every file in it, save hidden ones, must be the body of some variant, and be named so.
        schema: judges the whole request; the bundled profile reads few bodies, the published schema all.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "none"
        return (RequestBodyUnusable(folder, "a folder of request bodies", found),)
    owners = _owners()
    paths = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    if not paths:
        expected = "a folder with request bodies, such as 4.1.1.xml or 6.13.GSME.xml"
        return (RequestBodyUnusable(folder, expected, "an empty one"),)
    return tuple(flaw for path in paths for flaw in _flaws(path, owners, schema))


def _owners() -> dict[str, ServiceReferenceVariant]:
    """Every name that a file may have, with the variant that it is the body of."""
    return {
        name: variant
        for variant in catalogue().values()
        for name in (
            f"{variant.variant}.xml",
            *(f"{variant.variant}.{each}.xml" for each in variant.device_types or DeviceType),
        )
    }


def _flaws(
    path: Path, owners: dict[str, ServiceReferenceVariant], schema: DuisSchema
) -> Iterator[RequestBodyUnusable]:
    variant = owners.get(path.name)
    if variant is None:
        expected = "a name such as 6.13.xml or 6.13.GSME.xml, for a request and a type that it is for"
        yield RequestBodyUnusable(path, expected, path.name, nearest=_nearest_name(path.name, owners))
        return
    try:
        body = filled(path, read_body(path, variant), _SAMPLE)
    except RequestBodyUnusable as flaw:
        yield flaw
        return
    request = ServiceRequest(
        RequestID(_USER, _DEVICE, 1),
        FIRST_VARIANT[variant.kind],
        variant.reference,
        variant.variant,
        body,
    )
    for violation in schema.violations(request.to_xml()):
        yield RequestBodyUnusable(
            path,
            f"a body that is valid under {schema.origin}",
            f"{violation.path}: {violation.message}",
            violation.line,
            _meant(violation),
        )


def _nearest_name(name: str, owners: dict[str, ServiceReferenceVariant]) -> str:
    number = _NUMBER.match(name)
    same_variant = [each for each, variant in owners.items() if number and number[0] == variant.variant]
    return nearest(name, same_variant) or nearest(name, owners)


def _meant(violation: SchemaViolation) -> str:
    """Guess which of the names or values that the schema allows was meant."""
    if (value := _VALUES.search(violation.message)) is not None:
        return nearest(value[1], re.findall(r"'([^']*)'", value[2]))
    if (names := _ELEMENTS.search(violation.message)) is not None:
        element = violation.path.rpartition("/")[2].partition("[")[0]
        return nearest(element, names[1].split(", "))
    return ""
