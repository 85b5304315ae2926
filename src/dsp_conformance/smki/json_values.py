"""Identifiers and certificates as JSON holds them: texts, refused with a ValueError that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki.certificates import parse_certificates
from dsp_conformance.smki.errors import SmkiError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

__all__ = ["certificate_in", "eui64_in", "text_in"]


def text_in(value: object) -> str:
    """Return a JSON value that is a text.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, str):
        raise ValueError(f"expected text, found {type(value).__name__}")  # noqa: TRY004 - what pydantic collects
    return value


def eui64_in(value: object) -> Eui64:
    """Return the EUI-64 that a JSON value writes.

    Raises:
        ValueError: it writes none.
    """
    return Eui64.parse(text_in(value))


def certificate_in(value: object, *, in_force: bool = False) -> Certificate:
    """Return the one certificate that a JSON value holds as PEM.

    Args:
        value: the JSON value.
        in_force: whether it has to be valid now: of most certificates only the key is used.

    Raises:
        ValueError: it holds none or several.
    """
    try:
        certificates = parse_certificates(text_in(value).encode(), in_force=in_force)
    except SmkiError as error:
        raise ValueError(str(error)) from None
    if len(certificates) != 1:
        raise ValueError(f"expected one certificate as PEM, found {len(certificates)}")
    return certificates[0]
