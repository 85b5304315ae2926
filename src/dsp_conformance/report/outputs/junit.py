"""JUnit XML for CI systems: one test suite a feature, one test case a scenario, and one for the run itself.

It is in the form that Jenkins and Maven Surefire share; `schemas/junit.xsd` says what of it is used. A
scenario that is inconclusive, or that the suite failed at, is an error and never skipped; skipped are those
alone that do not apply, cannot be tested, or were set aside, since the product takes their request for no
Device.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from lxml import etree

from dsp_conformance.report.outputs.printable import one_line, printable
from dsp_conformance.report.outputs.reading import (
    NOT_COMPLETE,
    Document,
    failures_of,
    instant,
    kind_of,
    outcome,
    reproduction,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dsp_conformance.record.source import ReportSource

__all__ = ["junit", "write_junit"]

_ELEMENTS: Final = {
    "fail": "failure",
    "inconclusive": "error",
    "error": "error",
    "not assessed": "error",
    "not applicable": "skipped",
    "not testable": "skipped",
    "not taken by this product": "skipped",
}
_DECIDED: Final = (0, 1)
_TALLIES: Final = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def write_junit(source: ReportSource, folder: Path) -> None:
    """Write `junit.xml`."""
    (folder / "junit.xml").write_bytes(junit(source.results))


def junit(results: Document) -> bytes:
    """The run as JUnit XML.

    Args:
        results: the document `results.json`.
    """
    product = results["run"]["dsp"]
    root = _element("testsuites", name=f"DSP conformance: {product['name']} {product['version']}".strip())
    features: dict[str, list[Document]] = {}
    for scenario in results["scenarios"]:
        features.setdefault(scenario["feature_file"], []).append(scenario)
    root.append(_run_suite(results))
    root.extend(_feature_suite(results, scenarios) for scenarios in features.values())
    for tally in ("tests", "failures", "errors"):
        root.set(tally, str(sum(int(suite.get(tally, "0")) for suite in root)))
    root.set("time", f"{results['run']['duration_seconds']:.3f}")
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _run_suite(results: Document) -> etree._Element:
    """The run itself: an error unless it decided whether the product is conformant."""
    run, verdict = results["run"], results["verdict"]
    case = _element("testcase", name="the run decides", classname="dsp-conformance", time="0.000")
    if verdict["exit_code"] not in _DECIDED or not run["complete"]:
        case.append(_trouble("error", verdict["verdict"], verdict["sentence"], _run_troubles(results)))
    said = [verdict["sentence"], f"Decision rule: {verdict['decision_rule']}"]
    case.append(_element("system-out", "\n".join(said)))
    properties = {
        "product": run["dsp"]["name"],
        "product version": run["dsp"]["version"],
        "suite version": run["suite_version"],
        "suite commit": run["suite_commit"],
        "DUIS schema": run["schema_origin"],
        "verdict": verdict["verdict"],
        "complete": "yes" if run["complete"] else "no",
    }
    return _suite("the run", [case], run["started"], run["duration_seconds"], properties)


def _run_troubles(results: Document) -> Iterable[str]:
    if not results["run"]["complete"]:
        yield NOT_COMPLETE
    yield from results["suite_errors"]
    for entry in (results["baseline"] or {}).get("entries", ()):
        if entry["stale"]:
            yield f"baseline: {entry.get('requirement') or entry['scenario']}: {entry['state']}"


def _feature_suite(results: Document, scenarios: list[Document]) -> etree._Element:
    cases = [_case(results, scenario) for scenario in scenarios]
    seconds = sum(float(case.get("time", "0")) for case in cases)
    began = instant(min(scenario["start"] for scenario in scenarios))
    return _suite(scenarios[0]["feature"], cases, began, seconds)


def _suite(
    name: str,
    cases: list[etree._Element],
    began: str,
    seconds: float,
    properties: dict[str, str] | None = None,
) -> etree._Element:
    found = Counter(part.tag for case in cases for part in case)
    tallies = {tally: str(found[tag]) for tally, tag in _TALLIES.items()}
    suite = _element("testsuite", name=name, tests=str(len(cases)), **tallies)
    suite.set("time", f"{seconds:.3f}")
    suite.set("timestamp", began[:19])  # in UTC, without a zone: JUnit's form has none
    if properties:
        holder = etree.SubElement(suite, "properties")
        holder.extend(_element("property", name=key, value=value) for key, value in properties.items())
    suite.extend(cases)
    return suite


def _case(results: Document, scenario: Document) -> etree._Element:
    file = scenario["feature_file"]
    own = scenario["id"].removeprefix(f"{file}::").replace("::", " / ")
    about = ", ".join(scenario["requirements"])
    case = _element(
        "testcase",
        name=f"{about}: {own}" if about else own,
        classname=file.removesuffix(".feature").replace(".", "_").replace("/", "."),
        time=f"{max(0, scenario['stop'] - scenario['start']) / 1000:.3f}",
    )
    kind = _ELEMENTS.get(outcome(scenario))
    if kind is not None:
        told = failures_of(scenario)
        message = _message(told[0]) if told else outcome(scenario)
        text = ["\n".join(lines) for lines in told]
        case.append(_trouble(kind, kind_of(results, scenario), message, text))
    steps = [f"{step['status']:>12}  {step['keyword']} {step['text']}" for step in scenario["steps"]]
    case.append(
        _element("system-out", "\n".join([*steps, f"run it alone: {reproduction(results, scenario)}"]))
    )
    return case


def _message(lines: list[str]) -> str:
    """A reason in one line, for lists."""
    what, *parts = lines
    shown = [part.strip() for part in parts if part.startswith(("  expected: ", "  found: "))]
    return "; ".join([what, *shown])


def _trouble(kind: str, about: str, message: str, text: Iterable[str]) -> etree._Element:
    return _element(kind, "\n".join(text), type=about, message=one_line(message))


def _element(tag: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.Element(tag, {name: printable(value) for name, value in attributes.items()})
    element.text = printable(text) or None
    return element
