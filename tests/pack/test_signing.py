"""Which keys and certificates sign a pack, and what they signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dsp_conformance.pack.errors import PackError
from dsp_conformance.pack.signing import is_signed_by, load_pem, load_signer, read_certificate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def edwards() -> tuple[Ed25519PrivateKey, x509.Certificate]:
    """A key of a kind that OpenSSL's `dgst` cannot check, and its certificate."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tester")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, None)
    )
    return key, certificate


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_signature_is_of_one_key_and_one_content(kind: str, keys: Path) -> None:
    signer = load_signer(keys / f"{kind}.key", keys / f"{kind}.pem", None)
    signature = signer.sign(b"a manifest")

    assert is_signed_by(signer.certificate, signature, b"a manifest") is True
    assert is_signed_by(signer.certificate, signature, b"another manifest") is False
    assert is_signed_by(load_pem(keys / "stranger.pem"), signature, b"a manifest") is False
    assert is_signed_by(signer.certificate, b"", b"a manifest") is False


def test_a_key_of_another_kind_cannot_sign(
    edwards: tuple[Ed25519PrivateKey, x509.Certificate], tmp_path: Path
) -> None:
    key, certificate = edwards
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "own.pem").write_bytes(certificate.public_bytes(Encoding.PEM))

    with pytest.raises(PackError, match=r"cannot sign a pack(.|\n)*an RSA key, or an elliptic-curve key"):
        load_signer(tmp_path / "key.pem", tmp_path / "own.pem", None)


def test_a_certificate_of_another_kind_checks_nothing(
    edwards: tuple[Ed25519PrivateKey, x509.Certificate],
) -> None:
    key, certificate = edwards
    octets = certificate.public_bytes(Encoding.DER)

    with pytest.raises(PackError, match=r"tester\.der cannot check a pack"):
        read_certificate(octets, "tester.der")
    assert is_signed_by(certificate, key.sign(b"a manifest"), b"a manifest") is False


def test_files_that_hold_no_key_or_certificate_are_named(keys: Path, tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"missing\.key"):
        load_signer(tmp_path / "missing.key", keys / "ec.pem", None)
    with pytest.raises(PackError, match=r"missing\.pem"):
        load_pem(tmp_path / "missing.pem")
    with pytest.raises(PackError, match=r"ec\.key holds no certificate"):
        load_pem(keys / "ec.key")
