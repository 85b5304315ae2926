"""Whom a certificate names, in which role, and what its key is for (wire.md, "XML signature profile")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import NameOID

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki.errors import Defect, SmkiError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GBCS_ROLES", "CertificateIdentity", "CertificateRole", "KeyUse", "identity_of", "uses_of"]

_EUI_OCTETS = 8
_hexadecimal = re.compile(r"[0-9A-Fa-f]{1,2}").fullmatch
_decimal = re.compile(r"[12][0-9]{2}").fullmatch
_LARGEST_ROLE = 0xFF


class CertificateRole(IntEnum):
    """Roles that stand in a certificate's subject, as the attribute OU.

    The two of XML signing and ISSUING_AUTHORITY are those of wire.md and of the published samples; the others
    are GBCS's remote party roles, as the DCC's published GBCS parser names them.
    """

    ROOT = 0x00
    SUPPLIER = 0x02
    NETWORK_OPERATOR = 0x03
    ACCESS_CONTROL_BROKER = 0x04
    ISSUING_AUTHORITY = 0x07
    OTHER_USER = 0x7F
    USER_XML_SIGNING = 0x87
    DSP_XML_SIGNING = 0x89


GBCS_ROLES: Mapping[str, CertificateRole] = MappingProxyType(
    {
        "IS": CertificateRole.SUPPLIER,
        "ES": CertificateRole.SUPPLIER,
        "GS": CertificateRole.SUPPLIER,
        "RSA": CertificateRole.OTHER_USER,
        "ED": CertificateRole.NETWORK_OPERATOR,
        "GT": CertificateRole.NETWORK_OPERATOR,
        "OU": CertificateRole.OTHER_USER,
    }
)
"""The role in a ServiceUser's GBCS certificates, by its user role (domain.md). Assumed: nothing states it."""


class KeyUse(Enum):
    """What a certificate lets its key be used for (X.509 key usage). The value is its name, for people."""

    SIGNING = "digital signature"
    KEY_AGREEMENT = "key agreement"


@dataclass(frozen=True, slots=True)
class CertificateIdentity:
    """Whom a certificate names.

    Attributes:
        eui: the last 8 octets of the subject's attribute 2.5.4.45; None if it is absent, repeated or shorter.
        role: the subject's OU as a number from 0 to 255; None if it is absent, repeated or no such number.
        role_in_decimal: the OU is written in decimal, as in an older published DSP certificate: report it.
    """

    eui: Eui64 | None
    role: int | None
    role_in_decimal: bool


def identity_of(certificate: x509.Certificate) -> CertificateIdentity:
    """Read the EUI and the role in a certificate's subject.

    One or two digits of the OU are hexadecimal, the rule of wire.md ("89" is 0x89). A role has no third
    hexadecimal digit, so three digits can only be decimal ("137" is 0x89 as well): accepted, and told apart.
    Two digits are never taken as decimal.

    Raises:
        SmkiError: if the subject cannot be decoded.
    """
    try:
        subject = certificate.subject
    except (ValueError, TypeError):
        raise _undecodable("subject") from None
    unit: str | bytes | None = None
    unique: str | bytes | None = None
    units = uniques = 0
    for attribute in subject:
        if attribute.oid == NameOID.ORGANIZATIONAL_UNIT_NAME:
            unit, units = attribute.value, units + 1
        elif attribute.oid == NameOID.X500_UNIQUE_IDENTIFIER:
            unique, uniques = attribute.value, uniques + 1
    eui = None
    if uniques == 1 and isinstance(unique, bytes) and len(unique) >= _EUI_OCTETS:
        eui = Eui64(unique[-_EUI_OCTETS:])
    role, role_in_decimal = _role(unit) if units == 1 and isinstance(unit, str) else (None, False)
    return CertificateIdentity(eui, role, role_in_decimal)


def _role(text: str) -> tuple[int | None, bool]:
    if _hexadecimal(text) is not None:
        return int(text, 16), False
    if _decimal(text) is not None and int(text) <= _LARGEST_ROLE:
        return int(text), True
    return None, False


def uses_of(certificate: x509.Certificate) -> frozenset[KeyUse]:
    """Tell what a certificate lets its key be used for; one that restricts nothing (no key usage) is for all.

    Raises:
        SmkiError: if the extensions cannot be decoded.
    """
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return frozenset(KeyUse)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise _undecodable("extensions") from None
    allowed = {KeyUse.SIGNING: usage.digital_signature, KeyUse.KEY_AGREEMENT: usage.key_agreement}
    return frozenset(use for use, yes in allowed.items() if yes)


def _undecodable(part: str) -> SmkiError:
    found = f"a certificate whose {part} cannot be decoded"
    hint = "`openssl x509 -in FILE -text` shows what is in it."
    return SmkiError(Defect.DAMAGED, "certificate", "a certificate", found, hint)
