"""Runs made of records, as the page and its parts are given them; and a real browser, where there is one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from dsp_conformance.ledger.requirements import Ledger
from dsp_conformance.ledger.verdicts import (
    Cause,
    Inconclusive,
    NotTaken,
    NotTestable,
    RequirementNotMet,
    judge,
)
from dsp_conformance.record.evidence import Check, Evidence, Exchange, Message, Operation
from dsp_conformance.record.results import results
from dsp_conformance.record.run import Run, RunIdentity
from dsp_conformance.record.scenario_record import (
    Phase,
    Reason,
    ScenarioIdentity,
    ScenarioRecord,
    StepRecord,
    StepStatus,
)
from dsp_conformance.record.source import ReportSource
from dsp_conformance.report.page.writing import write_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[3]
START = 1_795_368_846_000
REQUEST = b'<Request schemaVersion="5.4"><Header>of the request</Header></Request>'
ANSWER = b"<Response><ResponseCode>E51</ResponseCode></Response>"


def not_met(*requirements: str) -> RequirementNotMet:
    return RequirementNotMet(
        expected="the request accepted, I0 or I99",
        found="E51",
        hint="look at the check",
        requirements=requirements,
    )


@dataclass
class Made:
    """A scenario in the making: steps are added one by one."""

    record: ScenarioRecord
    bodies: dict[int, tuple[bytes | None, bytes | None]] = field(default_factory=dict)

    def step(
        self,
        keyword: str,
        text: str,
        *exchanges: Exchange,
        status: StepStatus = StepStatus.PASSED,
        operations: tuple[Operation, ...] = (),
        observations: tuple[str, ...] = (),
    ) -> Made:
        evidence = Evidence(list(exchanges), list(observations), list(operations))
        self.record.steps.append(StepRecord(keyword, text, status, START, START + 5, evidence))
        return self

    def ended_by(
        self, exception: BaseException, text: str = "the request is accepted", phase: Phase = Phase.STEP
    ) -> Made:
        """Let it end so, in a step of this text if any."""
        judgement = judge(exception)
        if phase is Phase.STEP:
            self.step("Then", text, status=StepStatus.of(judgement))
        self.record.reasons.append(Reason(phase, judgement, f"Then {text}" if phase is Phase.STEP else ""))
        return self

    def late(self, *exchanges: Exchange) -> Made:
        self.record.late.exchanges.extend(exchanges)
        return self


def exchange(
    title: str = "SR11.2 CV1 → I99", *failed: str, asked: bool = True, answered: bool = True
) -> Exchange:
    checks = (
        [Check("DUIS-01", passed=True, expected="XML", found="XML", detail="")]
        if "DUIS-01" not in failed
        else []
    )
    checks += [
        Check(one, passed=False, expected="a mirror image", found="another", detail="") for one in failed
    ]
    return Exchange(
        title,
        START + 3,
        Message.of(REQUEST) if asked else None,
        Message.of(ANSWER) if answered else None,
        tuple(checks),
        {"URL": "http://127.0.0.1:1/api/v1/serviceS", "HTTP status": "200"},
    )


def scenario(name: str, *requirements: str, row: str = "", added: bool = False) -> Made:
    identifier = f"features/small.feature::{name}" + (f"::{row}" if row else "")
    identity = ScenarioIdentity(
        identifier,
        f"features/small.feature::{name}",
        "features/small.feature",
        "Small feature",
        "",
        name,
        {"id": row} if row else {},
        requirements,
        added=added,
    )
    record = ScenarioRecord(identity, f"features/test_features.py::{name}", [], START)
    record.stop = START + 250
    return Made(record)


def passing(name: str, *requirements: str, row: str = "") -> Made:
    made = scenario(name, *requirements, row=row)
    made.step("Given", "a Suspended ESME", exchange("SR8.2 CV8 → I0"))
    made.step("When", "the user sends SR11.2", exchange())
    return made.step("Then", "the request is accepted")


def failing(name: str, *requirements: str, row: str = "") -> Made:
    made = scenario(name, *requirements, row=row)
    made.step("Given", "a Suspended ESME", exchange("SR8.2 CV8 → I0"))
    made.step("When", "the user sends SR11.2", exchange("SR11.2 CV1 → E51"))
    return made.ended_by(not_met(*requirements))


def stuck(name: str, *requirements: str) -> Made:
    obstacle = Inconclusive(Cause.TARGET_UNREACHABLE, "no answer", expected="an answer", found="nothing")
    return scenario(name, *requirements).ended_by(obstacle)


def operation(name: str, result: str = "", outcome: str = "done") -> Operation:
    return Operation(START + 1, name, {"device_id": "00-DB-12-F0-00-00-00-08"}, outcome, result, 2.0)


IDENTITY = RunIdentity(
    "1.2.3",
    "ACME DSP",
    "7.1",
    "bundled profile (duis-profile.xsd)",
    {"rejection_code": "E51", "smets1": None, "secmp0007": False},
    {"target": "acme.toml"},
    suite_commit="0123456789abcdef",
    operator="A. Tester",
    command="dsp-conformance run --target acme.toml",
    suite_changes=("steps/own.py added", "conftest.py changed"),
    added_features="acme (1 feature file)",
    profile_origins={"secmp0007": "testbed"},
)


@dataclass(frozen=True)
class Workshop:
    """Makes runs, and pages of them."""

    folder: Path
    ledger: Ledger

    scenario = staticmethod(scenario)
    passing = staticmethod(passing)
    failing = staticmethod(failing)
    stuck = staticmethod(stuck)
    exchange = staticmethod(exchange)
    operation = staticmethod(operation)

    def source(
        self,
        *made: Made,
        schema_origin: str = IDENTITY.schema_origin,
        details: dict[str, str] | None = None,
        complete: bool = True,
        **more: Any,
    ) -> ReportSource:
        run = Run(
            replace(IDENTITY, schema_origin=schema_origin, details=details or IDENTITY.details),
            self.ledger,
            started=START,
            finished=START + 754_000,
            complete=complete,
            **more,
        )
        run.absorb(one.record for one in made)
        bodies = {one.record.identity.id: one.bodies for one in made}
        return ReportSource(
            run,
            results(run),
            lambda identifier, index: bodies[identifier].get(index, (REQUEST, ANSWER)),
            complete=complete,
        )

    def write(self, source: ReportSource) -> Path:
        write_page(source, self.folder)
        return self.folder / "index.html"

    def page(self, *made: Made, **more: Any) -> etree._Element:
        return etree.fromstring(self.write(self.source(*made, **more)).read_bytes(), etree.HTMLParser())


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, Ledger.load(ROOT / "features" / "requirements.toml"))


@pytest.fixture
def mixed() -> tuple[Made, ...]:
    """One scenario of every kind, with words that have to be escaped."""
    hostile = passing('<script>alert(1)</script> & "more" ', "SCOPE-02")
    hostile.bodies[1] = (
        b"<Request><![CDATA[</pre><script>alert(2)</script>]]></Request>",
        b"\xff\x00 no XML",
    )
    unclear = scenario("unclear", "MP105-02").step(
        "Given", "a Suspended GSME", operations=(operation("provide-device"),)
    )
    unclear.ended_by(
        Inconclusive(Cause.TARGET_UNREACHABLE, "no answer", expected="an answer", found="nothing")
    )
    broken = scenario("broken", "MP105-03").ended_by(ZeroDivisionError("in the suite"))
    closed = scenario("closed", "BASE-04").ended_by(NotTestable("edit-cpl"), phase=Phase.SET_UP)
    aside = scenario("aside", "BASE-02").ended_by(NotTaken("SR7.16 for an ESME", found="E11"))
    checked = passing("checked", "SCOPE-01").late(
        exchange("SR11.2 ← asynchronous I0", "DUIS-03", asked=False)
    )
    seen = passing("seen", "MP105-01", row="esme")
    seen.step(
        "And",
        "the command reached the Device",
        operations=(operation("list-commands", '[{"service_reference_variant": "11.2"}]'),),
        observations=("the MAC was not checked",),
    )
    assumed = failing("assumed", "MP105-08")
    return (
        seen,
        failing("first", "MP105-04"),
        failing("second", "MP105-04"),
        unclear,
        broken,
        closed,
        aside,
        checked,
        hostile,
        assumed,
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip(
            "needs Chromium to look at pages: no program 'chromium' on the path (apt install chromium)"
        )
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()
