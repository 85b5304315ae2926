"""Reading typed values out of an element tree, with one error for what is not there or not of its type."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final, TypeVar

from lxml import etree

from dsp_conformance.duis.namespaces import SR, sr

T = TypeVar("T")

_SPACE: Final = " \t\r\n"  # XML's white space; Python's own idea of it is wider
_SHOWN: Final = 80
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_HEXADECIMAL: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_MOMENT: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})T(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?P<part>\.[0-9]+)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)


@dataclass(eq=False)
class UnexpectedShape(ValueError):  # noqa: N818 - reads as what it is wherever it is caught
    """A document that is XML, but not the DUIS message it should be.

    Attributes:
        where: the element concerned, as a path such as ``Response/Header/ResponseCode``.
        expected: what the schema asks for there.
        found: what came.
    """

    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}"


class UnknownValue(UnexpectedShape):
    """A value of a list of values that has grown before, and that does not hold it as it is known here."""


def path_of(element: etree._Element) -> str:
    """Return an element's place from the root down, in local names."""
    names = [local_name(step) for step in element.iterancestors()][::-1]
    return "/".join([*names, local_name(element)])


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def child_elements(parent: etree._Element) -> list[etree._Element]:
    """Return the child elements without comments and processing instructions."""
    return [child for child in parent if isinstance(child.tag, str)]


def child(parent: etree._Element, name: str) -> etree._Element:
    """Return the DUIS child element of that name.

    Raises:
        UnexpectedShape: there is none, or more than one.
    """
    found = optional_child(parent, name)
    if found is None:
        raise UnexpectedShape(f"{path_of(parent)}/{name}", "this element", _names(parent))
    return found


def optional_child(parent: etree._Element, name: str) -> etree._Element | None:
    """Return the DUIS child element of that name, or None where there is none.

    Raises:
        UnexpectedShape: there is more than one.
    """
    found = parent.findall(sr(name))
    if len(found) > 1:
        raise UnexpectedShape(f"{path_of(parent)}/{name}", "this element once", f"{len(found)} of it")
    return found[0] if found else None


def only_child(parent: etree._Element, expected: str) -> etree._Element:
    """Return the one child element, whatever its name.

    Args:
        parent: an element that holds one of several others.
        expected: what they have in common, for the error.

    Raises:
        UnexpectedShape: there is none, more than one, or one that is not of DUIS.
    """
    elements = child_elements(parent)
    if len(elements) != 1:
        raise UnexpectedShape(path_of(parent), expected, _names(parent))
    if etree.QName(elements[0]).namespace != SR:
        raise UnexpectedShape(path_of(parent), expected, str(elements[0].tag))
    return elements[0]


def text_of(element: etree._Element) -> str:
    """Return an element's whole text, white space and all; comments in it do not end it.

    Raises:
        UnexpectedShape: there are elements in it.
    """
    if len(element) == 0:
        return element.text or ""
    if child_elements(element):
        raise UnexpectedShape(path_of(element), "text alone", _names(element))
    return (element.text or "") + "".join(inside.tail or "" for inside in element)


def text(parent: etree._Element, name: str) -> str:
    """Return the text of the child of that name as it is: white space counts in the schema's ``xs:string``.

    Raises:
        UnexpectedShape: there is no such child, or it holds more than text.
    """
    return text_of(child(parent, name))


def optional_text(parent: etree._Element, name: str) -> str | None:
    """Return the text of the child of that name as it is, or None where there is no such child."""
    found = optional_child(parent, name)
    return None if found is None else text_of(found)


def value(parent: etree._Element, name: str, read: Callable[[str], T], expected: str) -> T:
    """Return the text of the child of that name as the type that `read` makes of it.

    Raises:
        UnexpectedShape: there is no such child, or its text is not of the type.
    """
    return value_of(child(parent, name), read, expected)


def optional_value(parent: etree._Element, name: str, read: Callable[[str], T], expected: str) -> T | None:
    """Return the child's typed text, or None where there is no such child.

    Raises:
        UnexpectedShape: the text is not of the type.
    """
    found = optional_child(parent, name)
    return None if found is None else value_of(found, read, expected)


def value_of(element: etree._Element, read: Callable[[str], T], expected: str) -> T:
    """Return an element's text, without the white space around it, as the type that `read` makes of it.

    Raises:
        UnexpectedShape: the text is not of the type; an UnknownValue where the type is a list of values.
    """
    content = text_of(element).strip(_SPACE)
    try:
        return read(content)
    except ValueError:
        shown = repr(content[:_SHOWN]) + ("..." if len(content) > _SHOWN else "")
        listed = isinstance(read, type) and issubclass(read, Enum)
        raise (UnknownValue if listed else UnexpectedShape)(path_of(element), expected, shown) from None


def integer(content: str) -> int:
    """Return the number that the schema's decimal digits stand for; a sign and leading zeros are lawful.

    Raises:
        ValueError: the text is no whole number.
    """
    if _INTEGER.fullmatch(content) is None:
        raise ValueError(content)
    return int(content)


def hexadecimal(content: str) -> str:
    """Return ``xs:hexBinary`` text in upper case.

    Raises:
        ValueError: the text is no pairs of hexadecimal digits.
    """
    if _HEXADECIMAL.fullmatch(content) is None:
        raise ValueError(content)
    return content.upper()


def octets_from_base64(content: str) -> bytes:
    """Return the octets that base64 text stands for, white space in it ignored.

    Raises:
        ValueError: the text is no base64.
    """
    return base64.b64decode("".join(content.split()), validate=True)


def moment(content: str) -> datetime:
    """Return the moment that ``xs:dateTime`` text stands for, to the microsecond; without a zone, in UTC.

    Raises:
        ValueError: the text has another form, or a year that is not one of 1 to 9999.
    """
    match = _MOMENT.fullmatch(content)
    if match is None:
        raise ValueError(content)
    # 24:00:00 is lawful and means the day's end.
    midnight = match["time"] == "24:00:00" and not (match["part"] or "").strip(".0")
    time = "00:00:00" if midnight else match["time"] + (match["part"] or "")
    found = datetime.fromisoformat(f"{match['date']}T{time}{match['zone'] or ''}")
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        return found + timedelta(days=1) if midnight else found
    except OverflowError:
        raise ValueError(content) from None


def moment_text(when: datetime, timespec: str = "auto") -> str:
    """Return a moment as ``xs:dateTime`` text in UTC.

    Args:
        when: the moment, with its zone.
        timespec: how much of it, as for `datetime.isoformat`; what is finer is cut off.

    Raises:
        ValueError: the moment has no zone.
    """
    if when.tzinfo is None:
        raise ValueError(f"{when} has no time zone, so it is no moment")
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def add(parent: etree._Element, name: str, content: str | None = None) -> etree._Element:
    """Append a DUIS child element with that text and return it."""
    element: etree._Element = etree.SubElement(parent, sr(name))
    element.text = content
    return element


def add_octets(parent: etree._Element, name: str, octets: bytes) -> etree._Element:
    """Append a DUIS child element with the octets as base64 on one line."""
    return add(parent, name, base64.b64encode(octets).decode())


def add_if(parent: etree._Element, name: str, content: object | None) -> None:
    """Append a DUIS child element unless there is nothing to say."""
    if content is not None:
        add(parent, name, str(content))


def _names(parent: etree._Element) -> str:
    return ", ".join(map(local_name, child_elements(parent))) or "no elements"
