from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from dsp_conformance.smki.names import parts_of, read_name

if TYPE_CHECKING:
    from pathlib import Path

_TYPES = {"ST": x509.NameOID.STATE_OR_PROVINCE_NAME}


def _cases(shared_data: Path) -> list[tuple[str, str, bool]]:
    text = (shared_data.parent / "cases" / "names" / "issuer-names.txt").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, spelled, same.startswith("yes")) for name, spelled, same in rows]


def test_each_spelling_of_a_name_says_the_same_and_no_other_name_does(shared_data: Path) -> None:
    cases = _cases(shared_data)
    assert {same for _, _, same in cases} == {True, False}
    for name, spelled, same in cases:
        said = parts_of(x509.Name.from_rfc4514_string(name))
        assert (read_name(spelled) == said) is same, spelled
        assert read_name(name) == said


@pytest.mark.parametrize(
    "spelled",
    [
        "CN=U 1,OU=07",
        "  cn = u  1 ;\n ou = 07 ",
        'OU=07, CN="U 1"',
        "2.5.4.11=#13023037,CN=U 1",
        "OID.2.5.4.11=#0C023037 + OID.2.5.4.3=#1e060055002000 31".replace(" 31", "31"),
        "organizationalUnitName=07,commonName=U\\20 1".replace("\\20 ", "\\20"),
        "/OU=07/CN=U\\x201",
        "CN=\\55 1,OU=\\30\\37",
    ],
)
def test_a_name_says_the_same_however_it_is_written(spelled: str) -> None:
    name = x509.Name.from_rfc4514_string("CN=U 1,OU=07")
    assert read_name(spelled) == parts_of(name)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ("Smart Data, Ltd", 'O="Smart Data, Ltd"'),
        ("a+b;c", r"O=a\+b\;c"),
        ('say "x"', 'O="say ""x"""'),
        ('say "x"', r'O="say \"x\""'),
        ("a/b", "/O=a/b"),
        ("back\\slash", r"O=back\\slash"),
        ("back\\slash", r"O=back\5Cslash"),
        ("Königs", "O=K\\C3\\B6nigs"),
        ("#1302", r"O=\#1302"),
        ("CN=x", "O=CN=x"),
    ],
)
def test_what_stands_for_itself_in_a_value_is_told_from_what_parts_a_name(value: str, spelled: str) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, value)])
    assert read_name(spelled) == parts_of(name)


def test_octets_of_a_value_are_compared_with_and_without_what_says_their_kind() -> None:
    octets = bytes.fromhex("0090B3D51F30010000")
    name = x509.Name(
        [x509.NameAttribute(x509.NameOID.X500_UNIQUE_IDENTIFIER, octets, x509.name._ASN1Type.BitString)]
    )
    assert read_name("2.5.4.45=#03090090B3D51F30010000") == parts_of(name)
    assert read_name("x500UniqueIdentifier=#0090b3d51f30010000") == parts_of(name)
    assert read_name("2.5.4.45=#03090090B3D51F30010001") != parts_of(name)


@pytest.mark.parametrize("text", ["O=Smart Data, Ltd", "Z1", "XYZ=1", "=1", "CN=Z1,,OU=07", "CN=Z1,"])
def test_what_cannot_be_read_is_no_name(text: str) -> None:
    assert read_name(text) is None


def test_a_name_without_parts_is_one() -> None:
    assert read_name(" ") == parts_of(x509.Name([])) == frozenset()
