"""The page in a real browser: light, dark and in print, at phone and desktop width, without network."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no stubs
from pypdf import PdfReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.report.page.conftest import Made, Workshop

PHONE, DESKTOP = 375, 1280
UNFOLD = "document.querySelectorAll('details').forEach(each => each.open = true)"


@pytest.fixture
def report(workshop: Workshop, mixed: tuple[Made, ...]) -> Path:
    return workshop.write(workshop.source(*mixed, suite_errors=["the receiver stopped"]))


@pytest.fixture
def opened(browser: Browser, report: Path) -> Callable[..., Page]:
    def _opened(**options: Any) -> Page:
        width = options.pop("width", DESKTOP)
        page = browser.new_context(viewport={"width": width, "height": 800}, **options).new_page()
        page.goto(report.as_uri())
        return page

    return _opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_nothing_stands_in_the_way_of_any_reader(
    opened: Callable[..., Page], scheme: str, width: int
) -> None:
    page = opened(width=width, color_scheme=scheme)
    page.evaluate(UNFOLD)
    found = Axe().run(page, options={"resultTypes": ["violations"]})

    assert found.response["violations"] == [], found.generate_report()
    assert len(found.response["passes"]) > 10


def test_the_checker_finds_what_is_wrong(opened: Callable[..., Page]) -> None:
    page = opened()
    page.evaluate(
        "document.querySelector('.sentence').style.color = '#ffd0d0'; document.documentElement.lang = ''"
    )

    assert {one["id"] for one in Axe().run(page).response["violations"]} >= {
        "color-contrast",
        "html-has-lang",
    }


@pytest.mark.parametrize("folded", [True, False])
def test_a_phone_never_scrolls_sideways(opened: Callable[..., Page], folded: bool) -> None:  # noqa: FBT001
    page = opened(width=PHONE)
    if not folded:
        page.evaluate(UNFOLD)

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE
    assert page.evaluate("document.body.scrollWidth") == PHONE


def test_nothing_is_asked_of_any_network(browser: Browser, report: Path) -> None:
    page = browser.new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri(), wait_until="networkidle")

    assert asked == [report.as_uri()]


def test_three_clicks_lead_from_the_verdict_to_the_message_that_decided_without_any_script(
    opened: Callable[..., Page],
) -> None:
    page = opened(java_script_enabled=False)
    page.get_by_role("link", name="Needs attention").click()
    page.get_by_role("link", name="The message that decided").first.click()

    message = page.locator("details:target pre").nth(1)
    assert message.is_visible()
    assert "<ResponseCode>E51</ResponseCode>" in message.inner_text()
    assert page.locator("details:target").bounding_box()["y"] < 800  # type: ignore[index] # it is visible


def test_a_pass_leads_to_its_message_in_three_clicks_as_well(opened: Callable[..., Page]) -> None:
    page = opened(java_script_enabled=False)
    page.locator("#matrix").get_by_role("link", name="MP105-01").click()
    article = page.locator("#MP105-01")
    article.locator("details.scenario > summary").click()
    article.get_by_role("link", name="the message that decided").click()

    shown = page.locator("details:target")
    assert shown.is_visible()
    assert "2 SR11.2 CV1" in shown.inner_text()


def test_a_link_to_a_folded_scenario_unfolds_it(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator("#attention").get_by_role("link", name="checked").click()

    assert page.locator(".inside:target .diagram").is_visible()


def test_dark_and_light_are_told_apart(opened: Callable[..., Page]) -> None:
    shades = {
        scheme: opened(color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }

    assert shades == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 27)"}


def test_it_prints_on_a4_with_verdict_and_requirements(opened: Callable[..., Page]) -> None:
    page = opened(color_scheme="dark")
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    text = " ".join(" ".join(sheet.extract_text().split()) for sheet in printed.pages)

    assert 2 <= len(printed.pages) < 30
    assert round(printed.pages[0].mediabox.width) == 595
    assert "No verdict: the suite failed" in text
    assert "MP105-11" in text
    assert "Needs attention" not in text  # navigation is for screens
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
