"""The page as a reader finds it: its order, its links, its words, and what it never does."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.ledger.requirements import SOURCES
from dsp_conformance.ledger.verdicts import NotTaken
from dsp_conformance.record.plan import Plan
from dsp_conformance.report.page.anchors import exchange_anchor, scenario_anchor
from dsp_conformance.report.page.words import NOTHING
from dsp_conformance.target import Target
from dsp_conformance.tls.settings import ClientTls

if TYPE_CHECKING:
    from lxml.etree import _Element

    from tests.report.page.conftest import Made, Workshop


def text_of(element: _Element) -> str:
    return " ".join("".join(element.itertext()).split())


def one(page: _Element, path: str) -> _Element:
    found: list[_Element] = page.xpath(path)
    assert len(found) == 1, f"{path}: {len(found)}"
    return found[0]


def test_the_verdict_comes_first_in_word_symbol_and_sentence_with_its_rule(
    workshop: Workshop, mixed: tuple[Made, ...]
) -> None:
    page = workshop.page(workshop.passing("good", "MP105-01"))
    sections = page.xpath("//main/section/@id")

    order = "verdict identity counts attention matrix evidence assumptions not-tested files"
    assert sections == order.split()
    assert text_of(one(page, "//section[@id='verdict']/h2")) == "✓ Conformant"
    assert "ACME DSP 7.1: conformant in all 2 MUST" in text_of(one(page, "//section[@id='verdict']"))
    assert "Decision rule. One MUST requirement not met" in text_of(one(page, "//section[@id='verdict']"))
    assert text_of(one(workshop.page(*mixed), "//section[@id='verdict']/h2")).startswith("! No verdict")
    assert text_of(
        one(workshop.page(workshop.failing("bad", "MP105-04")), "//section[@id='verdict']/h2")
    ) == ("✗ Non-conformant")


def test_the_identity_tells_what_was_tested_by_what_when_and_by_whom(workshop: Workshop) -> None:
    page = workshop.page(workshop.passing("good", "MP105-01"))
    told = dict(
        zip(
            (text_of(each) for each in page.xpath("//section[@id='identity']//dt")),
            (text_of(each) for each in page.xpath("//section[@id='identity']//dd")),
            strict=True,
        )
    )

    assert told["Product"] == "ACME DSP"
    assert told["Version or build"] == "7.1"
    assert told["Target"] == "acme.toml"
    assert told["Conformance suite"] == "dsp-conformance 1.2.3"
    assert told["Suite commit"] == "0123456789abcdef"
    assert told["Suite modified"] == "steps/own.py added; conftest.py changed"
    assert told["Added features"] == "acme (1 feature file)"
    assert told["DUIS schema"] == "bundled profile (duis-profile.xsd)"
    assert told["Profile"] == "rejection_code = E51, smets1 = undeclared, secmp0007 = no (testbed)"
    assert told["Started"] == "22 November 2026, 17:34:06 UTC"
    assert told["Duration"] == "12 min 34 s"
    assert told["Operator"] == "A. Tester"


def test_every_requirement_has_its_place_and_every_link_inside_leads_somewhere(
    workshop: Workshop, mixed: tuple[Made, ...]
) -> None:
    page = workshop.page(*mixed)
    places = page.xpath("//@id")
    links = [link.removeprefix("#") for link in page.xpath("//@href") if link.startswith("#")]

    assert len(places) == len(set(places))
    assert set(links) <= set(places)
    assert set(workshop.ledger) <= set(places)
    assert len(links) > 2 * len(workshop.ledger)


def test_places_are_the_same_from_run_to_run(workshop: Workshop) -> None:
    first = workshop.page(workshop.failing("bad", "MP105-04"), workshop.passing("good", "MP105-01"))
    second = workshop.page(workshop.passing("good", "MP105-01"))

    place = scenario_anchor("features/small.feature::good")
    assert text_of(one(first, f"//*[@id='{place}']")) == text_of(one(second, f"//*[@id='{place}']"))
    assert re.fullmatch(r"s-[0-9a-f]{10}", place)
    assert exchange_anchor("features/small.feature::good", 1) == f"{place}-2"


def test_attention_goes_to_failures_first_each_with_expected_actual_and_the_message(
    workshop: Workshop, mixed: tuple[Made, ...]
) -> None:
    page = workshop.page(*mixed)
    headings = [text_of(each) for each in page.xpath("//section[@id='attention']//h3")]

    assert headings[0].split()[:4] == ["✗", "not", "met", "MP105-04"]
    words = [" ".join(each.split()[1:3]) for each in headings]
    assert words == ["not met"] * 3 + ["suite error"] + ["inconclusive MP105-02"]
    assert {"MP105-08", "ASSUMED"} <= set(headings[1].split())
    article = page.xpath("//section[@id='attention']//article")[0]
    assert "Not met in both scenarios that looked at it." in text_of(article)
    assert [text_of(each) for each in article.xpath(".//dt")] == ["Expected", "Actual", "What to do"]
    assert [text_of(each) for each in article.xpath(".//dd")][:2] == [
        "the request accepted, I0 or I99",
        "E51",
    ]
    [place] = article.xpath(".//a[.='The message that decided']/@href")
    decided = one(page, f"//*[@id='{place[1:]}']")
    assert "SR11.2 CV1 → E51" in text_of(decided)
    assert "<ResponseCode>E51</ResponseCode>" in text_of(decided)
    assert decided.get("open") is not None


def test_the_same_finding_is_told_once_and_all_its_scenarios_are_linked(workshop: Workshop) -> None:
    page = workshop.page(*(workshop.failing(f"bad {number}", "MP105-04") for number in range(12)))

    assert len(page.xpath("//section[@id='attention']//div[@class='case']")) == 1
    assert len(page.xpath("//section[@id='attention']//ul[@class='links']/li")) == 12


def test_one_obstacle_behind_many_requirements_is_told_once(workshop: Workshop) -> None:
    page = workshop.page(
        *(workshop.stuck(f"stuck {number}", f"MP105-0{number}") for number in range(1, 6)),
        workshop.failing("bad", "SCOPE-01"),
    )
    articles = [text_of(each) for each in page.xpath("//section[@id='attention']//article")]

    assert len(articles) == 2
    assert articles[0].startswith("✗ not met SCOPE-01")
    assert "One cause left 5 requirements without a verdict" in articles[1]
    assert articles[1].count("no answer") == 1
    assert all(f"MP105-0{number}" in articles[1] for number in range(1, 6))


@pytest.mark.parametrize("added", [True, False])
def test_what_fails_for_no_requirement_is_not_lost(workshop: Workshop, added: bool) -> None:  # noqa: FBT001
    made = workshop.scenario("loose", added=added).step("When", "asked", workshop.exchange("x", "DUIS-01"))
    page = workshop.page(workshop.passing("good", "MP105-01"), made)

    assert "✗ failed loose" in text_of(one(page, "//section[@id='attention']"))
    assert "✗ failed loose" in text_of(one(page, "//section[@id='evidence']"))
    assert ("Added scenarios, judged apart" in text_of(one(page, "//section[@id='counts']"))) is added


def test_a_failed_check_of_a_message_leads_to_that_message(
    workshop: Workshop, mixed: tuple[Made, ...]
) -> None:
    page = workshop.page(*mixed)
    article = one(page, "//section[@id='attention']//article[@aria-labelledby='a-DUIS-03']")
    [place] = article.xpath(".//a[.='The message that decided']/@href")

    assert "asynchronous I0" in text_of(one(page, f"//*[@id='{place[1:]}']/summary"))
    assert "✗ DUIS-03 not met" in text_of(one(page, f"//*[@id='{place[1:]}']"))


def test_what_products_and_messages_say_is_text_and_never_markup(
    workshop: Workshop, mixed: tuple[Made, ...]
) -> None:
    source = workshop.source(*mixed, suite_errors=["<img src=x onerror=alert(3)>"])
    raw = workshop.write(source).read_text(encoding="utf-8")
    page = workshop.page(*mixed)

    assert page.xpath("//script | //img | //iframe | //object | //embed | //*[@onerror]") == []
    assert '<script>alert(1)</script> & "more"' in text_of(page)
    assert "<![CDATA[</pre><script>alert(2)</script>]]>" in text_of(page) or "alert(2)" in text_of(page)
    assert "&lt;img src=x onerror=alert(3)&gt;" in raw
    assert "\x00" not in raw


def test_nothing_is_fetched_from_anywhere(workshop: Workshop, mixed: tuple[Made, ...]) -> None:
    raw = workshop.write(workshop.source(*mixed)).read_text(encoding="utf-8")
    page = workshop.page(*mixed)

    assert page.xpath("//@src | //@srcset | //@background | //@action") == []
    assert [link for link in page.xpath("//@href") if not link.startswith("#") and link != "data:,"] == []
    assert page.xpath("//link[@rel='stylesheet']") == []
    assert not re.search(r"url\(|@import", raw)
    assert (
        "default-src 'none'" in one(page, "//meta[@http-equiv='Content-Security-Policy']").attrib["content"]
    )


def test_other_outputs_are_linked_where_they_are_there(workshop: Workshop) -> None:
    (workshop.folder / "journal.jsonl").write_text("")
    (workshop.folder / "allure-report").mkdir()
    (workshop.folder / "allure-report" / "index.html").write_text("")
    page = workshop.page(workshop.passing("good", "MP105-01"))

    assert page.xpath("//section[@id='files']//a/@href") == ["journal.jsonl", "allure-report/index.html"]


@pytest.mark.parametrize("kind", ["passing", "failing"])
def test_an_incomplete_record_is_never_conformant(workshop: Workshop, kind: str) -> None:
    page = workshop.page(getattr(workshop, kind)("one", "MP105-08"), complete=False)

    assert text_of(one(page, "//section[@id='verdict']/h2")).startswith("! No verdict")
    assert "Incomplete." in text_of(one(page, "//section[@id='verdict']"))


def test_a_scenario_tells_the_command_that_runs_it_alone(workshop: Workshop) -> None:
    page = workshop.page(workshop.passing('the DSP\'s "good" one', "MP105-01", row="a b"))
    [command] = page.xpath("//div[@class='inside']//pre[@class='command']")

    assert shlex.split("".join(command.itertext())) == [
        "dsp-conformance", "run", "--target", "acme.toml",
        "--scenario", "features/small.feature::the DSP's \"good\" one::a b",
    ]  # fmt: skip


def test_every_scenario_stands_once_and_is_linked_from_its_other_requirements(workshop: Workshop) -> None:
    page = workshop.page(workshop.passing("both", "MP105-04", "MP105-06"))
    place = scenario_anchor("features/small.feature::both")

    assert one(page, f"//article[@id='MP105-04']//*[@id='{place}']") is not None
    assert page.xpath("//article[@id='MP105-06']//ul//a/@href") == [f"#{place}"]


def test_assumptions_name_what_the_verdict_rests_on(workshop: Workshop, mixed: tuple[Made, ...]) -> None:
    told = text_of(one(workshop.page(*mixed), "//section[@id='assumptions']"))

    for words in (
        "This build alone",
        "reported apart and decide nothing",
        "Rejection code E51",
        "Profile schema instead of the official one",
        "the MAC was not checked (in 1 scenario)",
    ):
        assert words in told


def test_where_a_demand_stands_is_answered_on_the_page_and_its_letters_are_explained(
    workshop: Workshop, mixed: tuple[Made, ...]
) -> None:
    page = workshop.page(*mixed)
    legend = text_of(one(page, "//p[@id='sources']"))

    for letter, meaning in SOURCES.items():
        assert f"{letter} = {meaning}" in legend
    for demand in workshop.ledger.values():
        own = text_of(one(page, f"//article[@id='{demand.id}']"))
        row = text_of(one(page, f"//table[@class='matrix']//tr[.//a[@href='#{demand.id}']]"))
        assert demand.derivation.removesuffix(".") in own
        for letter in demand.source:
            assert f"{letter} ({SOURCES[letter]})" in own
        assert not demand.basis or f"{', '.join(demand.source)}: {demand.basis}" in row


def test_unchecked_server_certificates_are_an_assumption(workshop: Workshop) -> None:
    target = replace(Target.bundled_stub(), tls=ClientTls(verify=False))
    page = workshop.page(workshop.passing("good", "MP105-01"), details=dict(target.unverified))

    assert "TLS server certificates were not checked" in text_of(one(page, "//section[@id='assumptions']"))
    checked = workshop.page(workshop.passing("good", "MP105-01"))
    assert "server certificates" not in text_of(one(checked, "//section[@id='assumptions']"))


def test_the_official_schema_is_no_assumption(workshop: Workshop) -> None:
    page = workshop.page(workshop.passing("good", "MP105-01"), schema_origin="folder duis-5.4")

    assert "Profile schema" not in text_of(one(page, "//section[@id='assumptions']"))


def test_what_was_not_tested_stands_with_its_reason(workshop: Workshop, mixed: tuple[Made, ...]) -> None:
    plan = Plan(9, (), (), capabilities_known=False, left_out=311, added=0)
    page = workshop.page(*mixed, plan=plan)
    told = text_of(one(page, "//section[@id='not-tested']"))

    assert "311 scenarios of the suite were not selected" in told
    assert "311 scenarios of the suite did not run" in text_of(one(page, "//section[@id='attention']"))
    assert "BASE-04: not testable" in told
    assert "lacks the capability 'edit-cpl'" in told
    assert "BASE-07: not assessed" in told
    assert "Set asidenot taken by this product: SR7.16 for an ESME (E11): 1 scenario. BASE-02" in told
    assert "did not tell what it can do" in told


def test_tables_have_captions_and_headings_go_down_one_level_at_a_time(
    workshop: Workshop, mixed: tuple[Made, ...]
) -> None:
    page = workshop.page(*mixed)
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1 | //h2 | //h3 | //h4 | //h5 | //h6")]

    assert all(table.xpath("./caption") for table in page.xpath("//table"))
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.xpath("count(//main)") == 1
    assert page.get("lang") == "en-GB"
    assert all(picture.get("aria-label") for picture in page.xpath("//svg[@role='img']"))


def test_the_matrix_says_each_verdict_in_a_word_with_a_symbol(
    workshop: Workshop, mixed: tuple[Made, ...]
) -> None:
    page = workshop.page(*mixed)

    def verdict_on(requirement: str) -> str:
        return text_of(one(page, f"//table[@class='matrix']//tr[th/a='{requirement}']/td[1]"))

    assert verdict_on("MP105-01") == "✓ met"
    assert verdict_on("MP105-04") == "✗ not met"
    assert verdict_on("MP105-02") == "? inconclusive"
    assert verdict_on("MP105-03") == "! suite error"
    assert verdict_on("BASE-04") == f"{NOTHING} not testable"
    assert verdict_on("BASE-07") == f"{NOTHING} not assessed"
    assert verdict_on("BASE-02") == f"{NOTHING} not taken by this product"
    assert "MP105-04 not met, 0 of 2 passed" in page.xpath("//figure/*/@aria-label")[0]


def test_what_was_set_aside_is_counted_beside_what_passed(workshop: Workshop) -> None:
    aside = workshop.scenario("aside", "BASE-02").ended_by(NotTaken("SR7.16 for an ESME", found="E11"))
    page = workshop.page(workshop.passing("good", "BASE-02"), aside)

    told = text_of(one(page, "//table[@class='matrix']//tr[th/a='BASE-02']"))
    assert "✓ met" in told
    assert "1 of 1 passed, 1 set aside: not taken by this product" in told
    assert "Set aside: 1 scenario" in text_of(one(page, "//section[@id='verdict']"))


def test_a_page_that_cannot_be_written_leaves_the_former_one(workshop: Workshop) -> None:
    made = workshop.passing("good", "MP105-01")
    former = workshop.write(workshop.source(made)).read_bytes()
    source = workshop.source(workshop.passing("other", "MP105-01"))

    def lost(_scenario: str, _index: int) -> tuple[bytes | None, bytes | None]:
        raise OSError("the journal is gone")

    with pytest.raises(OSError, match="journal is gone"):
        workshop.write(replace(source, messages=lost))
    assert (workshop.folder / "index.html").read_bytes() == former
    assert [file.name for file in workshop.folder.iterdir()] == ["index.html"]
