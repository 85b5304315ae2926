"""Judging DUIS messages by a schema: the profile that ships with the suite, or a folder of published files.

The profile (`data/schema/duis-profile.xsd`) says the same as the published schema V5.4 about headers,
responses, the inventory, firmware requests and the alerts of suspension and restoration, and lets the rest
pass unread. The published files belong to the SEC; who has a copy points the suite at it.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Self

from lxml import etree

from dsp_conformance.duis.namespaces import DS, RA, SR, ds, sr
from dsp_conformance.duis.schema_files import SchemaFolder, SchemaFolderError
from dsp_conformance.duis.white_space import may_be_refused_for_space, without_space

__all__ = ["DuisSchema", "SchemaFolderError", "SchemaViolation"]

_PROFILE: Final = "duis-profile.xsd"
_MOST: Final = 50
_MOST_ATTRIBUTES: Final = 20_000  # each can be an error, which takes a kilobyte
_COUNT_ATTRIBUTES: Final = etree.XPath("count(//@*)")
_LONGEST_VALUE: Final = 120
_LONGEST_MESSAGE: Final = 10_000  # longer ones libxml2 may have cut itself, and searching them takes time
_LONGEST_LIST: Final = 12
_NAMES_LISTED: Final = 10  # libxml2 stops at ten


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """One way in which a document breaks the schema.

    Attributes:
        line: line of the document, counted from 1; 0 where the document was not read from text.
        path: the element at fault, from the root, such as `/Response/Header/ResponseCode`.
        message: what is wrong with it.
        newer: the value, where it is none that the schema lists and may be one that a later version does.
    """

    line: int
    path: str
    message: str
    newer: str = ""

    def __str__(self) -> str:
        return f"line {self.line}, {self.path}: {self.message}"

    @property
    def element(self) -> str:
        """The name of the element at fault."""
        return self.path.rpartition("/")[2].partition("[")[0]


class DuisSchema:
    """A compiled DUIS schema; make one with `bundled` or `from_folder`, and use it from any thread.

    Attributes:
        origin: which schema this is, for reports.
    """

    __slots__ = ("_lock", "_schema", "origin")

    def __init__(self, schema: etree.XMLSchema, origin: str) -> None:
        self._schema = schema
        # One validation at a time: the error log belongs to the schema, not to the call.
        self._lock = threading.Lock()
        self.origin: Final = origin

    @classmethod
    def bundled(cls) -> "DuisSchema":
        """The profile that ships with the suite, compiled at the first call."""
        return _bundled()

    @classmethod
    def from_folder(cls, path: Path | str) -> Self:
        """Compiles the published schema, whatever its version, from the folder that holds its files.

        Args:
            path: the folder, with the DUIS schema and all files that it imports.

        Raises:
            SchemaFolderError: the folder is missing, empty, incomplete, ambiguous or broken.
        """
        folder = Path(path)
        files = SchemaFolder(folder, str(folder))
        name = files.duis_schema()
        return cls(files.compile(name), str(folder / name))

    def violations(self, root: etree._Element) -> tuple[SchemaViolation, ...]:
        """What is wrong with a document, in its order; nothing if it is valid.

        Args:
            root: the document's root element.

        Returns:
            At most 50 violations.
        """
        if (attributes := int(_COUNT_ATTRIBUTES(root))) > _MOST_ATTRIBUTES:
            message = f"{attributes} attributes in one message: expected at most {_MOST_ATTRIBUTES}."
            return (SchemaViolation(root.sourceline or 0, _readable_path("/*", root), message),)
        with self._lock:
            entries = self._errors(root)
            if any(map(may_be_refused_for_space, entries)):
                wrong = {entry.path for entry in self._errors(without_space(root))}
                entries = [one for one in entries if one.path in wrong or not may_be_refused_for_space(one)]
        found = [_violation(entry, root) for entry in entries[:_MOST]]
        return tuple(found) or tuple(_foreign_characters(root))[:_MOST]

    def _errors(self, root: etree._Element) -> list[etree._LogEntry]:
        return [] if self._schema.validate(root) else list(self._schema.error_log)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.origin!r})"


@cache
def _bundled() -> DuisSchema:
    files = SchemaFolder(resources.files("dsp_conformance.duis") / "data" / "schema", "bundled profile")
    return DuisSchema(files.compile(_PROFILE), f"bundled profile ({_PROFILE})")


_BASE64: Final = (
    sr("GBCSPayload"),
    sr("FirmwareImage"),
    sr("DSPBrokerSecurityCredentialsDigitalSigning"),
    sr("DSPBrokerSecurityCredentialsKeyAgreement"),
    ds("DigestValue"),
    ds("SignatureValue"),
    ds("X509Certificate"),
)
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9+/= \t\r\n]")


def _foreign_characters(root: etree._Element) -> Iterator[SchemaViolation]:
    """What libxml2 overlooks: it skips characters that are foreign to base64, as no other processor does."""
    for element in root.iter(*_BASE64):
        text = str(element.xpath("string()")) if len(element) else element.text or ""
        if found := _FOREIGN.search(text):
            path = _readable_path(root.getroottree().getpath(element), root)
            message = f"The character {found[0]!r} at position {found.start()} is foreign to base64."
            yield SchemaViolation(element.sourceline or 0, path, message)


_NAMESPACES: Final = ((f"{{{SR}}}", ""), (f"{{{DS}}}", "ds:"), (f"{{{RA}}}", "ra:"))
_OPENING: Final = re.compile(r"^Element '[^']*'(?:, attribute '([^']*)')?: (?:\[facet '\w+'\] )?")
_UNLISTED: Final = re.compile(
    r"\[facet 'enumeration'\] The value '([^']*)' is not an element of the set \{(.*)\}", re.DOTALL
)
_LATER: Final = {
    "ResponseCode": re.compile(r"[IWE][0-9]{1,6}"),
    "DCCAlertCode": re.compile(r"[A-Z]{1,2}[0-9]{1,4}"),
}
_LATER_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
_ECHOED: Final = frozenset({"ServiceReference", "ServiceReferenceVariant"})
_SAID_TWICE: Final = re.compile(r"^attribute \S+: The attribute")
_VALUE: Final = re.compile(r"(The (?:attribute )?value |^)'(.*)'(?= (?:is not|does not|has a))", re.DOTALL)
_SET: Final = re.compile(r"an element of the set \{(.*)\}", re.DOTALL)
_PATTERN: Final = re.compile(r"is not accepted by the pattern '(.*)'", re.DOTALL)
_EXPECTED: Final = re.compile(r"Expected is (?:one of )?\( (.*) \)")


def _violation(entry: etree._LogEntry, root: etree._Element) -> SchemaViolation:
    found = SchemaViolation(entry.line, _readable_path(entry.path, root), _readable(entry.message))
    unlisted = _UNLISTED.search((entry.message or "")[:_LONGEST_MESSAGE])
    if unlisted is None or not _may_be_newer(found.element, unlisted[1], unlisted[2]):
        return found
    return replace(found, newer=unlisted[1])


def _may_be_newer(element: str, value: str, listed: str) -> bool:
    """Tell whether a value that is not listed looks like those that are, and is none of them misspelled.

    What repeats a request cannot be newer than the request.
    """
    if element in _ECHOED or _LATER.get(element, _LATER_WORD).fullmatch(value) is None:
        return False
    return f"'{value.casefold()}'" not in listed.casefold()


def _readable(message: str | None) -> str:
    """libxml2's sentence without the element's name, which the path tells, and with long parts cut short."""
    text = message or "invalid"
    for braced, prefix in _NAMESPACES:
        text = text.replace(braced, prefix)
    text = _OPENING.sub(lambda found: f"attribute {found[1]}: " if found[1] else "", text)
    if len(text) > _LONGEST_MESSAGE:
        return f"{text[:_LONGEST_VALUE]}... is not valid here."
    text = _SAID_TWICE.sub("The attribute", text)
    text = _SET.sub(lambda found: f"one of {_few(found[1])}", text)
    text = _EXPECTED.sub(lambda found: f"Expected is {_names(found[1])}", text)
    text = _PATTERN.sub(lambda found: f"does not have the form {_short(found[1])}", text)
    text = _VALUE.sub(lambda found: f"{found[1]}'{_short(found[2])}'", text)
    return text.strip()


def _names(listed: str) -> str:
    names = listed.split(", ")
    if len(names) == 1:
        return listed
    return f"one of {listed}{' and others' if len(names) == _NAMES_LISTED else ''}"


def _few(listed: str) -> str:
    values = listed.split(", ")
    if len(values) <= _LONGEST_LIST:
        return listed
    return f"{', '.join(values[:_LONGEST_LIST])} and {len(values) - _LONGEST_LIST} more"


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}... ({len(value)} characters)"


_STEP: Final = re.compile(r"(?P<name>\*|[^\[]+)(?:\[(?P<index>\d+)\])?")


def _readable_path(path: str | None, root: etree._Element) -> str:
    """libxml2's path by local names: it writes `*[3]` for an element without a prefix."""
    return "".join(f"/{step}" for step in _steps(path or "/*", root))


def _steps(path: str, root: etree._Element) -> Iterator[str]:
    parent: etree._Element | None = None
    for written in path.strip("/").split("/"):
        step = _STEP.fullmatch(written)
        if step is None:
            yield written
            return
        index = int(step["index"] or 1)
        siblings = [root] if parent is None else [child for child in parent if isinstance(child.tag, str)]
        same = (
            siblings if step["name"] == "*" else [one for one in siblings if _prefixed(one) == step["name"]]
        )
        if index > len(same):
            yield written
            return
        parent = same[index - 1]
        name = etree.QName(parent).localname
        alike = [one for one in siblings if one.tag == parent.tag]
        yield name if len(alike) == 1 else f"{name}[{alike.index(parent) + 1}]"


def _prefixed(element: etree._Element) -> str:
    name = etree.QName(element).localname
    return f"{element.prefix}:{name}" if element.prefix else name
