"""Private keys on P-256, the only curve of the interface (wire.md, signature profile and GBCS payloads)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
)

from dsp_conformance.smki.errors import Defect
from dsp_conformance.smki.files import Contents, pem_blocks, read_contents

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

__all__ = ["describe_key", "is_p256", "load_any_private_key", "load_private_key"]

_WHAT = "private key"
_EXPECTED = "a private key in PEM or DER form"
_HINT = (
    "Give the private key that was made for the certificate; `openssl pkey -in FILE` shows whether it is one."
)
_CONVERT = "Convert it with `openssl pkcs8 -topk8 -in FILE`."


def load_private_key(path: Path | str, *, password: str | None = None) -> ec.EllipticCurvePrivateKey:
    """Load a P-256 private key from a file.

    Args:
        path: DER, or PEM (PKCS #8, encrypted or not, or SEC 1); certificates and curve parameters in it are
            skipped.
        password: opens an encrypted key; not used for one that is not encrypted.

    Raises:
        SmkiError: if there is no such key in the file, or the password does not open it.
    """
    contents, key = _loaded(Path(path), password)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise contents.problem(Defect.KEY_TYPE, "an elliptic-curve key on P-256", describe_key(key), _HINT)
    if not is_p256(key):
        raise contents.problem(Defect.CURVE, "a key on the curve P-256 (secp256r1)", describe_key(key), _HINT)
    return key


def load_any_private_key(path: Path | str, *, password: str | None = None) -> PrivateKeyTypes:
    """Load a private key of whatever kind, such as one for TLS; otherwise as `load_private_key`."""
    return _loaded(Path(path), password)[1]


def is_p256(key: object) -> bool:
    """Tell whether a private or public key is an elliptic-curve key on P-256."""
    return isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) and isinstance(
        key.curve, ec.SECP256R1
    )


def describe_key(key: object) -> str:
    """Name the kind of a private or public key, for people; says nothing about its value."""
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return f"an elliptic-curve key on {key.curve.name}"
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return f"an RSA key of {key.key_size} bits"
    return f"a key of another kind ({type(key).__name__})"


def _loaded(path: Path, password: str | None) -> tuple[Contents, PrivateKeyTypes]:
    contents = _key_in(read_contents(path, _WHAT))
    return contents, _decode(contents, password)


def _key_in(contents: Contents) -> Contents:
    """Narrow a PEM file to its one private key; leave DER as it is."""
    blocks = pem_blocks(contents)
    if not blocks:
        return contents
    keys = [block for block in blocks if block.label.endswith("PRIVATE KEY")]
    if len(keys) == 1:
        return keys[0].contents
    if keys:
        hint = "Keep one key in a file."
        raise contents.problem(Defect.WRONG_CONTENT, "one private key", f"{len(keys)} private keys", hint)
    labels = ", ".join(dict.fromkeys(block.label.lower() for block in blocks))
    raise contents.problem(Defect.WRONG_CONTENT, _EXPECTED, f"PEM of: {labels}", _HINT)


def _decode(contents: Contents, password: str | None) -> PrivateKeyTypes:
    load = load_pem_private_key if contents.octets.startswith(b"-----BEGIN ") else load_der_private_key
    try:
        return load(contents.octets, None)
    except TypeError:
        pass  # that is how the library says that the key is encrypted
    except UnsupportedAlgorithm:
        raise contents.problem(
            Defect.KEY_TYPE, "a key on P-256", "a key of an unknown kind", _CONVERT
        ) from None
    except ValueError:
        found = _describe_other(contents)
        defect = Defect.DAMAGED if found is None else Defect.WRONG_CONTENT
        raise contents.problem(
            defect, _EXPECTED, found or "octets that cannot be read as one", _HINT
        ) from None
    if password is None:
        hint = "Configure the key's password."
        raise contents.problem(Defect.PASSWORD_NEEDED, "a password for this key", "none", hint)
    try:
        return load(contents.octets, password.encode())
    except UnsupportedAlgorithm:
        found = "an encryption that this program does not know"
        raise contents.problem(Defect.DAMAGED, "a key encrypted as PKCS #8", found, _CONVERT) from None
    except (ValueError, TypeError):
        hint = "Configure the right password; if it is right, the file is damaged."
        found = "a password that does not open it"
        raise contents.problem(Defect.PASSWORD_WRONG, "the key's password", found, hint) from None


def _describe_other(contents: Contents) -> str | None:
    """Say what DER octets are that are no private key, where that can be told."""
    for load, name in (
        (x509.load_der_x509_certificate, "a certificate"),
        (load_der_public_key, "a public key"),
    ):
        try:
            load(contents.octets)
        except (ValueError, UnsupportedAlgorithm):
            continue
        return name
    return None
