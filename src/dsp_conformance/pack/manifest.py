"""The list of all files of a pack with their digests, in the form that `sha256sum --check` reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dsp_conformance.pack.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST: Final = "MANIFEST.sha256"
"""The manifest's name in a pack."""

SIGNATURE: Final = "MANIFEST.sha256.sig"
"""The name of the detached signature of the manifest."""

CERTIFICATE: Final = "tester.pem"
"""The name of the certificate that the signature is checked with; listed in the manifest."""

OUTSIDE: Final = frozenset({MANIFEST, SIGNATURE})
"""Files that the manifest cannot list."""

_LINE: Final = re.compile(r"([0-9a-f]{64})  ([^\\\r\n]+)")


def manifest_of(digests: Mapping[str, str]) -> bytes:
    """Write a manifest: one line a file, sorted by name.

    Args:
        digests: SHA-256 in lower-case hexadecimal by file name.
    """
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def read_manifest(octets: bytes) -> dict[str, str]:
    """Read a manifest.

    Raises:
        PackError: it is none.
    """
    try:
        lines = octets.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        lines = ["not UTF-8", ""]
    digests: dict[str, str] = {}
    for number, line in enumerate(lines[:-1] if lines[-1] == "" else lines, 1):
        found = _LINE.fullmatch(line)
        if found is None or found[2] in digests:
            raise PackError(
                f"{MANIFEST}, line {number}, cannot be used",
                expected="64 hexadecimal digits, two spaces and the name of a file that stands there once",
                found=repr(line[:100]),
            )
        digests[found[2]] = found[1]
    return digests
