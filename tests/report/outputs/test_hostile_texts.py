"""What a product says is shown in every output as text, and does nothing there."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt

from dsp_conformance.base.published import schema_text
from dsp_conformance.record.source import Arrival
from dsp_conformance.report.outputs.junit import junit
from dsp_conformance.report.outputs.markdown import markdown
from dsp_conformance.report.outputs.matrix import COLUMNS, matrix
from dsp_conformance.report.outputs.printable import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.small_suite import SmallSuite

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).filter(one_line)
TROUBLE = """
Feature: F

  @CORE-01
  Scenario: bad
    When it answers in plain text
    Then it does not

  @CORE-02
  Scenario: unsure
    Then it cannot be reached

  @CORE-03
  Scenario: broken
    Then the suite breaks

  @CORE-03
  Scenario: not for it
    Then it does not apply

  Scenario: untagged
    Then it answers
"""
_SPREADSHEET = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


@pytest.fixture
def troubled(suite: SmallSuite) -> Callable[[str], dict[str, Any]]:
    """The results of a run with all kinds of trouble, with a text wherever a product's may stand."""
    plain = json.dumps(suite.run(TROUBLE).results)

    def with_text(text: str) -> dict[str, Any]:
        tree: dict[str, Any] = json.loads(plain)
        tree["run"]["dsp"] = {"name": text, "version": text}
        tree["run"]["operator"] = text
        tree["verdict"]["sentence"] = text
        tree["suite_errors"] = [text]
        tree["requirements"][3]["not_assessed"] = text
        for scenario in tree["scenarios"]:
            for reason in scenario["reasons"]:
                reason.update(what=text, expected=text, found=text, hint=text)
            for step in scenario["steps"]:
                for exchange in step["exchanges"]:
                    exchange["title"] = text
                    for check in exchange["checks"]:
                        check.update(expected=text, found=text, detail=text)
        return tree

    return with_text


@pytest.mark.parametrize("make", [junit, markdown, matrix])
def test_a_run_without_any_scenario_has_all_outputs(
    suite: SmallSuite, make: Callable[[dict[str, Any]], object]
) -> None:
    assert make(suite.run("Feature: F\n  Scenario: S\n    Then the operator interrupts\n").results)


def test_text_of_a_product_stays_text_in_markdown(troubled: Callable[[str], dict[str, Any]]) -> None:
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    def rendered(text: str) -> etree._Element:
        return etree.fromstring(renderer.render(markdown(troubled(text))), etree.HTMLParser())

    def shape(page: etree._Element) -> list[tuple[object, list[str]]]:
        return [(element.tag, sorted(map(str, element.keys()))) for element in page.iter()]

    usual = shape(rendered("plain words"))

    @settings(max_examples=150, deadline=None)
    @given(text=texts)
    def stays(text: str) -> None:
        page = rendered(text)
        assert shape(page) == usual
        heading = next(element for element in page.iter("strong"))
        assert "".join(heading.itertext()) == one_line(text)

    stays()
    for text in ("a|b", "<img src=x>", "```\n# x", "[x](http://x)", "www.x.example", ":smile:", "\\", "&lt;"):
        assert shape(rendered(text)) == usual


def test_messages_that_answer_no_request_are_counted(troubled: Callable[[str], dict[str, Any]]) -> None:
    def arrival(title: str, refusal: str, *, unasked: bool) -> Arrival:
        return Arrival(0, "", "/", 204, title, "", 0, unasked, refusal, 3, "00")

    alert = arrival("asynchronous N53 | <b>", "", unasked=True)
    asked = arrival("asynchronous I0", "", unasked=False)
    page = markdown(troubled("x"), [alert, asked, alert, arrival("junk", "DUIS-01: no XML", unasked=True)])
    assert "| 2 | asynchronous N53 &#124; &#60;b&#62; | taken |" in page
    assert "| 1 | junk | DUIS-01: no XML |" in page
    assert "asynchronous I0" not in page
    assert "answer no request" not in markdown(troubled("x"), [asked])


def test_no_cell_begins_a_formula_however_a_spreadsheet_splits_it(
    troubled: Callable[[str], dict[str, Any]],
) -> None:
    @settings(max_examples=150, deadline=None)
    @given(text=st.one_of(texts, st.sampled_from(["=1", "+1", "-1", "@x", "a;=1", 'a"=1', "a, =1", "\t=1"])))
    def harmless(text: str) -> None:
        octets = matrix(troubled(text))
        for row in csv.reader(io.StringIO(octets.decode(), newline="")):
            assert len(row) == len(COLUMNS)
            for cell in row:
                assert not _SPREADSHEET.match(cell), cell
        for line in octets.decode().split("\r\n"):
            for other in ";\t|":
                cells = next(csv.reader([line], delimiter=other), [])
                assert not any(_SPREADSHEET.match(cell) for cell in cells)

    harmless()


def test_the_matrix_is_what_its_metadata_say(troubled: Callable[[str], dict[str, Any]]) -> None:
    metadata = json.loads(schema_text("matrix"))
    columns = {column["name"]: column for column in metadata["tableSchema"]["columns"]}
    assert tuple(columns) == COLUMNS
    octets = matrix(troubled("a\nb"))
    assert octets.count(b"\n") == octets.count(b"\r\n")
    rows = list(csv.DictReader(io.StringIO(octets.decode(), newline="")))
    assert len({tuple(row[key] for key in metadata["tableSchema"]["primaryKey"]) for row in rows}) == len(
        rows
    )
    for row in rows:
        for name, cell in row.items():
            assert fits(cell, columns[name]), (name, cell)
    assert not fits("perhaps", columns["verdict"])
    assert not fits("", columns["requirement"])


def fits(cell: str, column: dict[str, Any]) -> bool:
    """Whether a cell is what the column's description asks for."""
    datatype = column["datatype"]
    base, form = (datatype, None) if isinstance(datatype, str) else (datatype["base"], datatype.get("format"))
    patterns = {
        "string": form or ".*",
        "nonNegativeInteger": "[0-9]+",
        "decimal": r"[0-9]+\.[0-9]{3}",
        "dateTime": r"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}\+00:00",
    }
    return re.fullmatch(patterns[base], cell) is not None if cell else not column.get("required", False)


def test_junit_takes_any_text(troubled: Callable[[str], dict[str, Any]]) -> None:
    xsd = etree.XMLSchema(etree.fromstring(schema_text("junit").encode()))

    @settings(max_examples=150, deadline=None)
    @given(text=st.one_of(texts, st.sampled_from(["\x00", "]]>", "\ud800", "\ufffe", "\x1b[0m", "\r"])))
    def taken(text: str) -> None:
        octets = junit(troubled(text))
        root = etree.fromstring(octets)
        xsd.assertValid(root)
        failure = root.find(".//failure")
        assert failure is not None
        assert (failure.text or "").startswith(printable(text))

    taken()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("a\r\nb\tc", "a\\r\nb\tc"),
        ("\u202eabc", r"\u202eabc"),
        ("\ud800", r"\ud800"),
        ("grün → 電", "grün → 電"),
    ],
)
def test_control_characters_are_shown_and_all_others_stay(text: str, shown: str) -> None:
    assert printable(text) == shown
