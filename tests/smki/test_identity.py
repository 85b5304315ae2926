from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki import GBCS_ROLES, CertificateIdentity, KeyUse, identity_of, load_certificate
from dsp_conformance.smki.identity import uses_of

if TYPE_CHECKING:
    from pathlib import Path

KEY = ec.generate_private_key(ec.SECP256R1())
Attribute: TypeAlias = x509.NameAttribute[str] | x509.NameAttribute[bytes]
UNIT = NameOID.ORGANIZATIONAL_UNIT_NAME


def unique(octets: bytes) -> x509.NameAttribute[bytes]:
    return x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, octets, _type=_ASN1Type.BitString)


def certificate(*subject: Attribute) -> x509.Certificate:
    name = x509.Name(subject)
    return x509.CertificateBuilder(
        x509.Name([]),
        name,
        KEY.public_key(),
        1,
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2120, 1, 1, tzinfo=UTC),
    ).sign(KEY, SHA256())


def test_the_published_dsp_certificate_names_its_eui_and_its_role_in_decimal(shared_data: Path) -> None:
    sample = load_certificate(shared_data / "signed-samples" / "dsp-signing-certificate.pem")

    assert identity_of(sample) == CertificateIdentity(
        Eui64.parse("90-B3-D5-1F-30-00-00-02"), role=0x89, role_in_decimal=True
    )
    assert uses_of(sample) == {KeyUse.SIGNING}


@pytest.mark.parametrize(
    ("unit", "role", "in_decimal"),
    [
        ("89", 0x89, False),
        ("137", 0x89, True),
        ("87", 0x87, False),
        ("135", 0x87, True),
        ("7f", 0x7F, False),
        ("7F", 0x7F, False),
        ("07", 7, False),
        ("7", 7, False),
        ("10", 0x10, False),
        ("255", 0xFF, True),
        ("256", None, False),
        ("089", None, False),
        ("1A3", None, False),
        ("0x89", None, False),
        ("-7", None, False),
        ("\u0667", None, False),
        ("Metering", None, False),
    ],
)
def test_two_digits_are_hexadecimal_and_three_are_decimal(
    unit: str,
    role: int | None,
    in_decimal: bool,  # noqa: FBT001  # a column of the table
) -> None:
    identity = identity_of(certificate(x509.NameAttribute(UNIT, unit)))

    assert (identity.role, identity.role_in_decimal) == (role, in_decimal)


def test_the_eui_is_the_last_eight_octets_of_the_unique_identifier() -> None:
    identity = identity_of(certificate(unique(b"\x00\xff" + bytes(range(8)))))

    assert identity.eui == Eui64(bytes(range(8)))


@pytest.mark.parametrize(
    "subject",
    [
        [],
        [x509.NameAttribute(NameOID.COMMON_NAME, "89")],
        [unique(b"\x00" * 7)],
        [
            unique(b"\x00" * 9),
            unique(b"\x01" * 9),
            x509.NameAttribute(UNIT, "87"),
            x509.NameAttribute(UNIT, "89"),
        ],
    ],
    ids=["empty", "other attributes", "too short", "repeated"],
)
def test_what_is_absent_or_ambiguous_is_none(subject: list[Attribute]) -> None:
    assert identity_of(certificate(*subject)) == CertificateIdentity(None, None, role_in_decimal=False)


def test_a_certificate_without_key_usage_is_for_everything() -> None:
    assert uses_of(certificate()) == set(KeyUse)


def test_every_user_role_has_a_gbcs_role() -> None:
    assert set(GBCS_ROLES) == {"IS", "ES", "GS", "RSA", "ED", "GT", "OU"}
