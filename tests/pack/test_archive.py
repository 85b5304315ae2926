"""What a pack's zip file is made like, and which zip files are too much to be read."""

from __future__ import annotations

import stat
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.pack import archive
from dsp_conformance.pack.archive import LARGEST, opened, write_archive
from dsp_conformance.pack.errors import PackError

if TYPE_CHECKING:
    from pathlib import Path

_ENTRY = b"PK\x01\x02"
_PACKED_AT, _UNPACKED_AT = 20, 24
_HARMLESS = 64 << 20
_RATIO = 200


def _zip(path: Path, *names: str, octets: bytes = b"") -> Path:
    with zipfile.ZipFile(path, "w") as zipped:
        for name in names or ("one",):
            zipped.writestr(name, octets)
    return path


def _saying(path: Path, *, packed: int | None = None, unpacked: int | None = None) -> Path:
    """Have the table of a zip file with one entry say other sizes."""
    octets = bytearray(path.read_bytes())
    entry = octets.index(_ENTRY)
    for at, size in ((_PACKED_AT, packed), (_UNPACKED_AT, unpacked)):
        if size is not None:
            struct.pack_into("<I", octets, entry + at, size)
    path.write_bytes(octets)
    return path


def _refusal(path: Path) -> str:
    with pytest.raises(PackError) as refused, opened(path):
        pass
    return str(refused.value)


def test_a_file_s_place_in_time_and_its_rights_depend_on_nothing(tmp_path: Path) -> None:
    write_archive(tmp_path / "made.zip", {"b": b"two", "a": b"one"})

    with zipfile.ZipFile(tmp_path / "made.zip") as zipped:
        entries = zipped.infolist()
    assert [entry.filename for entry in entries] == ["a", "b"]
    for entry in entries:
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 == stat.S_IFREG | 0o644
        assert entry.create_system == 3, "Unix, wherever it was made"


def test_a_pack_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="cannot be written"):
        write_archive(tmp_path / "made.zip", {"a": b"one", "b": tmp_path / "missing"})
    assert not (tmp_path / "made.zip").exists()

    with pytest.raises(PackError, match="cannot be written"):
        write_archive(tmp_path / "no folder" / "made.zip", {"a": b"one"})


def test_a_small_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    with opened(_zip(tmp_path / "a.zip", octets=b"12345")) as pack:
        assert pack.octets("one", 5) == b"12345"
        with pytest.raises(PackError, match=r"one is too large(.|\n)*at most 4 octets"):
            pack.octets("one", 4)


def test_as_many_files_as_are_allowed_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 2)

    with opened(_zip(tmp_path / "two.zip", "a", "b")) as pack:
        assert pack.names == ("a", "b")
    assert "too many files" in _refusal(_zip(tmp_path / "three.zip", "a", "b", "c"))


def test_a_file_that_says_it_is_longer_than_the_whole_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", octets=b"12345")
    size = path.stat().st_size

    with opened(_saying(path, packed=size)):
        pass
    assert "its files overlap" in _refusal(_saying(path, packed=size + 1))


def test_what_unpacks_to_little_may_be_packed_however_well(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip")

    with opened(_saying(path, unpacked=_HARMLESS)):
        pass
    assert "far more than it is" in _refusal(_saying(path, unpacked=_HARMLESS + 1))


def test_what_unpacks_to_much_may_do_so_by_a_ratio_and_up_to_a_limit(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", octets=bytes(_HARMLESS // _RATIO))
    size = path.stat().st_size
    with opened(_saying(path, unpacked=size * _RATIO)):
        pass
    assert "far more than it is" in _refusal(_saying(path, unpacked=size * _RATIO + 1))

    large = _zip(tmp_path / "large.zip", octets=bytes(LARGEST // _RATIO))
    with opened(_saying(large, unpacked=LARGEST)):
        pass
    assert "far more than it is" in _refusal(_saying(large, unpacked=LARGEST + 1))


@pytest.mark.parametrize(("name", "fine"), [("a b", True), ("a\x1fb", False), ("a\x01b", False)])
def test_names_have_spaces_and_no_control_characters(tmp_path: Path, name: str, *, fine: bool) -> None:
    path = _zip(tmp_path / "a.zip", name)

    if fine:
        with opened(path) as pack:
            assert pack.names == (name,)
    else:
        assert "control characters" in _refusal(path)
