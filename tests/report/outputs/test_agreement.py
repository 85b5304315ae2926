"""All outputs of a run say the same of its scenarios and requirements, whatever happened in it."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from dsp_conformance.base.published import schema_text
from dsp_conformance.ledger.requirements import Keyword, Ledger, Requirement
from dsp_conformance.ledger.verdicts import (
    Cause,
    Inconclusive,
    NotApplicable,
    NotTaken,
    NotTestable,
    RequirementNotMet,
)
from dsp_conformance.record.evidence import Check
from dsp_conformance.record.results import results
from dsp_conformance.record.run import Run, RunIdentity
from dsp_conformance.record.scenario_record import (
    Phase,
    ScenarioIdentity,
    ScenarioRecord,
    StepRecord,
    StepStatus,
)
from dsp_conformance.report.outputs.junit import junit
from dsp_conformance.report.outputs.markdown import markdown
from dsp_conformance.report.outputs.matrix import matrix
from dsp_conformance.report.outputs.printable import one_line
from dsp_conformance.report.outputs.reading import outcome
from dsp_conformance.report.summary import render

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

AS_JUNIT = {
    "pass": "passed",
    "fail": "failure",
    "inconclusive": "error",
    "error": "error",
    "not assessed": "error",
    "not applicable": "skipped",
    "not testable": "skipped",
    "not taken by this product": "skipped",
}
HOSTILE = (
    "\x1b[31mred\x07",
    "a|b",
    "<script>alert(1)</script>",
    "]]>",
    "```\n# head",
    "`tick`",
    "![x](http://evil.example/x.png)",
    "=HYPERLINK(1)",
    "@SUM(1)",
    "x;=1+1",
    'he said "=1"',
    "\r\nline",
    "\u202edrawkcab",
    "\ufffe",
    "*bold* _it_ ~~no~~ $x$ www.evil.example",
    "ok",
    "",
)
LEDGER = {
    "CORE-01": Keyword.MUST,
    "CORE-02": Keyword.MUST,
    "CORE-03": Keyword.ASSUMED,
    "DUIS-01": Keyword.MUST,
    "DUIS-02": Keyword.MUST,
}
OWN = ("CORE-01", "CORE-02", "CORE-03")

said = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
).filter(str)


def ledger() -> Ledger:
    """A ledger with all kinds of requirements."""
    entries = [
        Requirement(
            id=name,
            title=f"It does {name}",
            text="A conforming DSP does it.",
            keyword=keyword,
            source=("S", "X") if keyword is Keyword.MUST else (),
            basis="stated" if keyword is Keyword.MUST else None,
            revision=1,
        )
        for name, keyword in LEDGER.items()
    ]
    return Ledger(entries, {"CORE": "The core", "DUIS": "Every message"})


@st.composite
def endings(draw: DrawFn) -> Exception:
    """What may end a step, or be found late."""
    text, other = draw(said), draw(said)
    named = draw(st.lists(st.sampled_from(sorted(LEDGER)), max_size=2, unique=True))
    return draw(
        st.sampled_from(
            [
                RequirementNotMet(expected=text, found=other, requirements=named),
                Inconclusive(draw(st.sampled_from(Cause)), text, found=other),
                NotApplicable(text),
                NotTestable("edit-cpl", hint=text),
                NotTaken(text, found=other),
                ValueError(text),
            ]
        )
    )


checks = st.lists(
    st.builds(
        Check,
        st.sampled_from(["DUIS-01", "DUIS-02"]),
        st.booleans(),
        said,
        said,
        st.sampled_from(["", "why"]),
    ),
    max_size=3,
)


@st.composite
def records(draw: DrawFn, number: int) -> ScenarioRecord:
    """One scenario's record, ended or cut short."""
    file = draw(st.sampled_from(["features/a.feature", "features/b.feature"]))
    template = f"{file}::scenario {number}"
    row = draw(st.sampled_from([{}, {"id": "x|y"}]))
    tags = draw(st.lists(st.sampled_from(OWN), max_size=2, unique=True))
    identity = ScenarioIdentity(
        f"{template}::{row['id']}" if row else template,
        template,
        file,
        f"Feature {file}",
        "",
        f"scenario {number}",
        row,
        tuple(sorted(tags)),
    )
    count = draw(st.integers(1, 3))
    record = ScenarioRecord(
        identity, f"features/test.py::test_{number}", [StepRecord("Then", f"step {n}") for n in range(count)]
    )
    for index in range(draw(st.integers(0, count))):
        record.begin_step(index)
        record.attach_exchange(
            draw(said), b"<a/>", b"<b/>", checks=draw(checks), facts={"HTTP status": "200"}
        )
        if draw(st.integers(0, 3)) == 0:
            record.worsen(Phase.STEP, draw(endings()))
            break
        record.end_step(StepStatus.PASSED)
    if draw(st.integers(0, 7)):
        record.stop = record.start + draw(st.integers(0, 5000))
        record.end()
        if draw(st.integers(0, 4)) == 0:
            record.attach_exchange("late", None, b"<b/>", checks=draw(checks))
            record.worsen(Phase.LATE, draw(endings()))
    return record


@st.composite
def runs(draw: DrawFn) -> Run:
    """A whole run."""
    run = Run(
        RunIdentity("1.2.3", draw(said), draw(said), "bundled", {"smets1": None}, operator=draw(said)),
        ledger(),
        enforce_assumed=draw(st.booleans()),
        complete=draw(st.integers(0, 5)) > 0,
    )
    run.absorb([draw(records(number)) for number in range(draw(st.integers(0, 4)))])
    if draw(st.integers(0, 5)) == 0:
        run.suite_errors.append(draw(said))
    if not run.complete:
        run.suite_errors.append("the run did not come to its end")  # as who reads its journal says
    run.finished = run.started + draw(st.integers(0, 100_000))
    return run


ORDER = ["pass", "inconclusive", "fail", "error"]


@pytest.fixture(scope="session")
def xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(schema_text("junit").encode()))


@pytest.fixture(scope="session")
def json_schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text("results")))


def worst(verdicts: list[str]) -> str:
    return max((one for one in verdicts if one in ORDER), key=ORDER.index, default="none")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=runs())
def test_all_outputs_agree(xsd: etree.XMLSchema, json_schema: Draft202012Validator, run: Run) -> None:
    tree = json.loads(json.dumps(results(run)))
    assert [flaw.message for flaw in json_schema.iter_errors(tree)] == []
    scenarios = {one["id"]: outcome(one) for one in tree["scenarios"]}
    requirements = {one["id"]: one["verdict"] for one in tree["requirements"]}

    check_junit(junit(tree), xsd, scenarios, tree)
    check_matrix(matrix(tree), scenarios, requirements)
    check_markdown(markdown(tree), scenarios, requirements, tree)

    summary = render(run)
    for identifier, verdict in requirements.items():
        assert [line for line in summary.splitlines() if line.split()[:1] == [identifier] and verdict in line]
    for record in run.ordered_records():
        assert scenarios[record.identity.id] == (record.exclusion or record.verdict.label).replace(
            "none", "not assessed"
        )


def check_junit(octets: bytes, xsd: etree.XMLSchema, scenarios: dict[str, str], tree: dict[str, Any]) -> None:
    root = etree.fromstring(octets)
    xsd.assertValid(root)
    decides, *cases = root.findall("testsuite/testcase")
    told = {}
    for case in cases:
        kinds = [part.tag for part in case if part.tag != "system-out"] or ["passed"]
        name = case.get("name", "").rpartition(": ")[2].replace(" / ", "::")
        told[f"{case.get('classname', '').replace('.', '/')}.feature::{name}"] = kinds
    assert told == {one_line(name): [AS_JUNIT[verdict]] for name, verdict in scenarios.items()}
    decided = tree["verdict"]["exit_code"] in {0, 1} and tree["run"]["complete"]
    assert (decides.find("error") is None) is decided
    for suite in root:
        found = Counter(part.tag for case in suite for part in case)
        assert int(suite.get("tests", "0")) == len(suite.findall("testcase"))
        for tally, tag in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            assert int(suite.get(tally, "-1")) == found[tag]
    for tally in ("tests", "failures", "errors"):
        assert int(root.get(tally, "-1")) == sum(int(suite.get(tally, "0")) for suite in root)
    if tree["verdict"]["exit_code"] == 0:
        assert root.get("errors") == "0"
    else:
        assert int(root.get("errors", "0")) + int(root.get("failures", "0")) > 0


def check_matrix(octets: bytes, scenarios: dict[str, str], requirements: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(octets.decode(), newline="")))
    assert {row["requirement"]: row["requirement_verdict"] for row in rows} == requirements
    for requirement, verdict in requirements.items():
        said = [row["verdict"] for row in rows if row["requirement"] == requirement]
        assert verdict == worst(said) or (worst(said) == "none" and verdict.startswith("not "))
    named = {row["scenario"]: row["scenario_verdict"] for row in rows if row["scenario"]}
    assert named.items() <= scenarios.items()


def check_markdown(
    page: str, scenarios: dict[str, str], requirements: dict[str, str], tree: dict[str, Any]
) -> None:
    lines = page.splitlines()
    assert lines[0].endswith(f"DSP conformance: {tree['verdict']['verdict']}")
    for identifier, verdict in requirements.items():
        (row,) = [line for line in lines if line.startswith(f"| {identifier} |")]
        standing, said = row.split(" | ")[3:5]
        assert said.endswith(f" {verdict}")
        assert standing == ("S, X: stated" if LEDGER.get(identifier) is Keyword.MUST else "")
    counted = next((line for line in lines if line.startswith("| scenarios |")), "")
    numbers = sum(int(cell) for cell in counted.strip("| ").split(" | ")[1:])
    assert numbers == len(scenarios)
    assert ("Incomplete" in page) is not tree["run"]["complete"]
