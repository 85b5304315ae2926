"""Reading a ds:Signature of the one accepted shape (``wire.md``, XML signature profile)."""

import re
from dataclasses import dataclass
from typing import Final, Self

from lxml import etree

from dsp_conformance.duis import signature_profile as profile
from dsp_conformance.duis.namespaces import ds
from dsp_conformance.duis.reading import (
    UnexpectedShape,
    child_elements,
    local_name,
    octets_from_base64,
    text_of,
    value_of,
)
from dsp_conformance.duis.signature_outcome import SignatureOutcome, SignatureRefused

_SERIAL: Final = re.compile(r"\+?[0-9]{1,48}", re.ASCII)
_DER_SEQUENCE: Final = b"\x30"


@dataclass(frozen=True, slots=True)
class SignatureParts:
    """What a signature element says.

    Attributes:
        signed_info: the element that the value signs.
        digest: the document's digest according to it.
        value: r and s, 32 octets each.
        issuer: the signing certificate's issuer, as written.
        serial: the signing certificate's serial number.
    """

    signed_info: etree._Element
    digest: bytes
    value: bytes
    issuer: str
    serial: int

    @classmethod
    def read(cls, signature: etree._Element) -> Self:
        """Read a signature element.

        Raises:
            SignatureRefused: it has another shape (STRUCTURE), names other algorithms (ALGORITHM) or holds
                another kind of value (VALUE_FORM).
        """
        signed_info, value, key_info = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo")
        digest = _digest(signed_info)
        (data,) = _children(key_info, "X509Data")
        (name,) = _children(data, "X509IssuerSerial")
        issuer, serial = _children(name, "X509IssuerName", "X509SerialNumber")
        try:
            return cls(
                signed_info=signed_info,
                digest=value_of(digest, octets_from_base64, "base64"),
                value=_raw(value_of(value, octets_from_base64, "base64")),
                issuer=text_of(issuer).strip(),
                serial=value_of(serial, _serial, "a certificate's serial number in decimal digits"),
            )
        except UnexpectedShape as error:
            raise SignatureRefused(SignatureOutcome.STRUCTURE, str(error)) from None


def _digest(signed_info: etree._Element) -> etree._Element:
    """Check every algorithm and return the element with the digest."""
    canonicalization, method, reference = _children(
        signed_info, "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    _expect_algorithm(canonicalization, profile.EXCLUSIVE_C14N)
    _expect_algorithm(method, profile.ECDSA_SHA256)
    if (uri := reference.get("URI")) != "":
        raise SignatureRefused(SignatureOutcome.ALGORITHM, f'Reference: expected URI="", found {uri!r}')
    transforms, digest_method, digest = _children(reference, "Transforms", "DigestMethod", "DigestValue")
    found = child_elements(transforms)
    if [each.tag for each in found] != [ds("Transform")]:
        names = ", ".join(each.get("Algorithm", local_name(each)) for each in found) or "none"
        raise SignatureRefused(
            SignatureOutcome.ALGORITHM, f"Transforms: expected {profile.ENVELOPED} alone, found {names}"
        )
    _expect_algorithm(found[0], profile.ENVELOPED)
    _expect_algorithm(digest_method, profile.SHA256)
    return digest


def _children(parent: etree._Element, *names: str) -> list[etree._Element]:
    elements = child_elements(parent)
    if [each.tag for each in elements] != [ds(name) for name in names]:
        found = ", ".join(map(local_name, elements)) or "nothing"
        detail = f"{local_name(parent)}: expected {', '.join(names)}, found {found}"
        raise SignatureRefused(SignatureOutcome.STRUCTURE, detail)
    return elements


def _expect_algorithm(element: etree._Element, algorithm: str) -> None:
    if (found := element.get("Algorithm")) != algorithm:
        detail = f"{local_name(element)}: expected {algorithm}, found {found or 'none'}"
        raise SignatureRefused(SignatureOutcome.ALGORITHM, detail)
    if parameters := child_elements(element):
        names = ", ".join(map(local_name, parameters))
        detail = f"{local_name(element)}: expected no parameters, found {names}"
        raise SignatureRefused(SignatureOutcome.ALGORITHM, detail)


def _serial(digits: str) -> int:
    if _SERIAL.fullmatch(digits) is None:
        raise ValueError(digits)
    return int(digits)


def _raw(value: bytes) -> bytes:
    if len(value) != 2 * profile.HALF:
        form = ", which looks like DER" if value.startswith(_DER_SEQUENCE) else ""
        detail = f"expected {2 * profile.HALF} octets, found {len(value)}{form}"
        raise SignatureRefused(SignatureOutcome.VALUE_FORM, detail)
    return value
