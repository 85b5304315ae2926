"""Files of keys and certificates: read within bounds, taken apart, keys written for their owner alone."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dsp_conformance.smki.errors import Defect, SmkiError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Contents", "PemBlock", "bounded", "pem_blocks", "read_contents", "write_file"]

_LIMIT = 1 << 18
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_PRIVATE_MODE = 0o600
_PUBLIC_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Contents:
    """The octets of a file, or of a part of it, hidden from every rendering: they may be a private key.

    Attributes:
        what: what the file is expected to hold, such as "private key".
        octets: the octets, at most 256 KiB.
        path: where they came from, or None.
    """

    what: str
    octets: bytes = field(repr=False)
    path: Path | None = None

    def problem(self, defect: Defect, expected: str, found: str, hint: str) -> SmkiError:
        """Make the error that says what is wrong with these contents."""
        return SmkiError(defect, self.what, expected, found, hint, self.path)


@dataclass(frozen=True, slots=True)
class PemBlock:
    """One block of a PEM file.

    Attributes:
        label: what the block says it is, such as "EC PRIVATE KEY".
        contents: the block with its BEGIN and END lines.
    """

    label: str
    contents: Contents


def read_contents(path: Path, what: str) -> Contents:
    """Read a file that should hold a key or certificates.

    Raises:
        SmkiError: if the file is missing, is no ordinary file, cannot be read, is empty or exceeds 256 KiB.
    """
    try:
        # A pipe would be waited for, so look before reading.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            found = "a directory" if stat.S_ISDIR(mode) else "something that is not an ordinary file"
            raise SmkiError(
                Defect.NOT_A_FILE, what, "a file", found, "Give the path of the file itself.", path
            )
        with path.open("rb") as stream:
            contents = Contents(what, stream.read(_LIMIT + 1), path)
    except FileNotFoundError:
        hint = "Check the path; a relative one starts at the folder that the program was started in."
        raise SmkiError(Defect.MISSING, what, "a file", "nothing at this path", hint, path) from None
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL in it.
        hint = "Let the user that runs this program read the file."
        raise SmkiError(Defect.UNREADABLE, what, "a readable file", _reason(error), hint, path) from None
    return bounded(contents)


def bounded(contents: Contents) -> Contents:
    """Return the contents as they are, if their size is plausible.

    Raises:
        SmkiError: if they are empty or exceed 256 KiB.
    """
    if not contents.octets.strip():
        raise contents.problem(Defect.EMPTY, f"a {contents.what}", "nothing", "Fill it, in PEM or DER form.")
    if len(contents.octets) > _LIMIT:
        hint = "Check that this is the file you mean."
        raise contents.problem(Defect.TOO_LARGE, "at most 256 KiB", "more than that", hint)
    return contents


def pem_blocks(contents: Contents) -> tuple[PemBlock, ...]:
    """Take PEM apart into its blocks; text around them is skipped. Gives nothing at all for DER.

    Raises:
        SmkiError: if a block has no end.
    """
    blocks, whole = _split(contents)
    if not whole:
        hint = "It looks cut off: copy it again."
        raise contents.problem(
            Defect.DAMAGED, "PEM blocks with BEGIN and END lines", "a block with no END", hint
        )
    return blocks


def _split(contents: Contents) -> tuple[tuple[PemBlock, ...], bool]:
    """Find the blocks, and tell whether the last one is whole. Raises nothing: its variables hold keys."""
    blocks: list[PemBlock] = []
    lines: list[bytes] = []
    label, end = b"", b""
    for line in contents.octets.splitlines():
        text = line.strip(b"\xef\xbb\xbf \t")
        if not lines:
            if (begin := _BEGIN.fullmatch(text)) is not None:
                label = begin.group(1)
                end = b"-----END " + label + b"-----"
                lines = [text]
            continue
        lines.append(text)
        if text == end:
            block = replace(contents, octets=b"\n".join(lines) + b"\n")
            blocks.append(PemBlock(label.decode("ascii"), block))
            lines = []
    return tuple(blocks), not lines


def write_file(path: Path, octets: bytes, *, private: bool, what: str) -> None:
    """Write a file and the folders above it, in place of what is there.

    A private file has mode 0600 from its start.

    Raises:
        SmkiError: if that cannot be done.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A new file, never the old one: its mode could be wider, and it could be a link to somewhere else.
        path.unlink(missing_ok=True)
        mode = _PRIVATE_MODE if private else _PUBLIC_MODE
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as stream:  # noqa: PTH123  # a descriptor has no path
            stream.write(octets)
    except (OSError, ValueError) as error:
        hint = "Choose a folder that this program may write to, with room left on its disk."
        reason = _reason(error)
    else:
        return
    raise SmkiError(Defect.UNWRITABLE, what, "a file that can be written", reason, hint, path)


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
