"""A small suite of its own, run by a real pytest, to see what the report makes of it."""

from __future__ import annotations

import json
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from pytest_bdd import feature as bdd_features

import dsp_conformance.running.plugin  # noqa: F401 - loaded here once, not anew in each small run
from benchmarks.synthetic import Shape, write_journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    ReadResults = Callable[[Path], dict[str, Any]]

LEDGER = """
[groups]
CORE = "The core"
DUIS = "Every message"

[requirements.CORE-01]
title = "It answers"
text = "A conforming DSP answers."
keyword = "MUST"
source = ["S"]
basis = "stated"
revision = 1

[requirements.CORE-02]
title = "It restores"
text = "A conforming DSP restores."
keyword = "MUST"
source = ["S"]
basis = "stated"
revision = 2

[requirements.CORE-03]
title = "It may restore"
text = "A conforming DSP may restore."
keyword = "ASSUMED"
revision = 1

[requirements.DUIS-01]
title = "It is well-formed"
text = "A conforming DSP writes XML."
keyword = "MUST"
source = ["S"]
basis = "stated"
revision = 1
"""

CONFTEST = """
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Thread

import pytest
from pytest_bdd import given, parsers, then, when

from dsp_conformance.duis.terms import UserRole
from dsp_conformance.record.baseline import Baseline
from dsp_conformance.record.evidence import Operation
from dsp_conformance.ledger.requirements import Ledger
from dsp_conformance.collection.planning import Circumstances
from dsp_conformance.running.plugin import register
from dsp_conformance.record.run import RunIdentity
from dsp_conformance.ledger.verdicts import (
    Cause, Inconclusive, NotApplicable, NotTaken, NotTestable, RequirementNotMet,
)
from dsp_conformance.testbed import Capability

JOURNAL = []

@dataclass(frozen=True)
class Outcome:
    requirement: str
    passed: bool
    expected: str = "an XML document"
    found: str = "plain text"
    detail: str = "look at the gateway"

def pytest_addoption(parser):
    parser.addoption("--enforce", action="store_true")
    parser.addoption("--whole", action="store_true")
    parser.addoption("--declare", action="append", default=[])
    parser.addoption("--deny", action="append", default=[])
    parser.addoption("--can", default=None)
    parser.addoption("--progress", action="store_true")
    parser.addoption("--known", default=None)
    parser.addoption("--scenario", action="append", default=[])
    parser.addoption("--user", action="append", default=[])

def pytest_configure(config):
    ledger = Ledger.load(Path(config.rootpath, "requirements.toml"))
    known = config.getoption("--known")
    can = config.getoption("--can")
    circumstances = Circumstances(
        switches=dict.fromkeys(config.getoption("--declare"), True)
        | dict.fromkeys(config.getoption("--deny"), False),
        roles=frozenset(map(UserRole, config.getoption("--user"))),
        capabilities=None if can is None else frozenset(map(Capability, can.split())),
    )
    register(
        config,
        ledger=ledger,
        identity=RunIdentity("1.2.3", "Example DSP", "9.8", "bundled", {"smets1": None, "secmp0007": False}),
        folder=Path(config.rootpath, "out"),
        enforce_assumed=config.getoption("--enforce"),
        key="the small run",
        circumstances=lambda: circumstances,
        whole=config.getoption("--whole"),
        progress=config.getoption("--progress"),
        chosen=config.getoption("--scenario"),
        baseline=Baseline.load(Path(known), ledger, today=date(2027, 3, 31)) if known else None,
    )

@pytest.fixture
def record(pytestconfig):
    return pytestconfig.pluginmanager.get_plugin("dsp-recorder").current

@pytest.fixture(scope="session")
def line():
    JOURNAL.append("line up")
    yield JOURNAL
    JOURNAL.append("line down")

@pytest.fixture
def broken_set_up():
    raise RuntimeError("no power")

@pytest.fixture(autouse=True)
def early_trouble(request):
    if "early" in request.node.name:
        raise RuntimeError("no power at all")

@pytest.fixture
def broken_tear_down():
    yield
    raise RuntimeError("cannot switch off")

@given("a DSP")
def _(): pass

@given(parsers.parse("a {state} meter"))
def _(state): pass

@given("a DSP without power")
def _(broken_set_up): pass

@given("a DSP that cannot be switched off")
def _(broken_tear_down): pass

@when("it is asked")
def _(record):
    record.attach_exchange(
        "SR11.2 to the ESME", b"<a><b>1</b></a>", b"<answer><code>I99</code></answer>",
        checks=[Outcome("DUIS-01", True)], facts={"HTTP status": "200"},
    )

@when("it answers in plain text")
def _(record):
    record.attach_exchange("SR11.2 to the ESME", b"<a/>", b"<<oops", checks=[Outcome("DUIS-01", False)])

@when("its answer is of no use")
def _(record):
    record.attach_exchange("SR11.2 to the ESME", b"<a/>", None, checks=[Outcome("DUIS-01", False)])
    raise Inconclusive(Cause.UNUSABLE_ANSWER, "no acknowledgement to judge", requirement="DUIS-01")

@when("it posts a message")
def _(record):
    record.attach_exchange("response to SR11.2", None, b"<late/>", checks=[Outcome("DUIS-01", True)])

@then("it answers")
def _(): pass

@then("a curiosity is noted")
def _(record): record.observe("the answer came late")

@then("it does not")
def _():
    secret = "key-material-in-a-local"
    raise RequirementNotMet(expected="E51", found="E5", hint="set profile.rejection_code")

@then("it does not restore")
def _(): raise RequirementNotMet(requirements=["CORE-02"], expected="Commissioned", found="Suspended")

@then("it cannot be reached")
def _(): raise Inconclusive(Cause.TARGET_UNREACHABLE, "connection refused", hint="start it")

@then("the meter is not ready")
def _():
    raise Inconclusive(
        Cause.PRECONDITION_UNMET, "no Suspended ESME", expected="Suspended", found="Pending"
    )

@then("the suite breaks")
def _():
    secret = "key-material-in-a-local"
    raise KeyError("no such thing")

@then("it is skipped")
def _(): pytest.skip("later")

@then("it does not apply")
def _(): raise NotApplicable("the profile says smets1 = no")

@then("the testbed cannot show it")
def _(): raise NotTestable("list_commands", hint="use the control API")

@then("the product takes it for no Device")
def _(): raise NotTaken("SR6.21 for an ESME", found="E11")

@then("nothing comes afterwards")
def _(record, line):
    def silence():
        if line[-1] != "line up":
            raise RuntimeError("the line was down before the late checks")
    record.defer(silence)

@then("something comes afterwards")
def _(record):
    def silence():
        raise RequirementNotMet(requirements=["DUIS-01"], expected="one response", found="two")
    record.defer(silence)

@then("a second answer comes afterwards")
def _(record):
    def silence():
        record.attach_exchange("second response", None, b"<again/>", checks=[Outcome("DUIS-01", False)])
    record.defer(silence)

@then("the testbed is asked afterwards")
def _(record, request):
    recorder = request.config.pluginmanager.get_plugin("dsp-recorder")
    asked = Operation(1, "list-commands", {"about": record.identity.name}, "done", "", 1.0)
    record.defer(lambda: recorder.operation(asked))

@then("another thread reports")
def _(record):
    caught = []
    def other():
        try:
            record.observe("from elsewhere")
        except RuntimeError as error:
            caught.append(error)
    thread = Thread(target=other)
    thread.start()
    thread.join()
    raise caught[0]

@then("its process dies")
def _(): os._exit(9)

@then("the operator interrupts")
def _(): raise KeyboardInterrupt
"""


@dataclass
class Outcome:
    """What a run of the small suite left behind."""

    exit_code: int
    output: str
    folder: Path
    pytest_counts: dict[str, int]
    read_results: InitVar[ReadResults]
    results: dict[str, Any] = field(init=False)
    allure: dict[str, dict[str, Any]] = field(init=False)

    def __post_init__(self, read_results: ReadResults) -> None:
        self.results = read_results(self.folder)
        files = list((self.folder / "allure-results").glob("*-result.json"))
        found = [json.loads(file.read_text()) for file in files]
        self.allure = {one["name"]: one for one in found}
        assert len(self.allure) == len(files), "one result file for each scenario"

    @property
    def summary(self) -> str:
        return (self.folder / "summary.txt").read_text()

    def requirement(self, identifier: str) -> str:
        return next(str(one["verdict"]) for one in self.results["requirements"] if one["id"] == identifier)

    def scenario(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.results["scenarios"] if one["name"] == name)
        return found

    def attachment(self, source: str) -> bytes:
        return (self.folder / "allure-results" / source).read_bytes()


@dataclass
class SmallSuite:
    """Runs feature text through pytest, in this process.

    Attributes:
        ledger: what it is held to.
        steps: definitions of steps beyond those that every small suite has.
    """

    pytester: pytest.Pytester
    read_results: ReadResults
    ledger: str = LEDGER
    steps: str = ""

    def start(self, feature: str, *arguments: str, apart: bool = False) -> pytest.RunResult:
        """Run it, whatever comes of it; `apart` in a process of its own."""
        bdd_features.features.clear()  # pytest-bdd keeps what it once read from a path
        folder = self.pytester.path
        (folder / "features").mkdir(exist_ok=True)
        (folder / "features" / "small.feature").write_text(feature)
        (folder / "requirements.toml").write_text(self.ledger)
        self.pytester.makeini(
            "[pytest]\naddopts = --strict-markers --tb=short -p no:cacheprovider -p no:hypothesispytest"
        )
        self.pytester.makeconftest(CONFTEST)
        bound = "from pytest_bdd import scenarios\n\nscenarios('features')\n"
        self.pytester.makepyfile(test_features=self.steps + bound)
        if apart:
            return self.pytester.runpytest_subprocess(*arguments)
        return self.pytester.runpytest_inprocess(*arguments)

    def run(self, feature: str, *arguments: str) -> Outcome:
        """Run it and read the results that it must have left."""
        done = self.start(feature, *arguments)
        output = done.stdout.str() + done.stderr.str()
        try:
            counts = done.parseoutcomes()
        except ValueError:  # pytest counted nothing
            counts = {}
        return Outcome(int(done.ret), output, self.pytester.path / "out", counts, self.read_results)


@pytest.fixture
def made_up(tmp_path: Path) -> Callable[..., Path]:
    """Write the journal of a run that never was, and tell where it is."""

    def make(name: str = "journal", **shape: Any) -> Path:
        path = tmp_path / f"{name}.jsonl"
        write_journal(path, Shape(**shape), key=name)
        return path

    return make


@pytest.fixture
def suite(pytester: pytest.Pytester, read_results: ReadResults) -> SmallSuite:
    return SmallSuite(pytester, read_results)
