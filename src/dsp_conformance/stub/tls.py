"""The stub's TLS: a folder of certificates, made where it holds none, for the stub and for who tests it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cryptography import x509

from dsp_conformance.smki.errors import SmkiError
from dsp_conformance.smki.files import write_file
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.stub.settings import SettingsError
from dsp_conformance.tls.files import Purpose, check_authorities, check_own
from dsp_conformance.tls.settings import ClientTls, OwnCertificate, ServerTls

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.stub.settings import StubSettings

__all__ = ["TARGET_FILE", "StubTls", "stub_tls"]

TARGET_FILE: Final = "target.toml"
"""What is written into the folder at each start, because the port may be another."""

_ROOT: Final = "root.pem"
_STUB, _STUB_CLIENT, _SUITE, _RECEIVER = "stub", "stub-client", "suite", "receiver"
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class StubTls:
    """What a stub speaks TLS with.

    Attributes:
        folder: where all the files are.
        server: for its services and its Testbed Control API.
        client: for posting to receivers.
    """

    folder: Path
    server: ServerTls
    client: ClientTls

    def write_target(self, control_url: str, token_file: Path | None) -> Path:
        """Write the target file with which the suite tests this stub, and return its path.

        Raises:
            SettingsError: it cannot be written, or somebody else's stands there.
        """
        token = "" if token_file is None else '\ntoken_env = "TESTBED_TOKEN"       # holds the token'
        path = self.folder / TARGET_FILE
        if path.exists() and not path.read_bytes().startswith(_FIRST_LINE.encode()):
            expected = f"none, or one of its own, as {TARGET_FILE} in the folder"
            hint = "Move it, or give another folder."
            raise SettingsError("tls", expected, f"another target file ({path})", hint)
        text = _TARGET.format(url=control_url, token=token)
        try:
            write_file(path, text.encode(), private=False, what="target file")
        except SmkiError as error:
            raise _unusable(error) from None
        return path


_FIRST_LINE: Final = "# Tests a reference DSP over TLS, with client certificates both ways."
_TARGET: Final = f"""\
{_FIRST_LINE} Paths are relative to this file.
# Written by `dsp-conformance stub serve --tls` at each of its starts: copy it to change it.

[testbed]
driver = "control-api"
url = "{{url}}"{{token}}

[tls]                               # how the suite reaches the DSP and its testbed
ca = "{_ROOT}"
certificate = "tls/{_SUITE}.pem"
key = "tls/{_SUITE}.key.pem"

[receiver.tls]                      # how the DSP reaches the suite
certificate = "tls/{_RECEIVER}.pem"
key = "tls/{_RECEIVER}.key.pem"
client_ca = "{_ROOT}"

[profile]                           # what the reference DSP declares
silence_seconds = 1
smets1 = "yes"
resent_activation = "yes"
secmp0007 = "no"
local_delivery = "yes"
"""


def stub_tls(settings: StubSettings) -> StubTls | None:
    """Return what the settings say of TLS, with the folder's files checked; None where they say plain HTTP.

    A folder without `root.pem` is filled with a PKI of the stub's own. Another one is left as it is, so that
    certificates of the user's own authority can be put there by the same names.

    Raises:
        SettingsError: a file cannot be made or used.
    """
    if settings.tls is None:
        if settings.mutual_tls:
            hint = "Give the folder of the certificates with --tls."
            raise SettingsError("mutual-tls", "--tls with it", "--mutual-tls alone", hint)
        return None
    folder = settings.tls
    try:
        if not (folder / _ROOT).exists():
            _make(folder, _hosts(settings))
        check_authorities(folder / _ROOT)
        certificate = check_own(_own(folder, _STUB), Purpose.SERVER)
        check_own(_own(folder, _STUB_CLIENT), Purpose.CLIENT)
    except SmkiError as error:
        raise _unusable(error) from None
    _check_names(certificate, _hosts(settings), folder)
    root = folder / _ROOT
    server = ServerTls(_own(folder, _STUB), root if settings.mutual_tls else None, "stub serve")
    client = ClientTls(root, _own(folder, _STUB_CLIENT), section="stub serve")
    return StubTls(folder, server, client)


def _own(folder: Path, name: str) -> OwnCertificate:
    return OwnCertificate(folder / "tls" / f"{name}.pem", folder / "tls" / f"{name}.key.pem")


def _make(folder: Path, hosts: tuple[str, ...]) -> None:
    pki = EphemeralPki.create()
    issued = [
        pki.tls_server(hosts, name=_STUB),
        pki.tls_client(_STUB_CLIENT),
        pki.tls_client(_SUITE),
        pki.tls_server(_LOOPBACK, name=_RECEIVER),
    ]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        found = f"{folder} ({error.strerror})"
        raise SettingsError(
            "tls", "a folder that can be written to", found, "Choose another folder."
        ) from None
    pki.write(folder, issued)


def _hosts(settings: StubSettings) -> tuple[str, ...]:
    """Return the names and addresses under which clients reach the stub."""
    advertised = None if settings.advertised_url is None else urlsplit(settings.advertised_url).hostname
    return tuple(dict.fromkeys((*_LOOPBACK, settings.host, *([advertised] if advertised else []))))


def _check_names(certificate: x509.Certificate, hosts: tuple[str, ...], folder: Path) -> None:
    """See that clients will take the certificate at the address that they are told.

    Raises:
        SettingsError: it names another host.
    """
    told = hosts[-1] if len(hosts) > len(_LOOPBACK) else None
    if told is None:
        return
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        named: set[str] = set()
    else:
        addresses = names.get_values_for_type(x509.IPAddress)
        named = {*names.get_values_for_type(x509.DNSName), *map(str, addresses)}
    if _canonical(told) not in named:
        path = _own(folder, _STUB).certificate
        found = f"one for {', '.join(sorted(named)) or 'no host'} ({path})"
        hint = "Give another folder to have one made, or put a certificate for this host there."
        raise SettingsError("tls", f"a certificate for {told}", found, hint)


def _canonical(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower()


def _unusable(error: SmkiError) -> SettingsError:
    found = error.found if error.path is None else f"{error.found} ({error.what} {error.path})"
    return SettingsError("tls", error.expected, found, error.hint)
