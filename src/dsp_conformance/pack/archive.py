"""Zip files: written so that the same files make the same octets, and read as something a stranger sent."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from dsp_conformance.pack.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MOST_FILES: Final = 200_000
"""Files in the largest pack that is read."""

LARGEST: Final = 2 << 30
"""Octets in the largest pack that is read, unpacked."""

_BOMB_RATIO: Final = 200
_HARMLESS: Final = 64 << 20
_CHUNK: Final = 1 << 18
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
"""What `zipfile` raises for a file that cannot be read; the last for a compression that it does not know."""
_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_FILE_MODE: Final = 0o100644 << 16
_COMPRESSIONS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def write_archive(path: Path, files: Mapping[str, Path | bytes]) -> None:
    """Write a zip file whose octets depend on names and contents alone.

    Raises:
        PackError: it cannot be written, or a file cannot be read.
    """
    try:
        with zipfile.ZipFile(path, "w") as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, _BEGINNING)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system, entry.external_attr = _UNIX, _FILE_MODE
                source = files[name]
                octets = source if isinstance(source, bytes) else source.read_bytes()
                archive.writestr(entry, octets, compresslevel=6)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise PackError("the pack cannot be written", found=str(error)) from None


class Archive:
    """A zip file that was looked over before anything in it is read.

    Attributes:
        names: its files.
    """

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zipped = zipped
        self.names = tuple(zipped.namelist())

    def digest(self, name: str, copy: IO[bytes] | None = None) -> str | None:
        """SHA-256 of a file, unpacked in pieces; None if its octets are damaged.

        Args:
            name: of the file.
            copy: takes the octets as well.
        """
        whole = hashlib.sha256()
        try:
            with self._zipped.open(name) as file:
                while piece := file.read(_CHUNK):
                    whole.update(piece)
                    if copy is not None:
                        copy.write(piece)
        except _DAMAGED:
            return None
        return whole.hexdigest()

    def octets(self, name: str, limit: int) -> bytes:
        """The octets of a small file.

        Raises:
            PackError: it is missing, damaged or larger than that.
        """
        try:
            if self._zipped.getinfo(name).file_size > limit:
                raise PackError(f"{name} is too large", expected=f"at most {limit} octets")
            return self._zipped.read(name)
        except KeyError:
            raise PackError(f"it holds no {name}", hint="give a pack of `dsp-conformance pack`") from None
        except _DAMAGED as error:
            raise PackError(f"{name} is damaged", found=str(error)) from None


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a zip file for the length of the block, if nothing about it is dangerous.

    Raises:
        PackError: it is no zip file, or one that could write outside of its folder, fill a disk, or mean
            different things to different readers.
    """
    try:
        with zipfile.ZipFile(path) as zipped:
            _look_over(zipped, path.stat().st_size)
            yield Archive(zipped)
    except OSError as error:
        raise PackError("it cannot be read", found=error.strerror or str(error)) from None
    except (zipfile.BadZipFile, UnicodeDecodeError, ValueError) as error:
        raise PackError("it is no zip file, or a damaged one", found=str(error)) from None


def _look_over(zipped: zipfile.ZipFile, size: int) -> None:
    entries = zipped.infolist()
    if len(entries) > MOST_FILES:
        raise PackError("it holds too many files", expected=f"at most {MOST_FILES}", found=f"{len(entries)}")
    seen: set[str] = set()
    for entry in entries:
        if flaw := _flaw(entry, seen):
            raise PackError(
                f"it holds {entry.filename!r}, {flaw}", hint="it is no pack of this suite's making"
            )
        seen.add(entry.filename.casefold())
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if packed > size:
        raise PackError("its files overlap", expected=f"at most {size} octets", found=f"{packed}")
    if unpacked > LARGEST or (unpacked > _HARMLESS and unpacked > _BOMB_RATIO * size):
        raise PackError(
            "it would unpack to far more than it is",
            expected=f"at most {LARGEST} octets, and {_BOMB_RATIO} times the size of the zip file",
            found=f"{unpacked} octets from {size}",
        )


def _flaw(entry: zipfile.ZipInfo, seen: set[str]) -> str:
    """What keeps an entry from being read; empty if nothing does."""
    name = entry.filename
    parts = name.split("/")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    flaws = (
        (name.startswith("/") or ":" in name or "\\" in name, "which is no relative path"),
        (any(part in {"", ".", ".."} for part in parts), "which is no plain path"),
        (any(ord(one) < ord(" ") for one in name), "which has control characters in its name"),
        (entry.orig_filename != name, "which has two names"),
        (name.casefold() in seen, "more than once"),
        (kind not in {0, stat.S_IFREG}, "which is no ordinary file"),
        (bool(entry.flag_bits & 1), "which is encrypted"),
        (entry.compress_type not in _COMPRESSIONS, "which is packed in an unusual way"),
    )
    return next((flaw for applies, flaw in flaws if applies), "")
