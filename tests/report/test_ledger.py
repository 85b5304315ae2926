from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from dsp_conformance.report.ledger import Keyword, Ledger, LedgerError, UnknownRequirement

OWN = Path(__file__).parents[2] / "features" / "requirements.toml"
ENTRY = """
[groups]
MP105 = "the change"

[requirements.MP105-01]
title = "t"
text = "A conforming DSP does."
keyword = "MUST"
source = ["S"]
applicability = "smets1"
revision = 1
"""


def load(folder: Path, text: str) -> Ledger:
    path = folder / "requirements.toml"
    path.write_text(text)
    return Ledger.load(path)


def test_the_projects_ledger_holds_every_requirement_of_its_second_edition() -> None:
    ledger = Ledger.load(OWN)
    counts = {"MP105": 11, "SCOPE": 6, "BASE": 8, "DUIS": 5}
    expected = [f"{group}-{number:02}" for group, count in counts.items() for number in range(1, count + 1)]
    assert list(ledger) == expected
    assumed = [one.id for one in ledger.values() if one.keyword is Keyword.ASSUMED]
    assert assumed == ["MP105-08", "MP105-09", "MP105-10", "SCOPE-04"]
    switched = {one.id: one.applicability for one in ledger.values() if one.applicability}
    assert switched == {"MP105-11": "resent_activation", "SCOPE-03": "not secmp0007", "BASE-05": "smets1"}


def test_sources_stand_where_the_paper_or_the_public_page_says_so() -> None:
    ledger = Ledger.load(OWN)
    assert ledger["MP105-04"].source == ("S", "P")
    assert ledger["MP105-06"].source == ("P",)
    assert all(one.source for one in ledger.values() if one.keyword is Keyword.MUST and one.group != "DUIS")
    assert not any(one.source for one in ledger.values() if one.keyword is Keyword.ASSUMED)


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"smets1": True}, None),
        ({"smets1": False}, "the profile says smets1 = no"),
        ({"smets1": None}, "the profile does not declare smets1"),
        ({}, "the profile does not declare smets1"),
    ],
)
def test_a_switch_must_be_declared_for_its_requirement_to_apply(
    tmp_path: Path, declared: dict[str, bool | None], reason: str | None
) -> None:
    assert load(tmp_path, ENTRY)["MP105-01"].not_applicable(declared) == reason


@pytest.mark.parametrize(
    ("declared", "applies"), [({"smets1": True}, False), ({"smets1": False}, True), ({"smets1": None}, True)]
)
def test_a_negated_switch_must_not_be_declared(
    tmp_path: Path, *, declared: dict[str, bool | None], applies: bool
) -> None:
    requirement = load(tmp_path, ENTRY.replace('"smets1"', '"not smets1"'))["MP105-01"]
    assert (requirement.not_applicable(declared) is None) == applies


@pytest.mark.parametrize(
    ("wrong", "key", "nearest"),
    [
        (('keyword = "MUST"', 'keyword = "MSUT"'), "requirements.MP105-01.keyword", "MUST"),
        (('keyword = "MUST"', 'keyword = "assumd"'), "requirements.MP105-01.keyword", "ASSUMED"),
        (('title = "t"', 'titel = "t"\ntitle = "t"'), "requirements.MP105-01.titel", "title"),
        (('title = "t"', 'titel = "t"'), "requirements.MP105-01.titel", "title"),
        (('"smets1"', '"smet1"'), "requirements.MP105-01.applicability", "smets1"),
        (('source = ["S"]', 'source = ["X"]'), "requirements.MP105-01.source.0", ""),
        (("revision = 1", 'revision = "1"'), "requirements.MP105-01.revision", ""),
        (("revision = 1", "revision = 0"), "requirements.MP105-01.revision", ""),
        (('title = "t"', ""), "requirements.MP105-01.title", ""),
        (("A conforming", "The"), "requirements.MP105-01.text", ""),
        (("requirements.MP105-01", "requirements.MP106-01"), "requirements.MP106-01", "MP105"),
        (("requirements.MP105-01", "requirements.MP105-1"), "requirements.MP105-1", ""),
        (('title = "t"', 'title = " "'), "requirements.MP105-01.title", ""),
        (("[groups]", "[group]"), "group", "groups"),
        (('[groups]\nMP105 = "the change"', ""), "groups", ""),
        (("[groups]", "[group]\n[groups]"), "group", "groups"),
        (("[requirements.MP105-01]", "[requirement.MP105-01]"), "requirement", "requirements"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_key_and_the_nearest_spelling(
    tmp_path: Path, wrong: tuple[str, str], key: str, nearest: str
) -> None:
    with pytest.raises(LedgerError) as refused:
        load(tmp_path, ENTRY.replace(*wrong))
    assert (refused.value.key, refused.value.nearest) == (key, nearest)
    told = str(refused.value)
    assert told.startswith(f"{tmp_path / 'requirements.toml'}: {key}: ")
    assert ("did you mean" in told) == bool(nearest)
    assert told.endswith(f" - did you mean {nearest!r}?" if nearest else refused.value.reason)


def test_a_number_is_told_from_a_text_that_looks_like_one(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"found 0$"):
        load(tmp_path, ENTRY.replace("revision = 1", "revision = 0"))
    with pytest.raises(LedgerError, match=r"found '1'$"):
        load(tmp_path, ENTRY.replace("revision = 1", 'revision = "1"'))


def test_a_file_as_windows_editors_write_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "requirements.toml"
    path.write_bytes(b"\xef\xbb\xbf" + ENTRY.replace("\n", "\r\n").encode())
    assert list(Ledger.load(path)) == ["MP105-01"]


def test_requirements_that_are_no_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as refused:
        load(tmp_path, "requirements = 3\n" + ENTRY.partition("[requirements")[0])
    assert refused.value.key == "requirements"


def test_a_file_that_is_missing_or_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"absent\.toml: file: cannot be read"):
        Ledger.load(tmp_path / "absent.toml")
    with pytest.raises(LedgerError, match="is no TOML"):
        load(tmp_path, "= nothing")


def test_an_unknown_id_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    ledger = load(tmp_path, ENTRY)
    with pytest.raises(UnknownRequirement, match="did you mean 'MP105-01'"):
        ledger["MP105-1"]
    assert "MP105-1" not in ledger
    assert "MP105-01" in ledger
    assert len(ledger) == 1


def test_what_a_requirement_demands_cannot_be_changed_by_whoever_reads_it(tmp_path: Path) -> None:
    requirement = load(tmp_path, ENTRY)["MP105-01"]
    with pytest.raises(ValidationError, match="frozen"):
        requirement.keyword = Keyword.ASSUMED
    assert requirement.keyword is Keyword.MUST


def test_whatever_the_ledger_does_not_call_assumed_counts_as_a_must() -> None:
    ledger = Ledger.load(OWN)
    assert [ledger.is_must(one) for one in ("MP105-01", "MP105-08", "ACME-01")] == [True, False, True]
