"""Request bodies of the suite: one small file a Service Reference Variant, in ``service_requests``.

``6.13.xml`` is the body of SR6.13, ``6.13.GSME.xml`` the one for gas meters where these need another. What
only the run knows stands as a mark in braces (see `body_marks`).
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import ServiceReferenceVariant
from dsp_conformance.duis.namespaces import SR, sr
from dsp_conformance.duis.terms import DeviceType
from dsp_conformance.scenario.body_marks import BodyCertificates, Filling, MarkUnusable

_LINE: Final = re.compile(r"\bline (\d+), column")
_DECLARATIONS: Final = re.compile(rb"<!(DOCTYPE|ENTITY)")


@dataclass(eq=False)
class RequestBodyUnusable(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """A request body is missing, or cannot be the body of its variant.

    Attributes:
        path: the file.
        expected: what it should hold.
        found: what came.
        line: line of the file, counted from 1; 0 where the file as a whole is at fault.
        nearest: what may have been meant; empty where nothing comes close.
    """

    path: Path
    expected: str
    found: str
    line: int = 0
    nearest: str = ""

    def __str__(self) -> str:
        place = f"{self.path}, line {self.line}" if self.line else str(self.path)
        hint = f"; did you mean {self.nearest}?" if self.nearest else ""
        return f"request body {place}: expected {self.expected}, found {self.found}{hint}"


def request_body(
    variant: ServiceReferenceVariant,
    device_type: DeviceType,
    folders: Sequence[Path],
    *,
    device_id: Eui64 | None = None,
    other_device_id: Eui64 | None = None,
    certificates: BodyCertificates | None = None,
    device_response: bytes | None = None,
    now: datetime | None = None,
) -> etree._Element:
    """Return the body element of a request as it is sent: marks filled, without white space for readers.

    Args:
        variant: the request.
        device_type: whom it is for, or about.
        folders: where to look, in this order; whatever is in an earlier one goes before all later ones. In
            one folder ``6.13.GSME.xml`` goes before ``6.13.xml``.
        device_id: the Device that the request is about.
        other_device_id: a second Device, which some requests name.
        certificates: for requests that carry some; made up where left out.
        device_response: the Device's message that SR8.13 brings.
        now: the moment of the request, with its zone; the clock's where left out.

    Raises:
        RequestBodyUnusable: there is no such file, it holds something else, or has a mark for which nothing
            was given.
    """
    path = _found(variant, device_type, folders)
    filling = Filling(device_id, other_device_id, certificates, device_response, now or datetime.now(UTC))
    return filled(path, read_body(path, variant), filling)


def read_body(path: Path, variant: ServiceReferenceVariant) -> etree._Element:
    """Read one file: the body element without comments and white space between elements, marks unfilled.

    Raises:
        RequestBodyUnusable: it is no XML file with the element of the variant, all in DUIS's namespace.
    """
    expected = f"an XML file with the element {variant.body_element}"
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise RequestBodyUnusable(path, expected, error.strerror or str(error)) from None
    try:
        root = xml.parse(octets)
    except xml.MalformedXml as error:
        raise RequestBodyUnusable(path, expected, str(error), _line_of(error, octets)) from None
    if (name := etree.QName(root).text) != sr(variant.body_element):
        raise RequestBodyUnusable(path, expected, f"the element {name}", root.sourceline or 0)
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    for element in root.iter():
        if (found := etree.QName(element)).namespace != SR:
            raise RequestBodyUnusable(
                path,
                f"elements of the namespace {SR} only",
                f"{found.localname} of {found.namespace or 'no namespace'}",
                element.sourceline or 0,
            )
        _drop_white_space(path, element)
    return root


def filled(path: Path, root: etree._Element, filling: Filling) -> etree._Element:
    """Put in the place of every mark what it stands for, and return the root.

    Raises:
        RequestBodyUnusable: a mark is unknown, or stands for something that was not given.
    """
    for element in root.iter():
        if element.text is not None:
            try:
                element.text = filling.fill(element.text)
            except MarkUnusable as error:
                raise _at(path, element, error) from None
    return root


def nearest(word: str, valid: Iterable[str]) -> str:
    """Return the valid word that comes closest, whatever its case; empty where none comes close."""
    by_upper_case = {each.upper(): each for each in valid}
    close = difflib.get_close_matches(word.upper(), by_upper_case, n=1)
    return by_upper_case[close[0]] if close else ""


def _found(variant: ServiceReferenceVariant, device_type: DeviceType, folders: Sequence[Path]) -> Path:
    names = (f"{variant.variant}.{device_type}.xml", f"{variant.variant}.xml")
    for folder in folders:
        for name in names:
            if (path := folder / name).exists():
                return path
    there = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
    searched = " or ".join(map(str, folders))
    expected = f"a file of this name, or {names[0]}, in {searched}"
    raise RequestBodyUnusable(Path(names[1]), expected, "none", nearest=nearest(names[1], there))


def _drop_white_space(path: Path, element: etree._Element) -> None:
    if len(element):
        _expect_blank(path, element, element.text)
        element.text = None
    for child in element:
        _expect_blank(path, child, child.tail)
        child.tail = None


def _expect_blank(path: Path, element: etree._Element, text: str | None) -> None:
    if text is not None and text.strip():
        expected = "no text between elements"
        raise RequestBodyUnusable(path, expected, repr(text.strip()), element.sourceline or 0)


def _at(path: Path, element: etree._Element, error: MarkUnusable) -> RequestBodyUnusable:
    return RequestBodyUnusable(path, error.expected, error.found, element.sourceline or 0, error.nearest)


def _line_of(error: xml.MalformedXml, octets: bytes) -> int:
    if (told := _LINE.search(error.detail)) is not None:
        return int(told[1])
    declaration = _DECLARATIONS.search(octets)
    return 1 + octets.count(b"\n", 0, declaration.start()) if declaration else 0
