from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from dsp_conformance.smki import (
    CertificateRole,
    Defect,
    EphemeralPki,
    KeyUse,
    SmkiError,
    check_certificate,
    load_certificate,
    load_certificates,
    parse_certificates,
    public_key_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from dsp_conformance.base.eui64 import Eui64

    Refused = Callable[..., SmkiError]

SECOND = timedelta(seconds=1)


def written(folder: Path, octets: bytes) -> Path:
    path = folder / "own.pem"
    path.write_bytes(octets)
    return path


def certificate_for(key: CertificateIssuerPrivateKeyTypes) -> bytes:
    name = x509.Name([])
    begin, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, end).sign(key, SHA256())
    return certificate.public_bytes(Encoding.PEM)


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_certificate_is_loaded_from_either_form(
    tmp_path: Path, pki: EphemeralPki, encoding: Encoding
) -> None:
    path = written(tmp_path, pki.root.certificate.public_bytes(encoding))

    assert load_certificate(path) == pki.root.certificate
    assert load_certificates(str(path)) == parse_certificates(path.read_bytes()) == (pki.root.certificate,)


def test_several_certificates_come_in_their_order_and_are_too_many_for_one(
    tmp_path: Path, pki: EphemeralPki, refused: Refused
) -> None:
    path = written(tmp_path, b"issuer:\n" + pki.issuing.certificate_pem() + pki.root.certificate_pem())

    assert load_certificates(path) == (pki.issuing.certificate, pki.root.certificate)
    assert refused(Defect.WRONG_CONTENT, lambda: load_certificate(path), path).found == "2 certificates"


def test_a_key_beside_the_certificate_is_skipped(tmp_path: Path, pki: EphemeralPki) -> None:
    path = written(tmp_path, pki.root.private_key_pem() + pki.root.certificate_pem())

    assert load_certificate(path) == pki.root.certificate


def test_missing_empty_and_impossible_files_are_told_apart(tmp_path: Path, refused: Refused) -> None:
    refused(Defect.MISSING, lambda: load_certificate(tmp_path / "none"), tmp_path / "none")
    refused(Defect.NOT_A_FILE, lambda: load_certificate(tmp_path), tmp_path)
    empty = written(tmp_path, b"\n")
    refused(Defect.EMPTY, lambda: load_certificate(empty), empty)
    refused(Defect.EMPTY, lambda: parse_certificates(b""))


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("protection", [NoEncryption(), BestAvailableEncryption(b"password")])
def test_a_key_in_place_of_a_certificate_is_called_a_private_key(
    tmp_path: Path,
    pki: EphemeralPki,
    refused: Refused,
    encoding: Encoding,
    protection: NoEncryption | BestAvailableEncryption,
) -> None:
    path = written(tmp_path, pki.root.private_key.private_bytes(encoding, PrivateFormat.PKCS8, protection))

    error = refused(Defect.WRONG_CONTENT, lambda: load_certificate(path), path)

    assert "private key" in error.found


def test_a_damaged_certificate_is_called_damaged_and_counted(
    tmp_path: Path, pki: EphemeralPki, refused: Refused
) -> None:
    whole = pki.root.certificate_pem()
    cut = written(tmp_path, whole[:-10])
    refused(Defect.DAMAGED, lambda: load_certificate(cut), cut)

    # A copy that stopped in the middle must not pass for a shorter list.
    stopped = written(tmp_path, whole + whole[:-10])
    refused(Defect.DAMAGED, lambda: load_certificates(stopped), stopped)

    second = written(tmp_path, whole + whole[:100] + b"\n-----END CERTIFICATE-----\n")
    assert "2 of 2" in refused(Defect.DAMAGED, lambda: load_certificates(second), second).what


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
@given(octets=st.binary(min_size=1, max_size=40), position=st.integers(0, 600))
def test_damage_raises_no_error_but_its_own(pki: EphemeralPki, octets: bytes, position: int) -> None:
    for encoding in (Encoding.PEM, Encoding.DER):
        whole = pki.issuing.certificate.public_bytes(encoding)
        damaged = whole[:position] + octets + whole[position + len(octets) :]
        try:
            certificates = parse_certificates(damaged)
        except SmkiError:
            continue
        for certificate in certificates:
            check_certificate(certificate)


@pytest.mark.parametrize(
    ("key", "defect", "name"),
    [
        (rsa.generate_private_key(65537, 2048), Defect.KEY_TYPE, "RSA"),
        (ec.generate_private_key(ec.SECP384R1()), Defect.CURVE, "secp384r1"),
    ],
)
def test_a_certificate_for_a_key_of_another_kind_is_refused(
    tmp_path: Path, refused: Refused, key: CertificateIssuerPrivateKeyTypes, defect: Defect, name: str
) -> None:
    path = written(tmp_path, certificate_for(key))

    assert name in refused(defect, lambda: load_certificate(path), path).found
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    assert name in refused(defect, lambda: public_key_of(certificate)).found


def test_the_key_of_a_certificate_is_that_of_its_pair(pki: EphemeralPki) -> None:
    assert public_key_of(pki.root.certificate) == pki.root.private_key.public_key()


@pytest.mark.parametrize(
    ("old", "new", "defect"),
    [
        pytest.param("06072A8648CE3D0201", "06072A8648CE3D0207", Defect.KEY_TYPE, id="unknown-kind"),
        pytest.param("03420004", "034200FF", Defect.DAMAGED, id="no-point"),
    ],
)
def test_a_key_that_cannot_be_read_is_refused_in_a_certificate_that_can(
    tmp_path: Path, pki: EphemeralPki, refused: Refused, old: str, new: str, defect: Defect
) -> None:
    whole = pki.root.certificate.public_bytes(Encoding.DER)
    assert whole.count(bytes.fromhex(old)) == 1
    path = written(tmp_path, whole.replace(bytes.fromhex(old), bytes.fromhex(new)))
    certificate = x509.load_der_x509_certificate(path.read_bytes())

    refused(defect, lambda: public_key_of(certificate))
    refused(defect, lambda: load_certificate(path), path)


def test_a_certificate_is_valid_from_its_first_to_its_last_second_and_not_beyond(
    tmp_path: Path, pki: EphemeralPki, refused: Refused
) -> None:
    path = written(tmp_path, pki.root.certificate_pem())
    begin, end = pki.root.certificate.not_valid_before_utc, pki.root.certificate.not_valid_after_utc

    assert load_certificate(path, at=begin) == load_certificate(path, at=end)
    early = refused(Defect.NOT_YET_VALID, lambda: load_certificate(path, at=begin - SECOND), path)
    late = refused(Defect.EXPIRED, lambda: load_certificate(path, at=end + SECOND), path)
    assert begin.isoformat() in early.found
    assert end.isoformat() in late.found


def test_the_clock_is_asked_when_no_time_is_given(tmp_path: Path, refused: Refused) -> None:
    old = EphemeralPki.create(now=datetime(2019, 1, 1, tzinfo=UTC), lifetime=timedelta(days=1))
    path = written(tmp_path, old.root.certificate_pem())

    refused(Defect.EXPIRED, lambda: load_certificate(path), path)


def test_the_configured_party_is_the_one_in_the_certificate(
    pki: EphemeralPki, eui: Eui64, refused: Refused, tmp_path: Path
) -> None:
    certificate = pki.service_user(eui).xml_signing.certificate
    role, other = CertificateRole.USER_XML_SIGNING, CertificateRole.DSP_XML_SIGNING
    stranger = type(eui)(bytes(8))

    assert check_certificate(certificate, eui=eui, roles={role, other}, use=KeyUse.SIGNING).role == role

    wrong_eui = refused(
        Defect.EUI, lambda: check_certificate(certificate, eui=stranger, path=tmp_path), tmp_path
    )
    assert str(stranger) in wrong_eui.expected
    assert wrong_eui.found == str(eui)
    wrong_role = refused(Defect.ROLE, lambda: check_certificate(certificate, roles=[other]))
    assert "89 (DSP_XML_SIGNING)" in wrong_role.expected
    assert wrong_role.found == "87 (USER_XML_SIGNING)"
    refused(Defect.KEY_USE, lambda: check_certificate(certificate, use=KeyUse.KEY_AGREEMENT))


def test_a_certificate_that_names_nobody_is_nobodys(pki: EphemeralPki, eui: Eui64, refused: Refused) -> None:
    nobody = pki.tls_client().credential.certificate

    assert refused(Defect.EUI, lambda: check_certificate(nobody, eui=eui)).found == "none"
    assert refused(Defect.ROLE, lambda: check_certificate(nobody, roles=[0x42])).found == "none"
    assert check_certificate(nobody).eui is None


def test_the_published_dsp_certificate_passes_for_its_role_although_written_in_decimal(
    shared_data: Path,
) -> None:
    certificate = load_certificate(shared_data / "signed-samples" / "dsp-signing-certificate.pem")

    assert check_certificate(certificate, roles=[CertificateRole.DSP_XML_SIGNING]).role_in_decimal


@pytest.mark.parametrize("party", ["subject", "issuer"])
def test_a_name_that_cannot_be_decoded_is_called_damage(
    tmp_path: Path, pki: EphemeralPki, refused: Refused, party: str
) -> None:
    whole = pki.issuing.certificate.public_bytes(Encoding.DER)
    name = getattr(pki.issuing.certificate, party).public_bytes()
    # A BIT STRING (3) where the text (12) of the common name has to be.
    start = name.index(b"Test ") - 2
    assert name[start] == 12
    path = written(tmp_path, whole.replace(name, name[:start] + b"\x03" + name[start + 1 :]))

    refused(Defect.DAMAGED, lambda: load_certificate(path), path)
