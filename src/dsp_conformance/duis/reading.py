"""Reading typed values out of an element tree, with one error for what is not there or not of its type."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from lxml import etree

from dsp_conformance.duis.namespaces import SR, sr

T = TypeVar("T")


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


def path_of(element: etree._Element) -> str:
    """Return an element's place from the root down, in local names."""
    names = [etree.QName(step).localname for step in element.iterancestors()][::-1]
    return "/".join([*names, etree.QName(element).localname])


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def child_elements(parent: etree._Element) -> list[etree._Element]:
    """Return the child elements without comments and processing instructions."""
    return [child for child in parent if isinstance(child.tag, str)]


def child(parent: etree._Element, name: str) -> etree._Element:
    """Return the DUIS child element of that name.

    Raises:
        UnexpectedShape: there is none.
    """
    found = parent.find(sr(name))
    if found is None:
        have = ", ".join(local_name(element) for element in child_elements(parent)) or "no elements"
        raise UnexpectedShape(f"{path_of(parent)}/{name}", "this element", have)
    return found


def only_child(parent: etree._Element) -> etree._Element | None:
    """Return the first DUIS child element, or None where the parent has none."""
    return next((each for each in child_elements(parent) if etree.QName(each).namespace == SR), None)


def text(parent: etree._Element, name: str) -> str:
    """Return the text of the child of that name, without the white space around it.

    Raises:
        UnexpectedShape: there is no such child.
    """
    return (child(parent, name).text or "").strip()


def optional_text(parent: etree._Element, name: str) -> str | None:
    """Return the text of the child of that name, or None where there is no such child."""
    found = parent.find(sr(name))
    return None if found is None else (found.text or "").strip()


def value(parent: etree._Element, name: str, read: Callable[[str], T], expected: str) -> T:
    """Return the child's text as the type that `read` makes of it.

    Raises:
        UnexpectedShape: there is no such child, or its text is not of the type.
    """
    content = text(parent, name)
    try:
        return read(content)
    except ValueError:
        raise UnexpectedShape(f"{path_of(parent)}/{name}", expected, repr(content)) from None


def optional_value(parent: etree._Element, name: str, read: Callable[[str], T], expected: str) -> T | None:
    """Return the child's typed text, or None where there is no such child.

    Raises:
        UnexpectedShape: the text is not of the type.
    """
    return None if parent.find(sr(name)) is None else value(parent, name, read, expected)


def octets_from_base64(content: str) -> bytes:
    """Return the octets that base64 text stands for, white space in it ignored.

    Raises:
        ValueError: the text is no base64.
    """
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


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
