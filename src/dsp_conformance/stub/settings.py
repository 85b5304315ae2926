"""How a stub is started: its settings, and what is said when they cannot be used."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema, SchemaFolderError
from dsp_conformance.duis.xml import DEFAULT_LIMIT
from dsp_conformance.stub.delivery import RetryPolicy
from dsp_conformance.stub.dsp import DspOptions
from dsp_conformance.stub.mp105 import Rules

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DEFAULT_DCC_ID", "SettingsError", "StubSettings"]

DEFAULT_DCC_ID: Final = Eui64.parse("90-B3-D5-1F-30-00-00-02")
"""The DSP's ID in the published samples."""

_LARGEST_PORT: Final = 65_535
_SHORTEST_TOKEN: Final = 16
_LONGEST_TOKEN_FILE: Final = 4096


@dataclass(eq=False)
class SettingsError(Exception):
    """A stub cannot start with these settings.

    Attributes:
        field: the setting at fault.
        expected: what it may be.
        found: what it is.
        hint: what to do.
    """

    field: str
    expected: str
    found: str
    hint: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, found {self.found}. {self.hint}"


@dataclass(frozen=True, slots=True)
class StubSettings:
    """How a stub is started.

    Attributes:
        host: the address to listen on; anything but loopback needs a token file.
        port: the port to listen on; 0 for any free one.
        before_mp105: be the DSP as it was before the change.
        rejection_code: the response code for a device status that does not allow a request.
        schema_folder: the published schema files to judge requests by; None for the bundled profile.
        token_file: holds the bearer token of the Testbed Control API, at least 16 characters; None for no
            token.
        max_message_size: the largest message that is read, in octets.
        no_answer_seconds: how long after a Device did not answer the User gets E20 or E21; None for silence.
        delivery_attempts: how often a response is posted to a User that does not take it.
        delivery_pause_seconds: the pause before the second attempt; each further pause is twice as long.
        advertised_url: base of the URLs told to others, where they reach the stub by another name than
            `host`.
        dcc_id: the stub's own ID, the target of non-device requests.
        deviations: the ids of the ways in which it is to differ from the DSP that it is otherwise.
        tls: a folder of certificates, which makes it speak https; filled where it has none.
        mutual_tls: demand client certificates.
    """

    host: str = "127.0.0.1"
    port: int = 0
    before_mp105: bool = False
    rejection_code: str = "E51"
    schema_folder: Path | None = None
    token_file: Path | None = None
    max_message_size: int = DEFAULT_LIMIT
    no_answer_seconds: float | None = 0.05
    delivery_attempts: int = 5
    delivery_pause_seconds: float = 0.2
    advertised_url: str | None = None
    dcc_id: Eui64 = DEFAULT_DCC_ID
    deviations: tuple[str, ...] = ()
    tls: Path | None = None
    mutual_tls: bool = False

    def token(self) -> str | None:
        """Read the bearer token of the Testbed Control API.

        Returns:
            None where the API needs none: on loopback, without a token file.

        Raises:
            SettingsError: a token is needed and there is none, or the file cannot be used.
        """
        if self.token_file is None:
            if is_loopback(self.host):
                return None
            raise SettingsError(
                "host",
                "a loopback address, or a token file with it",
                f"{self.host} and no token file",
                "Listen on 127.0.0.1, or put a secret into a file and give it with --token-file.",
            )
        hint = "Write one line of at least 16 printable ASCII characters without spaces into it."
        try:
            with self.token_file.open("rb") as file:
                octets = file.read(_LONGEST_TOKEN_FILE + 1)
        except OSError as error:
            found = f"{self.token_file} ({error.strerror})"
            raise SettingsError("token-file", "a readable file", found, hint) from None
        token = octets.strip().decode("ascii", errors="replace")
        usable = token.isascii() and token.isprintable() and " " not in token
        if not usable or not _SHORTEST_TOKEN <= len(token) <= _LONGEST_TOKEN_FILE:
            raise SettingsError("token-file", "a file that holds a token", f"{self.token_file}", hint)
        return token

    def dsp_options(self) -> DspOptions:
        """Check the settings and return what the DSP is made with.

        Raises:
            SettingsError: a setting cannot be used.
        """
        _expect_positive("max-message-size", self.max_message_size)
        _expect_positive("delivery-attempts", self.delivery_attempts)
        if not 0 <= self.port <= _LARGEST_PORT:
            hint = "Choose another port, or 0 for any free one."
            raise SettingsError("port", f"0 to {_LARGEST_PORT}", str(self.port), hint)
        options = DspOptions(
            schema=self._schema(),
            dcc_id=self.dcc_id,
            rejection_code=self._rejection_code(),
            rules=Rules.before_mp105() if self.before_mp105 else Rules.as_of_mp105(),
            max_message_size=self.max_message_size,
            no_answer_seconds=self.no_answer_seconds,
            retry_policy=RetryPolicy(self.delivery_attempts, self.delivery_pause_seconds),
        )
        return self._deviating(options) if self.deviations else options

    def _deviating(self, options: DspOptions) -> DspOptions:
        from dsp_conformance.stub.deviations import (  # noqa: PLC0415 - a stub as it should be goes without
            UnknownDeviation,
            deviating,
            find,
        )

        try:
            return deviating(options, find(self.deviations))
        except UnknownDeviation as unknown:
            expected = "the id of a deviation"
            raise SettingsError("deviation", expected, repr(unknown.id), unknown.hint) from None

    def _rejection_code(self) -> ResponseCode:
        rejections = [code for code in ResponseCode if code.value.startswith("E")]
        if self.rejection_code not in rejections:
            hint = "E51 is what the source paper says, E5 what the response code table says."
            raise SettingsError("rejection-code", "an E code of the schema", repr(self.rejection_code), hint)
        return ResponseCode(self.rejection_code)

    def _schema(self) -> DuisSchema:
        if self.schema_folder is None:
            return DuisSchema.bundled()
        try:
            return DuisSchema.from_folder(self.schema_folder)
        except SchemaFolderError as error:
            hint = "Give an unpacked copy of the published files, or leave it out for the bundled profile."
            expected = "a folder with the DUIS schema"
            raise SettingsError("schema-folder", expected, str(error), hint) from None


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _expect_positive(field: str, number: int) -> None:
    if number < 1:
        raise SettingsError(field, "at least 1", str(number), "Leave it out for the default.")
