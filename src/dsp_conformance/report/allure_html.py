"""Has Allure 3 make its HTML report of a run, and sees to it that the report asks nothing of any network.

Allure's page is the drill-down for those who like it; the record is `index.html`. What Allure 3.18 makes
carries a tag manager, which is cut out; a content security policy forbids whatever another version may bring.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsp_conformance.record.source import ReportSource

__all__ = [
    "FOLDER",
    "HISTORY",
    "AllureMissing",
    "AllureTrouble",
    "find_allure",
    "make_html",
    "self_contained",
]

FOLDER = "allure-report"
"""The folder of the report, beside the other outputs."""

HISTORY = "allure-history.jsonl"
"""What Allure remembers of former runs; a run leaves it alone, so that it grows from run to run."""

GET_IT = "npm install --global allure@3"

_PATIENCE = 300
_REMEMBERED = 50
_EXTERNAL_SCRIPT = re.compile(
    r'<script\b[^>]{0,300}\bsrc="(?:https?:)?//[^"]{0,500}"[^>]{0,100}>\s*</script>'
)
_TAG_MANAGER = re.compile(
    r"<script\b[^>]{0,100}>(?:(?!</script>).){0,300}?\bfunction gtag\(.*?</script>", re.DOTALL
)
_REACHING = re.compile(
    r'<(?:script|link|img|iframe|object|embed)\b[^>]{0,500}\b(?:src|href|data)="(?:https?:)?//[^"]{0,200}'
)
_HEAD = re.compile(r"<head\b[^>]*>")
_BODY = re.compile(r"<body\b[^>]*>")
_SOURCES = "default-src 'unsafe-inline' 'unsafe-eval' data: blob:"
_POLICY = f'<meta http-equiv="Content-Security-Policy" content="{_SOURCES}">'
_BACK = (
    '<p style="margin:0;padding:.4rem 1rem;font:14px/1.4 system-ui,sans-serif;background:#fff;color:#1a2027">'
    '<a href="../index.html" style="color:#0b57a4">Verdict and summary of this run</a></p>'
)


class AllureMissing(Exception):  # noqa: N818 - what is the case, not a program error
    """There is no Allure 3 to be used.

    Attributes:
        found: what there is instead.
    """

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(found)

    def __str__(self) -> str:
        return f"--allure: expected Allure 3 for Node.js, found {self.found}. Get it with: {GET_IT}"


class AllureTrouble(Exception):  # noqa: N818 - what is the case
    """Allure was there, and made no report that can be kept.

    Attributes:
        found: what it did instead.
    """

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(found)

    def __str__(self) -> str:
        return f"Allure: expected one page that fetches nothing, found {self.found}"


def find_allure(given: Path | None = None) -> Path:
    """Allure 3, as given or on the path; Allure 2, a program of the same name, makes other pages.

    Raises:
        AllureMissing: there is none.
    """
    found = shutil.which("allure" if given is None else str(given))
    if found is None:
        raise AllureMissing("no program 'allure' on the path" if given is None else f"no program at {given}")
    try:
        told = _run([found, "--version"], Path.cwd())
    except AllureTrouble as trouble:
        raise AllureMissing(f"{found}, which does not tell its version ({trouble.found})") from None
    version = told.strip().splitlines()[-1] if told.strip() else "nothing"
    if not version.startswith("3."):
        raise AllureMissing(f"{found} of version {version}")
    return Path(found)


def make_html(program: Path, folder: Path) -> None:
    """Make `allure-report/index.html` from the folder's `allure-results`; a former one stays until then.

    Args:
        program: Allure 3.
        folder: of the run's outputs.

    Raises:
        AllureTrouble: it did not work, or the page would reach for something outside itself.
    """
    results = folder / "allure-results"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".allure-") as made:
        draft = Path(made)
        rules = json.loads((results / "allurerc.json").read_text(encoding="utf-8"))
        rules |= {
            "historyPath": str((folder / HISTORY).absolute()),
            "appendHistory": True,
            "historyLimit": _REMEMBERED,
        }
        config = draft / "allurerc.json"
        config.write_text(json.dumps(rules), encoding="utf-8")
        output = draft / "report"
        command = [str(program), "generate", "--config", str(config), "--output", str(output)]
        _run([*command, str(results.absolute())], draft)
        page = output / "index.html"
        if not page.is_file():
            raise AllureTrouble("no index.html")
        page.write_text(self_contained(page.read_text(encoding="utf-8")), encoding="utf-8")
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
        output.replace(folder / FOLDER)


def html_writer(program: Path) -> _HtmlWriter:
    """A writer of outputs that makes the report with this program."""
    return _HtmlWriter(program)


class _HtmlWriter:
    def __init__(self, program: Path) -> None:
        self._program = program
        self.__name__ = "Allure's HTML"

    def __call__(self, source: ReportSource, folder: Path) -> None:  # noqa: ARG002 - a writer is given both
        make_html(self._program, folder)


def self_contained(page: str) -> str:
    """The page without its tag manager, forbidden to fetch anything, and with a link back to the summary.

    Raises:
        AllureTrouble: it would still reach for something outside itself, or is no such page.
    """
    page = _TAG_MANAGER.sub("", _EXTERNAL_SCRIPT.sub("", page))
    reaching = _REACHING.search(page)
    if reaching is not None:
        raise AllureTrouble(f"one that fetches {reaching[0][-200:]}")
    page, heads = _HEAD.subn(lambda found: found[0] + _POLICY, page, count=1)
    page, bodies = _BODY.subn(lambda found: found[0] + _BACK, page, count=1)
    if not heads or not bodies:
        raise AllureTrouble("one without head or body")
    return page


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the program that the tester has or names
            command,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            cwd=folder,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AllureTrouble(f"{type(error).__name__}: {error}") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise AllureTrouble(f"exit code {done.returncode}: {lines[-1] if lines else 'no message'}")
    return done.stdout
