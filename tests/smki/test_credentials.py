from __future__ import annotations

import traceback
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki import CertificateRole, Defect, KeyUse, SmkiError, load_credential

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dsp_conformance.smki import Credential, EphemeralPki, UserCredentials

    Refused = Callable[..., SmkiError]


@pytest.fixture
def user(pki: EphemeralPki, eui: Eui64) -> UserCredentials:
    return pki.service_user(eui, CertificateRole.NETWORK_OPERATOR)


@pytest.fixture
def folder(pki: EphemeralPki, user: UserCredentials, tmp_path: Path) -> Path:
    pki.write(tmp_path, [user])
    return tmp_path / "users" / str(user.eui)


def secrets_of(credential: Credential) -> tuple[str, ...]:
    """Return every text in which a rendering could give the private key away."""
    value = credential.private_key.private_numbers().private_value
    octets = value.to_bytes(32, "big")
    lines = credential.private_key_pem().decode().splitlines()[1:-1]
    return str(value), octets.hex(), octets.hex().upper(), repr(octets)[2:20], *lines


def test_a_certificate_and_its_key_load_as_what_was_issued(folder: Path, user: UserCredentials) -> None:
    loaded = load_credential(
        folder / "gbcs-signing.pem",
        str(folder / "gbcs-signing.key.pem"),
        eui=user.eui,
        roles={CertificateRole.NETWORK_OPERATOR},
        use=KeyUse.SIGNING,
    )

    assert loaded == user.gbcs_signing
    assert loaded.private_key.private_numbers() == user.gbcs_signing.private_key.private_numbers()
    assert loaded.identity.eui == user.eui


def test_an_encrypted_key_loads_with_its_password(
    folder: Path, user: UserCredentials, refused: Refused
) -> None:
    path = folder / "encrypted.key.pem"
    path.write_bytes(user.xml_signing.private_key_pem(password="sesame"))
    certificate = folder / "xml-signing.pem"

    assert load_credential(certificate, path, password="sesame") == user.xml_signing
    refused(Defect.PASSWORD_NEEDED, lambda: load_credential(certificate, path), path)
    refused(Defect.PASSWORD_WRONG, lambda: load_credential(certificate, path, password="open"), path)


def test_one_pem_file_may_hold_both(folder: Path, user: UserCredentials) -> None:
    path = folder / "both.pem"
    path.write_bytes(user.xml_signing.private_key_pem() + user.xml_signing.certificate_pem())

    assert load_credential(path, path) == user.xml_signing


def test_each_thing_wrong_is_told_with_the_file_to_look_at(
    folder: Path, user: UserCredentials, refused: Refused
) -> None:
    certificate, key = folder / "xml-signing.pem", folder / "xml-signing.key.pem"
    end = user.xml_signing.certificate.not_valid_after_utc
    foreign = folder / "gbcs-signing.key.pem"

    refused(Defect.EUI, lambda: load_credential(certificate, key, eui=Eui64(bytes(8))), certificate)
    refused(Defect.ROLE, lambda: load_credential(certificate, key, roles=[2, 3]), certificate)
    refused(Defect.KEY_USE, lambda: load_credential(certificate, key, use=KeyUse.KEY_AGREEMENT), certificate)
    late = end + timedelta(seconds=1)
    refused(Defect.EXPIRED, lambda: load_credential(certificate, key, now=late), certificate)
    early = user.xml_signing.certificate.not_valid_before_utc - timedelta(seconds=1)
    refused(Defect.NOT_YET_VALID, lambda: load_credential(certificate, key, now=early), certificate)
    refused(Defect.WRONG_CONTENT, lambda: load_credential(key, certificate), key)
    refused(Defect.WRONG_CONTENT, lambda: load_credential(certificate, certificate), certificate)
    pair = refused(Defect.PAIR, lambda: load_credential(certificate, foreign), foreign)
    assert str(certificate) in pair.expected


def test_no_rendering_of_a_credential_shows_its_private_key(user: UserCredentials) -> None:
    text = f"{user!r} {user} {user.xml_signing!r} {user.xml_signing}"

    assert "Certificate" in text
    assert "private_key" not in text
    assert not [secret for secret in secrets_of(user.xml_signing) if secret in text]


@pytest.mark.parametrize("damage", ["none", "cut", "garbled", "doubled", "encrypted"])
def test_no_error_shows_the_private_key_not_even_the_variables_along_its_traceback(
    folder: Path, user: UserCredentials, damage: str
) -> None:
    pem = user.xml_signing.private_key_pem()
    damaged = {
        "none": pem,
        "cut": pem[:-20],
        "garbled": pem.replace(b"PRIVATE KEY-----\nM", b"PRIVATE KEY-----\nN"),
        "doubled": pem + pem,
        "encrypted": user.xml_signing.private_key_pem(password="sesame"),
    }
    path = folder / "damaged.key.pem"
    path.write_bytes(damaged[damage])

    with pytest.raises(SmkiError) as caught:
        load_credential(folder / "gbcs-signing.pem", path)

    steps = list(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())[2:]
    shown = "".join(steps[1:]) + repr(caught.value) + str(caught.value) + repr(vars(caught.value))
    assert "contents = Contents(" in shown or damage == "none"
    assert not [secret for secret in secrets_of(user.xml_signing) if secret[:40] in shown]


def test_the_pem_of_a_key_is_encrypted_when_a_password_is_given(user: UserCredentials) -> None:
    pem = user.xml_signing.private_key_pem(password="sesame")

    assert b"ENCRYPTED" in pem
    assert load_pem_private_key(pem, b"sesame")
    with pytest.raises(ValueError, match=r"password|decrypt"):
        load_pem_private_key(pem, b"open")
