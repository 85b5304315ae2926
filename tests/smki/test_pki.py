from __future__ import annotations

import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki import (
    GBCS_ROLES,
    CertificateRole,
    Credential,
    Defect,
    EphemeralPki,
    KeyUse,
    SmkiError,
    load_certificate,
    load_credential,
)
from dsp_conformance.smki.identity import uses_of
from dsp_conformance.smki.issuing import party_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dsp_conformance.smki import IssuedCredentials

    Refused = Callable[..., SmkiError]

XML = CertificateRole.USER_XML_SIGNING


def everything(pki: EphemeralPki) -> tuple[IssuedCredentials, ...]:
    """Issue a ServiceUser for each user role, a DSP, two Devices and both ends of TLS."""
    users = [
        pki.service_user(Eui64(bytes([0x90, 0, 0, 0, 0, 0, 0, number])), role)
        for number, role in enumerate(GBCS_ROLES.values())
    ]
    devices = [pki.device(Eui64(bytes([0, 0xDB, 0, 0, 0, 0, 0, number]))) for number in range(2)]
    return (
        *users,
        pki.dsp(Eui64(bytes(8))),
        *devices,
        pki.tls_server(["localhost", "127.0.0.1", "::1"]),
        pki.tls_client(),
    )


def assert_is_authority(credential: Credential, issuer: Credential, *, path_length: int) -> None:
    extensions = credential.certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=path_length)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert usage.value.crl_sign
    assert not usage.value.digital_signature
    assert_is_issued_by(credential, issuer)


def assert_is_issued_by(credential: Credential, issuer: Credential) -> None:
    certificate = credential.certificate
    certificate.verify_directly_issued_by(issuer.certificate)
    assert certificate.public_key() == credential.private_key.public_key()
    assert isinstance(credential.private_key.curve, ec.SECP256R1)
    assert certificate.signature_hash_algorithm is not None
    assert certificate.signature_hash_algorithm.name == "sha256"
    assert 0 < certificate.serial_number < 2**128


def assert_is_party(
    credential: Credential, pki: EphemeralPki, eui: Eui64, role: CertificateRole | None, use: KeyUse
) -> None:
    assert_is_issued_by(credential, pki.issuing)
    assert credential.certificate.subject == party_name(eui, role)
    identity = credential.identity
    assert (identity.eui, identity.role, identity.role_in_decimal) == (eui, role, False)
    assert uses_of(credential.certificate) == {use}
    with pytest.raises(x509.ExtensionNotFound):
        credential.certificate.extensions.get_extension_for_class(x509.BasicConstraints)


def test_the_authorities_form_a_chain(pki: EphemeralPki) -> None:
    assert_is_authority(pki.root, pki.root, path_length=1)
    assert_is_authority(pki.issuing, pki.root, path_length=0)
    assert pki.trust_pem() == pki.root.certificate_pem() + pki.issuing.certificate_pem()


@pytest.mark.parametrize("role", sorted(set(GBCS_ROLES.values())))
def test_a_service_user_holds_three_certificates_with_keys_of_their_own(
    pki: EphemeralPki, eui: Eui64, role: CertificateRole
) -> None:
    user = pki.service_user(eui, role)

    assert_is_party(user.xml_signing, pki, eui, XML, KeyUse.SIGNING)
    assert_is_party(user.gbcs_signing, pki, eui, role, KeyUse.SIGNING)
    assert_is_party(user.gbcs_key_agreement, pki, eui, role, KeyUse.KEY_AGREEMENT)
    values = {credential.private_key.private_numbers().private_value for credential in user.files().values()}
    assert len(values) == 3


def test_a_dsp_signs_messages_and_is_the_access_control_broker(pki: EphemeralPki, eui: Eui64) -> None:
    dsp = pki.dsp(eui)

    assert_is_party(dsp.xml_signing, pki, eui, CertificateRole.DSP_XML_SIGNING, KeyUse.SIGNING)
    assert_is_party(
        dsp.gbcs_key_agreement, pki, eui, CertificateRole.ACCESS_CONTROL_BROKER, KeyUse.KEY_AGREEMENT
    )


def test_a_device_has_no_role(pki: EphemeralPki, eui: Eui64) -> None:
    device = pki.device(eui)

    assert_is_party(device.signing, pki, eui, None, KeyUse.SIGNING)
    assert_is_party(device.key_agreement, pki, eui, None, KeyUse.KEY_AGREEMENT)


def test_certificates_have_the_shape_of_the_published_one(pki: EphemeralPki, shared_data: Path) -> None:
    sample = load_certificate(shared_data / "signed-samples" / "dsp-signing-certificate.pem")
    identity = Eui64.parse("90-B3-D5-1F-30-00-00-02")
    own = pki.dsp(identity).xml_signing.certificate

    # The sample's role has one digit more, which four lengths count too: the EUI's part is the same octets.
    assert own.subject.public_bytes()[-20:] == sample.subject.public_bytes()[-20:]
    assert [attribute._type for attribute in own.subject] == [attribute._type for attribute in sample.subject]
    assert [attribute.oid for attribute in own.subject] == [attribute.oid for attribute in sample.subject]
    assert [attribute.oid for attribute in own.issuer] == [attribute.oid for attribute in sample.issuer]
    assert own.issuer.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0].value == "07"
    shared = [
        extension for extension in own.extensions if extension.oid in {e.oid for e in sample.extensions}
    ]
    added = [extension.oid._name for extension in own.extensions if extension not in shared]
    assert len(shared) == len(sample.extensions)
    assert added == ["authorityKeyIdentifier"]
    for extension in shared:
        other = sample.extensions.get_extension_for_oid(extension.oid)
        assert extension.critical == other.critical
        if not isinstance(extension.value, x509.SubjectKeyIdentifier):
            assert extension.value == other.value
    assert own.signature_algorithm_oid == sample.signature_algorithm_oid
    assert own.version == sample.version


def test_key_identifiers_are_worked_out_as_in_the_published_certificate(
    pki: EphemeralPki, eui: Eui64, shared_data: Path
) -> None:
    def identifier(certificate: x509.Certificate) -> bytes:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest

    def worked_out(certificate: x509.Certificate) -> bytes:
        last = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest[-8:]
        return bytes([last[0] & 0x0F | 0x40]) + last[1:]

    sample = load_certificate(shared_data / "signed-samples" / "dsp-signing-certificate.pem")
    own = pki.device(eui).signing.certificate
    authority = own.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value

    assert identifier(sample) == worked_out(sample)
    assert identifier(own) == worked_out(own)
    assert authority.key_identifier == identifier(pki.issuing.certificate)


def test_serial_numbers_are_random_and_use_up_to_128_bits(pki: EphemeralPki, eui: Eui64) -> None:
    serials = [pki.device(eui).signing.certificate.serial_number for _ in range(64)]

    assert len(set(serials)) == 64
    assert all(0 < serial < 2**128 for serial in serials)
    # Of 64 draws none reaches the upper half once in 2^64 runs.
    assert max(serials) >= 2**127


def test_the_validity_follows_the_given_clock() -> None:
    now = datetime(2031, 5, 6, 7, 8, 9, 500_000, tzinfo=UTC)
    pki = EphemeralPki.create(now=now, lifetime=timedelta(days=3))

    for credential in (
        pki.root,
        pki.issuing,
        pki.device(Eui64(bytes(8))).signing,
        pki.tls_client().credential,
    ):
        assert credential.certificate.not_valid_before_utc == datetime(2031, 5, 6, 6, 8, 9, tzinfo=UTC)
        assert credential.certificate.not_valid_after_utc == datetime(2031, 5, 9, 7, 8, 9, tzinfo=UTC)


def test_without_a_given_clock_certificates_are_valid_now(pki: EphemeralPki) -> None:
    certificate = pki.root.certificate

    assert certificate.not_valid_before_utc < datetime.now(UTC) < certificate.not_valid_after_utc


def test_two_pkis_do_not_trust_each_other(pki: EphemeralPki, eui: Eui64) -> None:
    with pytest.raises(InvalidSignature):
        EphemeralPki.create().device(eui).signing.certificate.verify_directly_issued_by(
            pki.issuing.certificate
        )


def test_threads_may_share_a_pki(pki: EphemeralPki) -> None:
    euis = [Eui64(number.to_bytes(8, "big")) for number in range(50)]
    with ThreadPoolExecutor(4) as pool:
        devices = list(pool.map(pki.device, euis))

    assert [device.signing.identity.eui for device in devices] == euis


def test_the_whole_tree_is_written_and_loads_again(pki: EphemeralPki, tmp_path: Path) -> None:
    issued = everything(pki)

    written = pki.write(tmp_path / "pki", issued)

    assert sorted(written) == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert load_certificate(tmp_path / "pki" / "root.pem") == pki.root.certificate
    assert load_certificate(tmp_path / "pki" / "issuing.pem") == pki.issuing.certificate
    names = {str(path.relative_to(tmp_path / "pki")) for path in written}
    assert {
        "users/90-00-00-00-00-00-00-00/xml-signing.pem",
        "users/90-00-00-00-00-00-00-06/gbcs-key-agreement.key.pem",
        "dsp/00-00-00-00-00-00-00-00/gbcs-key-agreement.pem",
        "devices/00-DB-00-00-00-00-00-01/key-agreement.key.pem",
        "tls/server.pem",
        "tls/client.key.pem",
    } <= names
    for party in issued:
        for name, credential in party.files().items():
            if not name.startswith("tls/"):
                stem = tmp_path / "pki" / name
                loaded = load_credential(f"{stem}.pem", f"{stem}.key.pem")
                assert loaded == credential


def test_private_keys_can_be_read_by_their_owner_only_even_in_place_of_a_laxer_file(
    pki: EphemeralPki, tmp_path: Path
) -> None:
    lax, elsewhere = tmp_path / "tls" / "client.key.pem", tmp_path / "elsewhere"
    lax.parent.mkdir()
    lax.write_bytes(b"old")
    lax.chmod(0o666)
    elsewhere.write_bytes(b"untouched")
    (tmp_path / "tls" / "server.key.pem").symlink_to(elsewhere)

    written = pki.write(tmp_path, everything(pki))

    keys = [path for path in written if path.name.endswith(".key.pem")]
    assert len(keys) == 7 * 3 + 2 + 2 * 2 + 2
    assert {stat.S_IMODE(path.lstat().st_mode) for path in keys} == {0o600}
    assert elsewhere.read_bytes() == b"untouched"


def test_the_authorities_keys_are_not_written(pki: EphemeralPki, tmp_path: Path) -> None:
    assert {path.name for path in pki.write(tmp_path)} == {"root.pem", "issuing.pem"}
    assert b"PRIVATE" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(
    pki: EphemeralPki, tmp_path: Path, refused: Refused
) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    refused(Defect.UNWRITABLE, lambda: pki.write(blocked), blocked / "root.pem")

    (tmp_path / "pki" / "tls" / "client.key.pem").mkdir(parents=True)
    error = refused(
        Defect.UNWRITABLE,
        lambda: pki.write(tmp_path / "pki", [pki.tls_client()]),
        tmp_path / "pki" / "tls" / "client.key.pem",
    )
    assert error.what == "private key"


@pytest.mark.parametrize("name", ["", "../evil", "a/b", ".hidden", "a\n", "x" * 65])
def test_a_tls_name_that_is_no_file_name_is_refused(pki: EphemeralPki, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a file"):
        pki.tls_client(name)
    with pytest.raises(ValueError, match="no name for a file"):
        pki.tls_server(["localhost"], name=name)


def test_a_tls_server_without_a_host_is_refused(pki: EphemeralPki) -> None:
    with pytest.raises(ValueError, match="at least one host"):
        pki.tls_server([])


def test_openssl_accepts_every_certificate_under_strict_rules(
    pki: EphemeralPki, tmp_path: Path, openssl: str
) -> None:
    written = pki.write(tmp_path, everything(pki))
    leaves = [str(path) for path in written if path.parent != tmp_path and not path.name.endswith(".key.pem")]
    command = [openssl, "verify", "-x509_strict", "-policy_check", "-CAfile", str(tmp_path / "root.pem")]

    run = subprocess.run(
        [*command, "-untrusted", str(tmp_path / "issuing.pem"), *leaves],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.count(": OK") == len(leaves)


def test_openssl_reads_the_subject_as_in_the_published_certificate(
    pki: EphemeralPki, eui: Eui64, tmp_path: Path, openssl: str
) -> None:
    path = tmp_path / "own.pem"
    path.write_bytes(pki.service_user(eui).xml_signing.certificate_pem())

    command = [openssl, "x509", "-in", str(path), "-noout", "-subject", "-issuer"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout.replace(" ", "")

    assert "OU=87,x500UniqueIdentifier=#03090090B3D51F30010000" in text
    assert "issuer=OU=07,CN=" in text
