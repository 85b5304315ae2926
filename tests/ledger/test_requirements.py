from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from dsp_conformance.ledger.requirements import SOURCES, Keyword, Ledger, LedgerError, UnknownRequirement

OWN = Path(__file__).parents[2] / "features" / "requirements.toml"
ENTRY = """
[groups]
MP105 = "the change"

[requirements.MP105-01]
title = "t"
text = "A conforming DSP does."
keyword = "MUST"
source = ["S"]
basis = "stated"
applicability = "smets1"
revision = 1
"""
DERIVED = ENTRY.replace('"stated"', '"derived"\nderivation = "It follows."')
ASSUMED = ENTRY.replace('keyword = "MUST"\nsource = ["S"]\nbasis = "stated"', 'keyword = "ASSUMED"')


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


def test_every_must_of_the_project_names_its_sources_as_the_second_edition_has_them() -> None:
    ledger = Ledger.load(OWN)
    both, page, xml, service = ("S", "P"), ("P",), ("X", "D"), ("U", "D")
    other = {
        "MP105-03": both,
        "MP105-04": both,
        "MP105-05": both,
        "MP105-06": page,
        "MP105-11": page,
        "DUIS-01": xml,
        "DUIS-02": ("D",),
        "DUIS-03": xml,
        "DUIS-04": service,
        "DUIS-05": ("D",),
    }
    must = [one for one in ledger.values() if one.keyword is Keyword.MUST]
    assert {one.id: one.source for one in must} == {one.id: other.get(one.id, ("S",)) for one in must}
    assert not any(one.source for one in ledger.values() if one.keyword is Keyword.ASSUMED)
    assert set(SOURCES) == {letter for one in must for letter in one.source}


def test_every_must_of_the_project_says_whether_it_is_stated_and_else_how_it_is_derived() -> None:
    must = [one for one in Ledger.load(OWN).values() if one.keyword is Keyword.MUST]
    assert {one.basis for one in must} == {"stated", "derived"}
    for one in must:
        assert one.standing.startswith(str(one.basis))
        assert one.basis == "stated" or one.standing == f"derived: {one.derivation}"
    # What the second edition itself calls derived, and what it takes from the source's own words alone.
    of = {one.id: one for one in must}
    assert all(of[name].basis == "derived" for name in ("SCOPE-05", "BASE-07", "DUIS-05"))
    assert of["BASE-04"].standing == "stated"


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        (ENTRY, "stated"),
        (DERIVED, "derived: It follows."),
        (DERIVED.replace('"derived"', '"stated"'), "stated; beyond its words: It follows."),
        (ASSUMED, ""),
    ],
)
def test_where_a_demand_stands_is_told_in_words(tmp_path: Path, text: str, standing: str) -> None:
    assert load(tmp_path, text)["MP105-01"].standing == standing


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (ENTRY.replace('source = ["S"]\n', ""), "source", "S (DP105 problem statement"),
        (ENTRY.replace('["S"]', "[]"), "source", "a MUST names where it stands"),
        (ENTRY.replace('basis = "stated"\n', ""), "basis", "'stated' or 'derived'"),
        (ENTRY.replace('"stated"', '"derived"'), "derivation", "says in one sentence how it follows"),
        (DERIVED.replace("It follows.", ""), "derivation", "says in one sentence how it follows"),
        (DERIVED.replace("It follows.", "it follows"), "derivation", "pattern"),
        (ENTRY.replace('"stated"', '"stats"'), "basis", "did you mean 'stated'?"),
        (ENTRY.replace('"MUST"', '"ASSUMED"'), "keyword", "what has a source is a MUST"),
    ],
)
def test_a_must_that_does_not_show_where_it_stands_is_refused(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    assert text not in (ENTRY, DERIVED)
    with pytest.raises(LedgerError) as refused:
        load(tmp_path, text)
    assert refused.value.key == f"requirements.MP105-01.{key}"
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"smets1": True}, None),
        ({"smets1": False}, "the profile says smets1 = no"),
        ({"smets1": None}, None),
        ({}, None),
    ],
)
def test_a_requirement_falls_away_where_its_switch_is_declared_absent_and_nowhere_else(
    tmp_path: Path, declared: dict[str, bool | None], reason: str | None
) -> None:
    assert load(tmp_path, ENTRY)["MP105-01"].not_applicable(declared) == reason


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"smets1": True}, "the profile says smets1 = yes"),
        ({"smets1": False}, None),
        ({"smets1": None}, None),
        ({}, None),
    ],
)
def test_a_requirement_of_a_negated_switch_falls_away_where_it_is_declared_and_nowhere_else(
    tmp_path: Path, declared: dict[str, bool | None], reason: str | None
) -> None:
    requirement = load(tmp_path, ENTRY.replace('"smets1"', '"not smets1"'))["MP105-01"]
    assert requirement.not_applicable(declared) == reason


@pytest.mark.parametrize(
    ("wrong", "key", "nearest"),
    [
        (('keyword = "MUST"', 'keyword = "MSUT"'), "requirements.MP105-01.keyword", "MUST"),
        (('keyword = "MUST"', 'keyword = "assumd"'), "requirements.MP105-01.keyword", "ASSUMED"),
        (('title = "t"', 'titel = "t"\ntitle = "t"'), "requirements.MP105-01.titel", "title"),
        (('title = "t"', 'titel = "t"'), "requirements.MP105-01.titel", "title"),
        (('"smets1"', '"smet1"'), "requirements.MP105-01.applicability", "smets1"),
        (('source = ["S"]', 'source = ["Z"]'), "requirements.MP105-01.source.0", ""),
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
