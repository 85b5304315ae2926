from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from dsp_conformance.duis.known_signers import KnownSigners
from dsp_conformance.smki.errors import SmkiError

if TYPE_CHECKING:
    from dsp_conformance.smki import Credential

    class Issue(Protocol):
        def __call__(
            self, issuer: str = ..., serial: int = ..., curve: ec.EllipticCurve = ...
        ) -> Credential: ...


_SERIAL = 2**128 - 1


@pytest.mark.parametrize(
    "written",
    [
        "CN=Z1,OU=07",
        "OU=07,CN=Z1",
        "CN=Z1, OU=07",
        "OU=07; CN=Z1",
        " cn = z1 ,\n ou = 07 ",
    ],
)
def test_an_issuer_is_found_however_its_name_is_written(written: str, issue: Issue) -> None:
    credential = issue("CN=Z1,OU=07", _SERIAL)
    found = KnownSigners([credential.certificate]).find(_SERIAL, written)
    assert found.readable
    (signer,) = found.signers
    assert signer.key == credential.private_key.public_key()


@pytest.mark.parametrize(
    ("serial", "written"),
    [
        (_SERIAL, "CN=Z1"),
        (_SERIAL, "CN=Z1,OU=08"),
        (_SERIAL, "CN=Z1,OU=07,O=X"),
        (_SERIAL, "CN=07,OU=Z1"),
        (_SERIAL, "CN=Z 1,OU=07"),
        (_SERIAL, ""),
        (_SERIAL - 1, "CN=Z1,OU=07"),
        (_SERIAL % 2**64, "CN=Z1,OU=07"),
    ],
)
def test_another_issuer_or_serial_is_not_found(serial: int, written: str, issue: Issue) -> None:
    assert not KnownSigners([issue("CN=Z1,OU=07", _SERIAL).certificate]).find(serial, written).signers


def test_names_with_commas_and_equal_signs_in_them_are_found(issue: Issue) -> None:
    credential = issue(r"CN=One\, Two=Three,O=A+OU=B", 5)
    written = credential.certificate.issuer.rfc4514_string()
    signers = KnownSigners([credential.certificate])
    assert signers.find(5, written).readable
    assert signers.find(5, written).signers
    assert not signers.find(5, written.replace(r"\,", "")).signers


def test_white_space_within_a_name_counts(issue: Issue) -> None:
    signers = KnownSigners([issue("CN=One=Two", 5).certificate])
    assert signers.find(5, "CN = One=Two").signers
    assert not signers.find(5, "CN=One = Two").signers


@pytest.mark.parametrize("written", ["O=Smart Data, Ltd", "XYZ=1,CN=Z1", "the issuer", "=Z1"])
def test_whoever_has_the_serial_number_comes_into_question_where_the_name_cannot_be_read(
    written: str, issue: Issue
) -> None:
    one, other, third = issue("CN=Z1", 7), issue("CN=Z2", 7), issue("CN=Z1", 8)
    signers = KnownSigners([one.certificate, other.certificate, third.certificate])
    found = signers.find(7, written)
    assert not found.readable
    assert [each.key for each in found.signers] == [each.private_key.public_key() for each in (one, other)]
    assert not signers.find(9, written).signers


def test_authorities_that_gave_the_same_serial_number_are_told_apart(issue: Issue) -> None:
    one, other = issue("CN=Z1,OU=07", 7), issue("CN=Z2,OU=07", 7)
    signers = KnownSigners([one.certificate, other.certificate])
    assert len(signers) == 2
    (found,) = signers.find(7, "CN=Z2,OU=07").signers
    assert found.key == other.private_key.public_key()


def test_nobody_is_known_without_certificates() -> None:
    assert len(KnownSigners(())) == 0
    assert not KnownSigners(()).find(1, "CN=Z1,OU=07").signers


def test_a_key_on_another_curve_or_of_another_kind_is_refused_at_once(issue: Issue) -> None:
    with pytest.raises(SmkiError, match=r"P-256.*found .*secp384r1"):
        KnownSigners([issue("CN=Z1", 1, ec.SECP384R1()).certificate])
    key = rsa.generate_private_key(65537, 2048)
    now = datetime.now(UTC)
    certificate = x509.CertificateBuilder(
        x509.Name([]), x509.Name([]), key.public_key(), 1, now, now + timedelta(days=1)
    ).sign(key, hashes.SHA256())
    with pytest.raises(SmkiError, match=r"P-256.*found .*RSA"):
        KnownSigners([certificate])
