"""What one end of a TLS connection is given: whom it trusts, and who it is itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ClientTls", "OwnCertificate", "ServerTls"]


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """The files by which one end shows who it is.

    Attributes:
        certificate: PEM; its own certificate first, then those of its issuers that are to be sent along.
        key: PEM; the private key of its own certificate.
        password: opens an encrypted key; left out of every rendering.
    """

    certificate: Path
    key: Path
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ClientTls:
    """What a client needs.

    Attributes:
        ca: PEM; the authorities whose servers are trusted. None for those that the machine trusts.
        own: the client's certificate; None where it has none to show.
        verify: whether the server's certificate is checked. Where not, whoever sits between can read and
            change everything, so reports have to say so.
        section: the section of the target file that says all this, for messages.
    """

    ca: Path | None = None
    own: OwnCertificate | None = None
    verify: bool = True
    section: str = "tls"


@dataclass(frozen=True, slots=True)
class ServerTls:
    """What a server needs.

    Attributes:
        own: the server's certificate.
        client_ca: PEM; the authorities of which clients have to show a certificate. None where they need not.
        section: the section of the target file that says all this, for messages.
    """

    own: OwnCertificate
    client_ca: Path | None = None
    section: str = "receiver.tls"
