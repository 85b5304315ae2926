"""Octets to element tree and back: no DTD, entities or network, bounded size (``wire.md``, signature pitfalls)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

DEFAULT_LIMIT: Final = 16 * 1024 * 1024
"""Octets of the largest message accepted: an SR11.1 with a full image is 13.7 MB (``wire.md``, Schema)."""

MARKUP_LIMIT: Final = 100_000
"""Largest number of ``<`` in a message. The largest lawful messages are one long text; more attacks memory."""

_HUGE: Final = 9_000_000  # libxml2 refuses longer text nodes unless told otherwise
_DECLARATION: Final = re.compile(rb"""^<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ONE_OCTET: Final = re.compile(r"(utf-8|us-ascii|ascii|iso-8859-\d+|windows-125\d|cp125\d)", re.IGNORECASE)


class XmlFlaw(StrEnum):
    """What makes octets unusable as a message."""

    EMPTY = "empty"
    TOO_LARGE = "too large"
    TOO_MUCH_MARKUP = "too much markup"
    ENCODING = "wrongly encoded"
    DOCTYPE = "document type or entity declaration"
    NOT_WELL_FORMED = "not well-formed"


@dataclass(eq=False)
class MalformedXml(ValueError):  # noqa: N818 - reads as what it is wherever it is caught
    """Octets that are not an acceptable XML document.

    Attributes:
        flaw: the kind of defect.
        detail: what was expected and what came.
    """

    flaw: XmlFlaw
    detail: str

    def __str__(self) -> str:
        return f"the message is no acceptable XML document ({self.flaw}): {self.detail}"


def parse(octets: bytes, *, limit: int = DEFAULT_LIMIT) -> etree._Element:
    """Read one document.

    Args:
        octets: the document as it stood on the wire.
        limit: largest number of octets accepted.

    Returns:
        The root element.

    Raises:
        MalformedXml: for anything that is not a well-formed document without DTD inside the limits.
    """
    if not octets.strip():
        raise MalformedXml(XmlFlaw.EMPTY, "expected one XML document, found no content")
    if len(octets) > limit:
        raise MalformedXml(XmlFlaw.TOO_LARGE, f"expected at most {limit} octets, found {len(octets)}")
    searchable = _searchable(octets)
    if (found := searchable.count(b"<")) > MARKUP_LIMIT:
        raise MalformedXml(XmlFlaw.TOO_MUCH_MARKUP, f"expected at most {MARKUP_LIMIT} tags, found {found}")
    for declaration in (b"<!DOCTYPE", b"<!ENTITY"):
        if declaration in searchable:
            raise MalformedXml(XmlFlaw.DOCTYPE, f"expected none, found {declaration.decode()}")
    # A parser is not shared: lxml serialises threads on one.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=len(octets) > _HUGE
    )
    try:
        return etree.fromstring(octets, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedXml(XmlFlaw.NOT_WELL_FORMED, str(error)) from None


def serialise(root: etree._Element) -> bytes:
    """Return the document as compact UTF-8 octets with an XML declaration, never re-indented.

    Compact because some validators digest the document without its white space (``wire.md``, signature pitfalls).
    """
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def readable(octets: bytes) -> str:
    """Return a document indented for a person to read; text that is no XML comes back as it is.

    The result is for the eye only: its signature no longer verifies.
    """
    try:
        root = parse(octets)
    except MalformedXml:
        return octets.decode("utf-8", errors="replace")
    etree.indent(root, space="  ")
    return etree.tostring(root, encoding="unicode")


def _searchable(octets: bytes) -> bytes:
    """Return the octets in an encoding in which markup is ASCII, so that declarations cannot hide."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return octets.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise MalformedXml(XmlFlaw.ENCODING, f"expected UTF-16, {error.reason}") from None
    declared = _DECLARATION.match(octets.removeprefix(b"\xef\xbb\xbf"))
    name = declared.group(1).decode() if declared else "UTF-8"
    if _ONE_OCTET.fullmatch(name) is None:
        raise MalformedXml(XmlFlaw.ENCODING, f"expected UTF-8, found the declaration of {name}")
    if name.lower() == "utf-8":
        try:
            octets.decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedXml(
                XmlFlaw.ENCODING, f"expected UTF-8, {error.reason} at octet {error.start}"
            ) from None
    return octets
