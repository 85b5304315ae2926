"""Octets to element tree and back: no DTD, entities or network, bounded size (``wire.md``, pitfalls)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

DEFAULT_LIMIT: Final = 16 * 1024 * 1024
"""Octets of the largest message accepted: an SR11.1 with a full image is 13.7 MB (``wire.md``, Schema)."""

MARKUP_LIMIT: Final = 100_000
"""Largest number of ``<`` in a message: the largest lawful ones are one long text, not many elements."""

WIDTH_LIMIT: Final = 64
"""Largest number of attributes of an element, and of namespace declarations in force at one.

Lawful messages have a handful; canonicalisation takes the square of either for every element.
"""

_HUGE: Final = 9_000_000  # libxml2 refuses longer text nodes unless told otherwise
_DECLARATION: Final = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ASCII_BASED: Final = re.compile(r"utf-8|(us-)?ascii|iso-8859-\d+|(windows-|cp)125\d", re.IGNORECASE)
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


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
        MalformedXml: for anything that is not a well-formed document without DTD inside the limits. The words
            ``<!DOCTYPE`` and ``<!ENTITY`` are refused wherever they stand, be it in a comment.
    """
    if not octets.strip():
        raise MalformedXml(XmlFlaw.EMPTY, "expected one XML document, found no content")
    if len(octets) > limit:
        raise MalformedXml(XmlFlaw.TOO_LARGE, f"expected at most {limit} octets, found {len(octets)}")
    document = _as_utf_8(octets)
    if (found := document.count(b"<")) > MARKUP_LIMIT:
        raise MalformedXml(XmlFlaw.TOO_MUCH_MARKUP, f"expected at most {MARKUP_LIMIT} tags, found {found}")
    for declaration in (b"<!DOCTYPE", b"<!ENTITY"):
        if declaration in document:
            raise MalformedXml(XmlFlaw.DOCTYPE, f"expected none, found {declaration.decode()}")
    # A parser is not shared: lxml serialises threads on one. It is told the encoding, lest it find another
    # than the one searched above.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=len(octets) > _HUGE,
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise MalformedXml(XmlFlaw.NOT_WELL_FORMED, " ".join(error.msg.split())) from None
    if document.count(b"=") > WIDTH_LIMIT:
        _check_width(root)
    return root


def serialise(root: etree._Element) -> bytes:
    """Return the document as compact UTF-8 octets with an XML declaration, never re-indented.

    Compact because some validators digest the document without its white space (``wire.md``, pitfalls). What
    stands around the root element, such as a processing instruction, belongs to the document and is kept.
    """
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")


def readable(octets: bytes) -> str:
    """Return a document indented for a person to read; text that is no XML comes back as it is.

    The result is for the eye only: its signature no longer verifies.
    """
    try:
        root = parse(octets)
    except MalformedXml:
        return octets.decode("utf-8", errors="replace")
    etree.indent(root, space="  ")
    return etree.tostring(root.getroottree(), encoding="unicode")


def _as_utf_8(octets: bytes) -> bytes:
    """Return the document in the one encoding that is searched and parsed, so that nothing hides."""
    name = _encoding(octets)
    try:
        text = octets.decode(name)
    except LookupError:
        raise MalformedXml(XmlFlaw.ENCODING, f"expected UTF-8, found the declaration of {name}") from None
    except UnicodeDecodeError as error:
        detail = f"expected {name}, found {error.reason} at octet {error.start}"
        raise MalformedXml(XmlFlaw.ENCODING, detail) from None
    if "\0" in text:
        raise MalformedXml(XmlFlaw.ENCODING, f"expected {name}, found the character of value 0")
    return octets if name == "utf-8" else text.encode()


def _encoding(octets: bytes) -> str:
    if octets.startswith(_UTF_16_MARKS):
        return "utf-16"
    declaration = _DECLARATION.match(octets)  # behind the mark of UTF-8 none is looked for: the mark decides
    name = declaration.group(1).decode().lower() if declaration else "utf-8"
    if _ASCII_BASED.fullmatch(name) is None:
        raise MalformedXml(XmlFlaw.ENCODING, f"expected UTF-8, found the declaration of {name}")
    return name


def _check_width(root: etree._Element) -> None:
    declarations = 0
    for event, item in etree.iterwalk(root, events=("start", "start-ns", "end-ns")):
        if item is not None and not isinstance(item, tuple):
            _expect_at_most(len(item.attrib), "attributes of one element")
        else:
            declarations += 1 if event == "start-ns" else -1
            _expect_at_most(declarations, "namespace declarations in force at one element")


def _expect_at_most(found: int, what: str) -> None:
    if found > WIDTH_LIMIT:
        raise MalformedXml(XmlFlaw.TOO_MUCH_MARKUP, f"expected at most {WIDTH_LIMIT} {what}, found {found}")
