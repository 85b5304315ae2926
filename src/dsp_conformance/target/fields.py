"""What the values of a target file look like, and the words in which an error tells what was expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from dsp_conformance.base.eui64 import Eui64

__all__ = [
    "CERTIFICATE",
    "DECLARED",
    "KEY",
    "SECONDS",
    "URL",
    "Bind",
    "BindAddress",
    "Declared",
    "EnvironmentName",
    "Eui",
    "FilePath",
    "Seconds",
    "Section",
    "Text",
    "Url",
    "UrlPath",
    "bind_address",
]

_ENVIRONMENT_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
_LONGEST_WAIT = 86_400
_HIGHEST_PORT = 65_535
_bind = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:\[\]/]+)):(?P<port>[0-9]{1,5})").fullmatch


def _eui64(value: object) -> Eui64:
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004 - a ValueError is what pydantic collects
    return Eui64.parse(value)


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    port = parts.port  # raises ValueError for one that is no port
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError("no http or https address")
    if parts.username or parts.password or parts.query or parts.fragment or " " in value:
        raise ValueError("more than an address")
    return value.rstrip("/")


@dataclass(frozen=True, slots=True)
class BindAddress:
    """Where to listen.

    Attributes:
        host: a name or an address.
        port: 0 for any free one.
    """

    host: str
    port: int


def bind_address(value: object) -> BindAddress:
    """Read "host:port"; raises ValueError for anything else."""
    match = _bind(value) if isinstance(value, str) else None
    if match is None or int(match["port"]) > _HIGHEST_PORT:
        raise ValueError("no host and port")
    return BindAddress(match["v6"] or match["host"], int(match["port"]))


# What a validating function demands, JSON Schema has to be told besides.
_PORT = "(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|0*[1-9][0-9]{0,3})"
_URL_PATTERN = rf"^[Hh][Tt][Tt][Pp][Ss]?://([^\s/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(:{_PORT})?(/[^?# ]*)?$"
_BIND_PATTERN = rf"^(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/]+):({_PORT}|0{{1,5}})$"
_EUI_PATTERN = "^[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){7}$"

Text = Annotated[
    str,
    StringConstraints(min_length=1, strip_whitespace=True),
    WithJsonSchema({"type": "string", "pattern": r"\S"}),
]
Url = Annotated[str, AfterValidator(_http_url), WithJsonSchema({"type": "string", "pattern": _URL_PATTERN})]
Eui = Annotated[Eui64, PlainValidator(_eui64), WithJsonSchema({"type": "string", "pattern": _EUI_PATTERN})]
Bind = Annotated[
    BindAddress, PlainValidator(bind_address), WithJsonSchema({"type": "string", "pattern": _BIND_PATTERN})
]
UrlPath = Annotated[str, StringConstraints(pattern=r"^/[!-~]*$")]
FilePath = Annotated[
    str,
    StringConstraints(min_length=1, pattern=r"^[^\x00]+$"),
    Field(json_schema_extra={"format": "path"}),
]
EnvironmentName = Annotated[str, StringConstraints(pattern=_ENVIRONMENT_NAME)]
Seconds = Annotated[float, Field(gt=0, le=_LONGEST_WAIT)]
Declared = Literal["yes", "no", "undeclared"]

CERTIFICATE = "the path of a certificate, PEM or DER"
KEY = "the path of a private key, PEM or DER"
URL = "an http or https address, such as 'http://127.0.0.1:8079'"
DECLARED = "'yes', 'no' or 'undeclared'"
SECONDS = f"a number of seconds above 0, at most {_LONGEST_WAIT}"


class Section(BaseModel):
    """A section of the file: nothing in it but what is known, and no value taken for another."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)
