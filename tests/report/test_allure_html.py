"""Allure's HTML: made by Allure 3 where it is there, and asking nothing of any network."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from dsp_conformance.report.allure_html import (
    FOLDER,
    HISTORY,
    AllureMissing,
    AllureTrouble,
    find_allure,
    make_html,
    self_contained,
)

PAGE = """<!DOCTYPE html><html><head lang="en"><title>x</title></head><body>
<script src="data:text/javascript;base64,Ly8="></script>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
<script>
  window.dataLayer = window.dataLayer || [];
  function gtag(){dataLayer.push(arguments);}
  gtag('config', 'G-1', {"report": "awesome"});
</script>
<script>window.data = "kept"; document.write("<p>http://www.w3.org/2000/svg</p>");</script></body></html>"""


def program(folder: Path, version: str, page: str = PAGE, code: int = 0) -> Path:
    """A program that answers as Allure does, and notes what it was called with."""
    (folder / "page.html").write_text(page)
    file = folder / "allure"
    file.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = --version ]; then echo {version}; exit 0; fi\n'
        f'cp "$3" {folder}/config.json; echo "$@" > {folder}/arguments\n'
        f'mkdir -p "$5" && cp {folder}/page.html "$5/index.html"\n'
        f"echo 'it went wrong' >&2; exit {code}\n"
    )
    file.chmod(0o755)
    return file


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    (folder / "allure-results").mkdir(parents=True)
    categories = [
        {"name": "Product defect", "matchedStatuses": ["failed"], "messageRegex": "^Product defect:.*"}
    ]
    options = {"name": "DSP conformance", "plugins": {"awesome": {"options": {"singleFile": True}}}}
    write(folder, "allurerc.json", {**options, "categories": categories})
    (folder / "allure-results" / "environment.properties").write_text("DSP = ACME DSP\n")
    return folder


def write(folder: Path, name: str, tree: dict[str, Any]) -> None:
    (folder / "allure-results" / name).write_text(json.dumps(tree))


def result(folder: Path, status: str, start: int) -> None:
    write(
        folder,
        "1-result.json",
        {
            "uuid": f"u{start}", "historyId": "h1", "testCaseId": "t1", "fullName": "f::s",
            "name": "a scenario",
            "status": status, "statusDetails": {"message": "Product defect: E51"}, "stage": "finished",
            "start": start, "stop": start + 5, "labels": [], "steps": [], "attachments": [],
            "parameters": [],
        },
    )  # fmt: skip


def test_the_tag_manager_goes_and_everything_else_stays() -> None:
    page = self_contained(PAGE)

    assert "googletagmanager" not in page
    assert "gtag" not in page
    assert 'window.data = "kept"' in page
    assert "data:text/javascript;base64,Ly8=" in page


def test_the_page_may_fetch_nothing_and_leads_back_to_the_summary() -> None:
    page = self_contained(PAGE)

    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy == "default-src 'unsafe-inline' 'unsafe-eval' data: blob:"
    assert page.index(policy) < page.index("<script")
    assert '<a href="../index.html"' in page


@pytest.mark.parametrize(
    "reaching",
    [
        '<link rel="stylesheet" href="https://fonts.example/css">',
        "<script>f()</script><img alt='' src=\"//pixel.example/1.gif\">",
        '<iframe src="http://example.invalid"></iframe>',
    ],
)
def test_a_page_that_reaches_for_anything_else_is_not_kept(reaching: str) -> None:
    with pytest.raises(AllureTrouble, match="one that fetches"):
        self_contained(PAGE.replace("</body>", reaching + "</body>"))


def test_what_is_no_page_is_not_kept() -> None:
    with pytest.raises(AllureTrouble, match="without head or body"):
        self_contained("<p>hello</p>")


def test_no_allure_is_told_in_one_line_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AllureMissing) as missing:
        find_allure()

    assert "no program 'allure' on the path. Get it with: npm install --global allure@3" in str(missing.value)
    assert len(str(missing.value).splitlines()) == 1
    with pytest.raises(AllureMissing, match="no program at"):
        find_allure(tmp_path / "elsewhere")


def test_allure_2_of_the_same_name_is_told_apart(tmp_path: Path) -> None:
    assert find_allure(program(tmp_path, "3.18.0")) == tmp_path / "allure"
    with pytest.raises(AllureMissing, match=r"of version 2\.46\.0"):
        find_allure(program(tmp_path, "2.46.0"))


def test_the_program_is_given_our_categories_and_its_memory(tmp_path: Path, reports: Path) -> None:
    make_html(program(tmp_path, "3.18.0"), reports)
    given = json.loads((tmp_path / "config.json").read_text())

    assert given["categories"][0]["name"] == "Product defect"
    assert given["historyPath"] == str(reports / HISTORY)
    assert given["appendHistory"] is True
    assert "gtag" not in (reports / FOLDER / "index.html").read_text()
    assert sorted(one.name for one in reports.iterdir()) == [FOLDER, "allure-results"]


def test_a_report_that_cannot_be_made_leaves_the_former_one(tmp_path: Path, reports: Path) -> None:
    make_html(program(tmp_path, "3.18.0"), reports)
    former = (reports / FOLDER / "index.html").read_bytes()

    with pytest.raises(AllureTrouble, match="exit code 1: it went wrong"):
        make_html(program(tmp_path, "3.18.0", code=1), reports)
    with pytest.raises(AllureTrouble, match="one that fetches"):
        make_html(program(tmp_path, "3.18.0", page='<img src="https://x.example/">'), reports)
    assert (reports / FOLDER / "index.html").read_bytes() == former
    assert sorted(one.name for one in reports.iterdir()) == [FOLDER, "allure-results"]


def test_the_real_allure_keeps_history_categories_and_environment_and_fetches_nothing(reports: Path) -> None:
    found = shutil.which("allure")
    if found is None:
        pytest.skip("needs Allure 3: no program 'allure' on the path (npm install --global allure@3)")
    allure = find_allure(Path(found))
    result(reports, "passed", 1_795_368_846_000)
    make_html(allure, reports)
    result(reports, "failed", 1_795_368_946_000)
    make_html(allure, reports)

    page = (reports / FOLDER / "index.html").read_text(encoding="utf-8")
    data = {
        name: b64decode(content).decode()
        for name, content in re.findall(r'd\("([^"]+\.json)","([A-Za-z0-9+/=]+)"', page)
    }
    assert len((reports / HISTORY).read_text().splitlines()) == 2
    assert '"Product defect"' in data["widgets/categories.json"]
    assert "ACME DSP" in data["widgets/allure_environment.json"]
    [test] = [json.loads(text) for name, text in data.items() if name.startswith("data/test-results/")]
    assert [former["status"] for former in test["history"]] == ["passed"]
    assert "googletagmanager" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
