"""Names of issuers and subjects, compared as what they say and not as how they are spelled.

Java, .NET, OpenSSL and RFC 4514 write one and the same name in many ways (wire.md, "XML signature profile",
pitfalls). A name is therefore read into a set of pairs of attribute type and value.
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cryptography import x509

__all__ = ["NameParts", "parts_of", "read_name"]

NameParts: TypeAlias = frozenset[tuple[str, str]]
"""What a name says: pairs of an attribute type, in dotted numbers, and a value made comparable."""

_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        spelled: identifier.dotted_string
        for identifier, spellings in (
            (NameOID.COMMON_NAME, "CN COMMONNAME"),
            (NameOID.SURNAME, "SN SURNAME"),
            (NameOID.SERIAL_NUMBER, "SERIALNUMBER DEVICESERIALNUMBER"),
            (NameOID.COUNTRY_NAME, "C COUNTRYNAME"),
            (NameOID.LOCALITY_NAME, "L LOCALITYNAME"),
            (NameOID.STATE_OR_PROVINCE_NAME, "ST S SP STATEORPROVINCENAME"),
            (NameOID.STREET_ADDRESS, "STREET STREETADDRESS"),
            (NameOID.ORGANIZATION_NAME, "O ORGANIZATIONNAME"),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "OU ORGANIZATIONALUNITNAME"),
            (NameOID.TITLE, "T TITLE"),
            (NameOID.GIVEN_NAME, "G GN GIVENNAME"),
            (NameOID.INITIALS, "I INITIALS"),
            (NameOID.GENERATION_QUALIFIER, "GENERATION GENERATIONQUALIFIER"),
            (NameOID.DN_QUALIFIER, "DNQ DNQUALIFIER"),
            (NameOID.PSEUDONYM, "PSEUDONYM"),
            (NameOID.X500_UNIQUE_IDENTIFIER, "X500UNIQUEIDENTIFIER UNIQUEIDENTIFIER"),
            (NameOID.ORGANIZATION_IDENTIFIER, "ORGANIZATIONIDENTIFIER"),
            (NameOID.DOMAIN_COMPONENT, "DC DOMAINCOMPONENT"),
            (NameOID.USER_ID, "UID USERID"),
            (NameOID.EMAIL_ADDRESS, "E EMAIL EMAILADDRESS"),
        )
        for spelled in spellings.split()
    }
)
"""What the attribute types are called, in upper case: by RFC 4514, OpenSSL, Java and .NET."""

_IDENTIFIER: Final = re.compile(r"(?:OID\.)?([0-2](?:\.[0-9]+)+)")
_SLASHED: Final = re.compile(r"/(?=[A-Za-z0-9.]+=)")
_OCTETS: Final = re.compile(r"#((?:[0-9A-Fa-f]{2})+)")
_ESCAPED_OCTETS: Final = re.compile(r"(?:\\[xX]?[0-9A-Fa-f]{2})+")
_TEXT_TAGS: Final = frozenset({0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A})  # UTF-8, and kinds of ASCII
_WIDE_TAG: Final = 0x1E  # BMPString
_SHORT: Final = 0x80
_SEPARATORS: Final = ",;+"


def parts_of(name: x509.Name) -> NameParts:
    """Return what a certificate's name says."""
    return frozenset(
        (
            each.oid.dotted_string,
            each.value.hex() if isinstance(each.value, bytes) else _comparable(each.value),
        )
        for each in name
    )


def read_name(text: str) -> NameParts | None:
    """Return what a name says that is written as text.

    Read are RFC 4514 and what came before it, in either order: spaces, quotes, escapes, object identifiers,
    values as octets, and the form with slashes.

    Returns:
        None if it cannot be read: it is no name, or names an attribute type that is not known here.
    """
    text = text.strip()
    pairs = _SLASHED.split(text)[1:] if text.startswith("/") else list(_separated(text))
    found = set()
    for pair in pairs:
        kind, equals, value = pair.partition("=")
        identifier = _identifier(kind)
        if not equals or identifier is None:
            return None
        found.add((identifier, _value(value.strip())))
    return frozenset(found)


def _identifier(kind: str) -> str | None:
    spelled = kind.strip().upper()
    match = _IDENTIFIER.fullmatch(spelled)
    return _TYPES.get(spelled) if match is None else match.group(1)


def _separated(text: str) -> Iterator[str]:
    """Split a name at separators that are neither quoted nor escaped."""
    begun, quoted, at = 0, False, 0
    while at < len(text):
        each = text[at]
        if each == "\\":
            at += 1  # whatever it escapes is no separator
        elif each == '"':
            quoted = not quoted
        elif each in _SEPARATORS and not quoted:
            yield text[begun:at]
            begun = at + 1
        at += 1
    if text:
        yield text[begun:]


def _value(text: str) -> str:
    """Return a value made comparable, whichever way it is written."""
    if (octets := _OCTETS.fullmatch(text)) is not None:
        return _of_octets(bytes.fromhex(octets.group(1)))
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    text = _ESCAPED_OCTETS.sub(_unescaped, text)
    return _comparable(re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL))


def _unescaped(match: re.Match[str]) -> str:
    octets = bytes.fromhex(re.sub(r"\\[xX]?", "", match.group()))
    # A backslash that was meant stays one through what follows.
    return octets.decode("utf-8", errors="replace").replace("\\", "\\\\")


def _of_octets(octets: bytes) -> str:
    """Return the text in a value that is written as DER; of anything else its octets as they are."""
    if len(octets) > 1 and octets[1] < _SHORT and len(octets) == octets[1] + 2:
        tag, content = octets[0], octets[2:]
        if tag in _TEXT_TAGS:
            return _comparable(content.decode("utf-8", errors="replace"))
        if tag == _WIDE_TAG:
            return _comparable(content.decode("utf-16-be", errors="replace"))
        return content.hex()
    return octets.hex()


def _comparable(text: str) -> str:
    """Return a value as RFC 4518 has values compared: without regard to case, to compositions and spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
