"""TLS in a target file: `[tls]`, `[testbed.tls]` and `[receiver.tls]`."""

from __future__ import annotations

from pydantic import Field

from dsp_conformance.target.fields import EnvironmentName, FilePath, Section

__all__ = ["ReceiverTlsForm", "TlsForm"]

_PEM = "the path of a certificate in PEM form, with those of its issuers behind it"
_AUTHORITIES = "the path of certificates of authorities in PEM form"
_KEY = "the path of the certificate's private key in PEM form"
_PASSWORD = "the name of the environment variable that holds the key's password"  # noqa: S105 - its name


class TlsForm(Section):
    """`[tls]`: how the suite connects to the DSP, and to its testbed, where an address is https."""

    ca: FilePath | None = Field(default=None, description=f"{_AUTHORITIES} whose servers are trusted")
    certificate: FilePath | None = Field(default=None, description=f"{_PEM}, of the suite as TLS client")
    key: FilePath | None = Field(default=None, description=_KEY)
    key_password_env: EnvironmentName | None = Field(default=None, description=_PASSWORD)
    verify: bool = Field(default=True, description="true, or false for no check of the server's certificate")


class ReceiverTlsForm(Section):
    """`[receiver.tls]`: makes the receiver an https one."""

    certificate: FilePath = Field(description=f"{_PEM}, of the receiver as TLS server")
    key: FilePath = Field(description=_KEY)
    key_password_env: EnvironmentName | None = Field(default=None, description=_PASSWORD)
    client_ca: FilePath | None = Field(
        default=None, description=f"{_AUTHORITIES} of which the DSP has to show a client certificate"
    )
