"""The front page as PDF: exactly one A4 page, whatever it has to hold."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from dsp_conformance.report.page.front_pdf import write_front_page

if TYPE_CHECKING:
    from dsp_conformance.record.source import ReportSource
    from tests.report.page.conftest import Made, Workshop


def printed(workshop: Workshop, source: ReportSource) -> PdfReader:
    write_front_page(source, workshop.folder)
    return PdfReader(workshop.folder / "front-page.pdf")


def text_of(page: PdfReader) -> str:
    return " ".join(page.pages[0].extract_text().split())


def test_it_holds_verdict_identity_counts_and_every_requirement(
    workshop: Workshop, mixed: tuple[Made, ...]
) -> None:
    file = printed(workshop, workshop.source(*mixed))
    text = text_of(file)

    assert len(file.pages) == 1
    assert [round(side) for side in file.pages[0].mediabox[2:]] == [595, 842]
    for words in ("No verdict: the suite failed", "Decision rule: One MUST", "ACME DSP 7.1", "Page 1 of 1"):
        assert words in text
    for words in ("0123456789abcdef", "A. Tester", "12 min 34 s"):
        assert words in text
    for requirement in workshop.ledger:
        assert requirement in text
    assert text.count("not met") >= 3


def test_it_carries_title_subject_language_and_embedded_fonts(workshop: Workshop) -> None:
    file = printed(workshop, workshop.source(workshop.passing("good", "MP105-01")))
    assert file.metadata is not None
    fonts = file.pages[0]["/Resources"]["/Font"]  # type: ignore[index]

    assert file.metadata.title == "MP105 conformance report: ACME DSP 7.1: Conformant"
    assert "conformant in all 2 MUST requirements" in (file.metadata.subject or "")
    assert file.trailer["/Root"]["/Lang"] == "en-GB"  # type: ignore[index]
    assert fonts
    assert all("/FontFile2" in font.get_object()["/FontDescriptor"] for font in fonts.values())


def test_it_is_tied_to_the_results_it_was_made_with(workshop: Workshop) -> None:
    (workshop.folder / "results.json").write_bytes(b"{}")
    text = text_of(printed(workshop, workshop.source(workshop.passing("good", "MP105-01"))))

    assert hashlib.sha256(b"{}").hexdigest() in text


@pytest.mark.parametrize("name", ["W" * 400, "Ein sehr langer Name " * 30, "Zählwerk ≠ 漢字 \u202e \x07"])
def test_long_and_foreign_names_leave_it_at_one_page(
    workshop: Workshop, mixed: tuple[Made, ...], name: str
) -> None:
    source = workshop.source(*mixed)
    source.run.identity = replace(
        source.run.identity,
        product=name,
        product_version=name,
        operator=name,
        details={f"key {number}": name for number in range(6)},
        profile=dict.fromkeys((f"switch {number}" for number in range(40)), True),
    )
    file = printed(workshop, source)

    assert len(file.pages) == 1
    assert "DUIS-05" in text_of(file)
    assert "Page 1 of 1" in text_of(file)


def test_more_requirements_than_fit_show_what_is_not_met(workshop: Workshop) -> None:
    made = [workshop.passing(f"s{number}", f"CORE-{number:03}") for number in range(150)]
    made.append(workshop.failing("bad", "MORE-01"))
    text = text_of(printed(workshop, workshop.source(*made)))

    assert "MORE-01" in text
    assert "more, in index.html" in text


def test_an_incomplete_record_is_told_and_never_conformant(workshop: Workshop) -> None:
    text = text_of(printed(workshop, workshop.source(workshop.passing("good", "MP105-01"), complete=False)))

    assert "No verdict: the record of the run is incomplete" in text
    assert "Incomplete: the run did not come to its end" in text
