"""Mutation testing of steps and fixtures, which no unit test judges but runs of the suite.

    python tools/mutate_steps.py [--matrix FILE] [-n N] MODULE[:LINE] ...

such as `steps.requests` or `dsp_conformance.scenario.stage:335`. FILE is the `matrix.json` of a whole
selfcheck. A mutant is noticed as soon as one of these does not hold any more; they are tried in this order,
with the scenarios whose steps lead to the changed function:

1. a few of them, chosen to hold as many different sentences as possible, pass the reference DSP;
2. each violation that no other scenario killed, 25 at most, is killed for a right requirement;
3. a few of them pass each lawful variation that is about their requirements;
4. the rest of them pass the reference DSP.

Runs are those of selfcheck, forked from a process that has imported everything. The code of the mutant's
functions is replaced in the run's process; no file is changed. What was run, and what survived why, stands in
docs/mutation-testing.md.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mutants import Mutant, mutants
from mutate import put_in_place

from dsp_conformance.cli.features import collected_features
from dsp_conformance.cli.selfcheck import judge
from dsp_conformance.cli.usage import importable_suite_root
from dsp_conformance.selfcheck.experiments import Experiment, experiment, selected
from dsp_conformance.selfcheck.findings import Judgement
from dsp_conformance.selfcheck.workshop import Task, Workshop
from dsp_conformance.stub.deviations import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.selfcheck.findings import Finding

_FEW: Final = 12
_FIRST_KILLERS: Final = 4
_MOST_VIOLATIONS: Final = 25
_NOT_IN_PLACE: Final = "the mutant could not be put in place"
_TRIES: Final = 3
"""How often a run is tried whose stub had a trouble of its own, of which no mutant is guilty."""

_REFERENCE: Final = Experiment(())
"""The stub without any deviation."""


class Code:
    """The functions and constants of steps and fixtures, and who uses whom by name.

    Args:
        root: the suite's folder.
    """

    def __init__(self, root: Path) -> None:
        self._named: dict[str, set[str]] = {}
        self._places: dict[str, list[tuple[range, str]]] = {}
        for path in sorted((*root.glob("steps/*.py"), *root.glob("fixtures/*.py"))):
            module = f"{path.parent.name}.{path.stem}"
            for name, node in _definitions(ast.parse(path.read_text(encoding="utf-8"))):
                self._named.setdefault(name, set()).update(_names(node))
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                self._places.setdefault(module, []).append((lines, name))

    def owner(self, module: str, line: int) -> str:
        """Return the innermost function, class or constant in which a line stands; empty where in none."""
        around = [(len(lines), name) for lines, name in self._places[module] if line in lines]
        return min(around)[1] if around else ""

    def users(self, name: str) -> frozenset[str]:
        """Return whatever leads to a name, itself included: functions that use it, and what uses those."""
        found, fresh = {name}, {name}
        while fresh:
            fresh = {user for user, named in self._named.items() if named & fresh} - found
            found |= fresh
        return frozenset(found)


def _definitions(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Yield functions, methods, classes and constants by name."""
    for node in getattr(tree, "body", []):
        match node:
            case ast.FunctionDef(name=name):
                yield name, node
            case ast.ClassDef(name=name):
                yield name, node
                yield from _definitions(node)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, node


def _names(node: ast.stmt) -> set[str]:
    """Return the names that a definition uses; of a class those of its head and fields alone."""
    if isinstance(node, ast.ClassDef):
        parts: list[ast.AST] = [
            *node.bases,
            *(one for one in node.body if not isinstance(one, ast.FunctionDef)),
        ]
    else:
        parts = [node]
    found = set()
    for each in (each for part in parts for each in ast.walk(part)):
        if isinstance(each, ast.Name):
            found.add(each.id)
        elif isinstance(each, ast.Attribute):
            found.add(each.attr)
    return found


@dataclass(frozen=True)
class Suite:
    """What there is to notice a mutant with.

    Attributes:
        scenarios: all that there are.
        killers: the ids of the scenarios that were seen to kill each violation for a right requirement.
        code: steps and fixtures.
    """

    scenarios: tuple[CollectedScenario, ...]
    killers: Mapping[Experiment, frozenset[str]]
    code: Code

    @classmethod
    def of(cls, root: Path, matrix: Path) -> Suite:
        """Read the suite, and what a whole selfcheck has found of it."""
        told = json.loads(matrix.read_text(encoding="utf-8"))
        if not (told["complete"] and told["proof"]):
            sys.exit(f"{matrix}: expected the matrix of a whole selfcheck that proved the suite")
        killers = {
            experiment(each["id"]): frozenset(
                failure["id"]
                for failure in each["failures"]
                if failure["verdict"] == "fail" and set(each["violates"]) & set(failure["requirements"])
            )
            for each in told["deviations"]
            if not each["lawful"]
        }
        return cls(tuple(collected_features(root)), killers, Code(root))

    def led_to(self, name: str) -> Concerned:
        """Return the scenarios whose steps lead to a function; all of them where none does by name."""
        users = self.code.users(name)
        found = {one: _sentences(one, users) for one in self.scenarios}
        whole = {one: said for one, said in found.items() if said}
        return Concerned(whole or {one: {one.template} for one in self.scenarios})

    def killed_by_no_other(self, concerned: Concerned) -> list[Experiment]:
        """Return the violations that these scenarios alone were seen to kill; all requirements come early."""
        found = [one for one, killers in self.killers.items() if killers and killers <= concerned.ids]
        nth: Counter[str] = Counter()
        order = {}
        for one in found:
            requirement = min(one.violates)
            order[one] = (nth[requirement], requirement)
            nth[requirement] += 1
        return sorted(found, key=order.__getitem__)


@dataclass(frozen=True)
class Concerned:
    """The scenarios whose steps lead to a function.

    Attributes:
        said: for each what tells it from others: the words of those steps, and its outline.
    """

    said: Mapping[CollectedScenario, set[object]]

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of all of them."""
        return frozenset(one.id for one in self.said)

    def few(self, among: Iterable[CollectedScenario] | None = None) -> list[CollectedScenario]:
        """Choose a few, each of which adds as much as possible that is not yet said."""
        left = list(self.said if among is None else among)
        chosen: list[CollectedScenario] = []
        heard: set[object] = set()
        while left and len(chosen) < _FEW:
            best = max(left, key=lambda one: len(self.said[one] - heard))
            if chosen and not self.said[best] - heard:
                break
            left.remove(best)
            chosen.append(best)
            heard |= self.said[best]
        return chosen


def _sentences(scenario: CollectedScenario, users: frozenset[str]) -> set[object]:
    bound = [binding for step in scenario.steps for binding in step.bindings if binding.name in users]
    words = {(one.name, *word) for one in bound for word in one.words.items()}
    return {scenario.template, *words} if bound else set()


class Trial:
    """Tries one mutant.

    Args:
        suite: what may notice it.
        module: the name of its module.
        mutant: what is changed.
        folder: for its runs, each of which gets a folder of its own in it.
    """

    def __init__(self, suite: Suite, module: str, mutant: Mutant, folder: Path) -> None:
        self._suite = suite
        self._concerned = suite.led_to(suite.code.owner(module, mutant.line))
        self._judge = partial(judge_mutant, module, mutant.source)
        self._folders = (folder / str(number) for number in count())

    def noticed(self) -> str:
        """Return how the mutant is noticed; empty where it is not.

        Raises:
            CannotBeTried: it could not be put in place, or the stub had troubles of its own.
        """
        few = self._concerned.few()
        ways = (
            partial(self._fails, _REFERENCE, few),
            self._survivor,
            self._wrongly_failed,
            partial(self._fails, _REFERENCE, [one for one in self._concerned.said if one not in few]),
        )
        return next(filter(None, (way() for way in ways)), "")

    def _survivor(self) -> str:
        for violation in self._suite.killed_by_no_other(self._concerned)[:_MOST_VIOLATIONS]:
            killers = self._suite.killers[violation]
            first = [one for one in self._suite.scenarios if one.id in killers][:_FIRST_KILLERS]
            rest = selected(violation, self._suite.scenarios)
            if not self._kills(violation, first) and not self._kills(violation, rest):
                return f"{violation.id} survives"
        return ""

    def _kills(self, violation: Experiment, scenarios: Sequence[CollectedScenario]) -> bool:
        return self._run(violation, scenarios, violation.violates).judgement is Judgement.KILLED

    def _wrongly_failed(self) -> str:
        for variation in map(experiment, CATALOGUE):
            among = [one for one in self._concerned.said if variation.concerns & set(one.requirements)]
            if variation.is_lawful and (reason := self._fails(variation, self._concerned.few(among))):
                return f"{variation.id}: {reason}"
        return ""

    def _fails(self, lawful: Experiment, scenarios: Sequence[CollectedScenario]) -> str:
        """Return why not all scenarios pass what is lawful; empty where they do."""
        if not scenarios:
            return ""
        finding = self._run(lawful, scenarios)
        if finding.failures:
            first = finding.failures[0]
            return f"{first.verdict} {first.id}: {'; '.join(first.reasons)}"
        left_out = {one.id for one in scenarios}.difference(finding.ran)
        return finding.trouble or (f"left out: {min(left_out)}" if left_out else "")

    def _run(
        self, tried: Experiment, scenarios: Iterable[CollectedScenario], sought: frozenset[str] = frozenset()
    ) -> Finding:
        task = Task(tried, tuple(one.nodeid for one in scenarios), sought)
        for _ in range(_TRIES):
            workshop = Workshop(self._judge, next(self._folders), warm="dsp_conformance.cli.warm")
            (finding,) = workshop.try_all([task], 1)
            if _NOT_IN_PLACE in finding.trouble:
                raise CannotBeTried(finding.trouble)
            if not finding.trouble.startswith("the stub"):
                return finding
        raise CannotBeTried(finding.trouble)


class CannotBeTried(Exception):  # noqa: N818 - named for what it says
    """A mutant could not be put in place, or the stub had troubles of its own."""


def judge_mutant(
    module: str, source: str, arguments: Sequence[str], nodeids: Sequence[str], sought: frozenset[str]
) -> int:
    """Run some scenarios with a mutant in place, up to the first that fails where nothing is sought."""
    importable_suite_root()
    try:
        put_in_place(importlib.import_module(module), source)
    except ValueError:  # a function of it closes over other variables
        print(_NOT_IN_PLACE)
        return 4
    return judge((*arguments, *(() if sought else ("--maxfail=1",))), nodeids, sought)


def _told(suite: Suite, module: str, mutant: Mutant, number: int, folder: Path) -> str:
    """Try one mutant and return one line about it."""
    if not mutant.function:
        return f"NOT TRIED: {module}:{mutant.line}: {mutant.change}: importing the module runs it"
    try:
        by = Trial(suite, module, mutant, folder / f"{module}-{number}").noticed()
        said = "noticed" if by else "SURVIVED"
    except CannotBeTried as error:
        said, by = "NOT TRIED", str(error)
    return f"{said}: {module}:{mutant.line}: {mutant.change}{f': {by}' if by else ''}"


def main() -> int:
    """Run it; the exit code is 1 where a mutant survived."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--matrix", type=Path, default=Path("reports/selfcheck/matrix.json"), metavar="FILE")
    parser.add_argument("-n", type=int, default=1, metavar="N", help="try that many mutants at a time")
    parser.add_argument("modules", nargs="+", metavar="MODULE[:LINE]")
    options = parser.parse_args()
    root = importable_suite_root()
    suite = Suite.of(root, options.matrix)
    tried = []
    for name in options.modules:
        module, _, line = name.partition(":")
        source = root.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
        tried += [(module, each) for each in mutants(source) if not line or each.line == int(line)]
    survived = 0
    with (
        tempfile.TemporaryDirectory(prefix="dsp-conformance-mutants-") as folder,
        ThreadPoolExecutor(options.n) as pool,
    ):
        tell = [
            pool.submit(_told, suite, module, mutant, number, Path(folder))
            for number, (module, mutant) in enumerate(tried)
        ]
        for each in tell:
            line = each.result()
            survived += not line.startswith("noticed")
            print(line, flush=True)
    print(f"{len(tried)} mutants, {len(tried) - survived} noticed, {survived} not")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
