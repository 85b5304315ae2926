from __future__ import annotations

import os
import pickle
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from dsp_conformance.smki import Defect, SmkiError, load_private_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.smki import EphemeralPki

    Refused = Callable[..., SmkiError]

PASSWORD = "correct horse battery staple"
KEY = ec.generate_private_key(ec.SECP256R1())
PLAIN = NoEncryption()
SECRET = BestAvailableEncryption(PASSWORD.encode())


def octets_of(
    encoding: Encoding,
    form: PrivateFormat = PrivateFormat.PKCS8,
    protection: KeySerializationEncryption = PLAIN,
) -> bytes:
    return KEY.private_bytes(encoding, form, protection)


def written(folder: Path, octets: bytes) -> Path:
    path = folder / "own.key"
    path.write_bytes(octets)
    return path


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("password", [None, "not needed"])
def test_a_key_is_loaded_from_every_usual_form_and_a_needless_password_is_no_trouble(
    tmp_path: Path, encoding: Encoding, form: PrivateFormat, password: str | None
) -> None:
    path = written(tmp_path, octets_of(encoding, form))

    assert load_private_key(path, password=password).private_numbers() == KEY.private_numbers()


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        (Encoding.PEM, PrivateFormat.PKCS8),
        (Encoding.DER, PrivateFormat.PKCS8),
        (Encoding.PEM, PrivateFormat.TraditionalOpenSSL),
    ],
)
def test_an_encrypted_key_opens_with_its_password_and_with_no_other(
    tmp_path: Path, refused: Refused, encoding: Encoding, form: PrivateFormat
) -> None:
    path = written(tmp_path, octets_of(encoding, form, SECRET))

    assert load_private_key(path, password=PASSWORD).private_numbers() == KEY.private_numbers()
    refused(Defect.PASSWORD_NEEDED, lambda: load_private_key(path), path)
    for wrong in ("wrong horse", "", "pässword"):
        refused(Defect.PASSWORD_WRONG, lambda wrong=wrong: load_private_key(path, password=wrong), path)


def test_a_path_may_be_given_as_text(tmp_path: Path) -> None:
    assert load_private_key(str(written(tmp_path, octets_of(Encoding.PEM))))


def test_curve_parameters_and_certificates_beside_the_key_are_skipped(
    tmp_path: Path, pki: EphemeralPki, eui: Eui64
) -> None:
    parameters = b"-----BEGIN EC PARAMETERS-----\r\nBggqhkjOPQMBBw==\r\n-----END EC PARAMETERS-----\r\n"
    certificate = b"subject=somebody\n" + pki.device(eui).signing.certificate_pem()
    path = written(tmp_path, b"\xef\xbb\xbf" + parameters + certificate + octets_of(Encoding.PEM))

    assert load_private_key(path).private_numbers() == KEY.private_numbers()


def test_a_missing_file_is_named(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "nowhere" / "own.key"

    refused(Defect.MISSING, lambda: load_private_key(path), path)


def test_a_directory_is_not_taken_for_a_file(tmp_path: Path, refused: Refused) -> None:
    error = refused(Defect.NOT_A_FILE, lambda: load_private_key(tmp_path), tmp_path)

    assert "directory" in error.found


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    refused(Defect.NOT_A_FILE, lambda: load_private_key(path), path)


def test_a_path_through_a_file_says_why_it_cannot_be_read(tmp_path: Path, refused: Refused) -> None:
    path = written(tmp_path, b"x") / "own.key"

    assert "irectory" in refused(Defect.UNREADABLE, lambda: load_private_key(path), path).found


@pytest.mark.parametrize("octets", [b"", b" \r\n"])
def test_an_empty_file_is_called_empty(tmp_path: Path, refused: Refused, octets: bytes) -> None:
    path = written(tmp_path, octets)

    refused(Defect.EMPTY, lambda: load_private_key(path), path)


def test_a_huge_file_is_refused(tmp_path: Path, refused: Refused) -> None:
    path = written(tmp_path, b"0" * ((1 << 18) + 1))

    refused(Defect.TOO_LARGE, lambda: load_private_key(path), path)


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_certificate_in_place_of_a_key_is_called_a_certificate(
    tmp_path: Path, refused: Refused, pki: EphemeralPki, encoding: Encoding
) -> None:
    path = written(tmp_path, pki.root.certificate.public_bytes(encoding))

    assert "certificate" in refused(Defect.WRONG_CONTENT, lambda: load_private_key(path), path).found


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_public_key_in_place_of_a_private_one_is_called_public(
    tmp_path: Path, refused: Refused, encoding: Encoding
) -> None:
    path = written(tmp_path, KEY.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))

    assert "public key" in refused(Defect.WRONG_CONTENT, lambda: load_private_key(path), path).found


def test_two_keys_in_one_file_are_one_too_many(tmp_path: Path, refused: Refused) -> None:
    path = written(tmp_path, octets_of(Encoding.PEM) * 2)

    assert refused(Defect.WRONG_CONTENT, lambda: load_private_key(path), path).found == "2 private keys"


def test_a_key_cut_off_is_called_damaged(tmp_path: Path, refused: Refused) -> None:
    for octets in (octets_of(Encoding.PEM)[:-30], octets_of(Encoding.DER)[:-1], b"no key at all"):
        path = written(tmp_path, octets)
        refused(Defect.DAMAGED, lambda path=path: load_private_key(path), path)


@pytest.mark.parametrize(
    ("key", "defect", "name"),
    [
        (rsa.generate_private_key(65537, 2048), Defect.KEY_TYPE, "RSA"),
        (ed25519.Ed25519PrivateKey.generate(), Defect.KEY_TYPE, "Ed25519"),
        (ec.generate_private_key(ec.SECP384R1()), Defect.CURVE, "secp384r1"),
        (ec.generate_private_key(ec.SECP256K1()), Defect.CURVE, "secp256k1"),
    ],
)
def test_a_key_of_another_kind_is_named(
    tmp_path: Path,
    refused: Refused,
    key: PrivateKeyTypes,
    defect: Defect,
    name: str,
) -> None:
    path = written(tmp_path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, PLAIN))

    error = refused(defect, lambda: load_private_key(path), path)

    assert name in error.found
    assert "P-256" in error.expected


@given(
    octets=st.binary(min_size=1, max_size=300),
    position=st.integers(0, 400),
    password=st.sampled_from([None, "x"]),
)
def test_damage_raises_no_error_but_its_own(
    tmp_path_factory: pytest.TempPathFactory, octets: bytes, position: int, password: str | None
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for whole in (octets_of(Encoding.PEM), octets_of(Encoding.DER), b""):
        path = written(folder, whole[:position] + octets + whole[position + len(octets) :])
        try:
            load_private_key(path, password=password)
        except SmkiError as error:
            assert str(path) in str(error)  # noqa: PT017  # both outcomes are right, any other error is not


def test_keys_made_by_openssl_are_loaded(tmp_path: Path, openssl: str) -> None:
    path = tmp_path / "own.key"
    command = [openssl, "ecparam", "-name", "prime256v1", "-genkey", "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)

    assert load_private_key(path).curve.name == "secp256r1"


def test_the_error_survives_a_journey_between_processes(tmp_path: Path) -> None:
    with pytest.raises(SmkiError) as caught:
        load_private_key(tmp_path / "none")

    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
