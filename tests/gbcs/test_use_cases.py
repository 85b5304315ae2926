from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.duis.catalogue import Kind, catalogue
from dsp_conformance.gbcs import UseCase, code_of, codes_of, use_cases_of

if TYPE_CHECKING:
    from pathlib import Path


def test_the_table_is_the_published_one_without_what_no_request_leads_to(shared_data: Path) -> None:
    with (shared_data / "use-cases.csv").open(encoding="ascii", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["variant"] != "NA"]
    assert len(rows) == 208
    published: dict[str, list[UseCase]] = {}
    for row in rows:
        published.setdefault(row["variant"], []).append(
            UseCase(row["use_case"], int(row["message_code"], 16))
        )
    assert {variant: list(use_cases_of(variant)) for variant in published} == published
    others = set(catalogue()) - set(published)
    assert all(catalogue()[variant].kind is Kind.NON_DEVICE for variant in others)
    assert all(use_cases_of(variant) == () for variant in others)


def test_a_request_has_the_codes_of_all_its_use_cases() -> None:
    assert codes_of("11.2") == {0x0059, 0x0084, 0x0129}
    assert codes_of("11.3") == {0x0012}
    assert codes_of("8.2") == codes_of("99.9") == frozenset()


@pytest.mark.parametrize(
    ("variant", "kinds", "code"),
    [
        ("11.2", ("ECS",), 0x0059),
        ("11.2", ("GCS", "ECS"), 0x0084),
        ("11.2", ("XCS", "CS"), 0x0129),
        ("11.2", ("XCS",), 0x0129),
        ("8.2", ("ECS",), None),
    ],
)
def test_the_code_for_a_kind_of_device_is_that_of_the_use_case_that_fits_most(
    variant: str, kinds: tuple[str, ...], code: int | None
) -> None:
    assert code_of(variant, kinds) == code
