"""Mutation testing: changes one thing in a module, runs its tests, and tells what nobody noticed.

    python tools/mutate.py MODULE [MODULE ...] -- TESTS [TESTS ...]

such as `dsp_conformance.user.checks -- tests/user/test_checks.py`. The tests are collected once; each mutant
is tried in a forked process, in which the code of the module's functions, and its constants, are replaced. No
file is changed. What was run, and what survived why, stands in docs/mutation-testing.md.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import signal
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, TypeAlias

import pytest
from _pytest.main import pytest_runtestloop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Change: TypeAlias = "tuple[str, Callable[[], None]]"
"""What is changed, in words, and what changes it in the tree."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_TIMEOUT_SECONDS = 120
_NOT_IN_PLACE = 3


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change.

    Attributes:
        line: where the change is.
        change: what was changed, in words.
        source: the whole module.
    """

    line: int
    change: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    count = len(list(_sites(ast.parse(source))))
    for index in range(count):
        tree = ast.parse(source)
        line, change, apply = list(_sites(tree))[index]
        apply()
        yield Mutant(line, change, ast.unparse(ast.fix_missing_locations(tree)))


def _sites(tree: ast.AST) -> Iterator[tuple[int, str, Callable[[], None]]]:
    """Yield each place that can be changed: its line, the change in words, and what changes it."""
    for node in _executed(tree):
        for words, apply in (*_operators(node), *_values(node)):
            yield getattr(node, "lineno", 0), words, apply
        yield from _dropped_statements(node)


def _operators(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _COMPARISONS:
            other = _COMPARISONS[type(operator)]()
            yield _turned(operator, other), _setter(node, "ops", [other])
        case ast.BoolOp(op=operator):
            swapped = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield _turned(operator, swapped), _setter(node, "op", swapped)
        case ast.BinOp(op=operator) if type(operator) in _ARITHMETIC:
            counterpart = _ARITHMETIC[type(operator)]()
            yield _turned(operator, counterpart), _setter(node, "op", counterpart)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            # `not not x` is x as a truth value
            yield "not dropped", _setter(node, "operand", ast.UnaryOp(op=ast.Not(), operand=operand))


def _values(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Constant(value=bool() as value):
            yield f"{value} -> {not value}", _setter(node, "value", not value)
        case ast.Constant(value=int() as value):
            yield f"{value} -> {value + 1}", _setter(node, "value", value + 1)
        case ast.IfExp():
            yield "branches swapped", _swapped(node)
        case ast.If() | ast.While():
            yield "condition never true", _setter(node, "test", ast.Constant(value=False))
        case ast.Return(value=ast.expr() as result) if not _is_none(result):
            yield "returns None", _setter(node, "value", ast.Constant(value=None))


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without annotations, and without what only the type checker or an import reads."""
    yield tree
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__all__":
                continue
            if isinstance(child, ast.AST):
                yield from _executed(child)


def _dropped_statements(node: ast.AST) -> Iterator[tuple[int, str, Callable[[], None]]]:
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return
    for index, statement in enumerate(body):
        called = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        if called or isinstance(statement, ast.Raise | ast.AugAssign):
            what = ast.unparse(statement).splitlines()[0][:60]
            yield statement.lineno, f"dropped: {what}", _replacer(body, index)


def _turned(before: ast.AST, after: ast.AST) -> str:
    return f"{type(before).__name__} -> {type(after).__name__}"


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _setter(node: ast.AST, field: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, field, value)


def _swapped(node: ast.IfExp) -> Callable[[], None]:
    def swap() -> None:
        node.body, node.orelse = node.orelse, node.body

    return swap


def _replacer(body: list[ast.stmt], index: int) -> Callable[[], None]:
    def drop() -> None:
        body[index] = ast.copy_location(ast.Pass(), body[index])

    return drop


class _CannotBeImported(Exception):  # noqa: N818 - named for what it says
    """A mutant fails as soon as it is imported."""


class _Trying:
    """A plugin of pytest that runs the collected tests once for each mutant."""

    def __init__(self, modules: list[str]) -> None:
        self._modules = modules
        self.survived = self.tried = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if _fails(session, lambda: None):
            raise pytest.UsageError("the tests fail without any mutant")
        for name in self._modules:
            module = importlib.import_module(name)
            source = Path(str(module.__file__)).read_text(encoding="utf-8")
            for mutant in mutants(source):
                self.tried += 1
                failed = _fails(session, partial(_put_in_place, module, mutant.source))
                if not failed:
                    self.survived += 1
                    said = "not tried" if failed is None else "survived"
                    line = source.splitlines()[mutant.line - 1].strip()
                    print(f"{said}: {name}:{mutant.line}: {mutant.change}: {line}", flush=True)
        print(f"{self.tried} mutants, {self.tried - self.survived} killed, {self.survived} survived")
        return True


def _fails(session: pytest.Session, prepare: Callable[[], None]) -> bool | None:
    """Run the tests in a forked process, and tell whether one fails or they take too long.

    Returns:
        None where the mutant could not be put in place: a function of it closes over other variables.
    """
    child = os.fork()
    if child == 0:
        signal.alarm(_TIMEOUT_SECONDS)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        code = _NOT_IN_PLACE
        with contextlib.suppress(BaseException):
            try:
                prepare()
            except _CannotBeImported:
                os._exit(1)  # every test would have noticed
            code = 1
            pytest_runtestloop(session)
            code = min(1, session.testsfailed)
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _NOT_IN_PLACE:
        return None
    return status != 0


def _put_in_place(module: ModuleType, source: str) -> None:
    """Have a module that was imported everywhere already do what another source says."""
    other = ModuleType(module.__name__)
    vars(other).update({name: getattr(module, name) for name in ("__file__", "__package__", "__spec__")})
    try:
        exec(compile(source, str(module.__file__), "exec"), vars(other))  # noqa: S102 - the project's own source
    except Exception as error:
        raise _CannotBeImported from error
    _graft(module, other, module.__name__)


def _graft(old: object, new: object, owner: str) -> None:
    """Give the functions of a module or class the code of others, and it the others' constants."""
    for name, theirs in list(vars(new).items()):
        ours = vars(old).get(name)
        if ours is theirs:
            continue
        if isinstance(ours, type) and isinstance(theirs, type):
            if ours.__module__ == owner:
                _graft(ours, theirs, owner)
            continue
        function, others = _function(ours), _function(theirs)
        if function is not None and others is not None:
            function.__code__, function.__defaults__ = others.__code__, others.__defaults__
            function.__kwdefaults__ = others.__kwdefaults__
        elif isinstance(old, ModuleType) and isinstance(theirs, int | str | tuple | range | frozenset):
            setattr(old, name, theirs)


def _function(value: object) -> FunctionType | None:
    """Return the function of a function, method, property or cache."""
    if isinstance(value, property):
        value = value.fget
    value = getattr(value, "__func__", getattr(value, "__wrapped__", getattr(value, "func", value)))
    return value if isinstance(value, FunctionType) else None


def main() -> int:
    """Run it; the exit code is 1 where a mutant survived."""
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    modules, tests = sys.argv[1:split], sys.argv[split + 1 :]
    if not modules or not tests:
        print(__doc__)
        return 2
    trying = _Trying(modules)
    code = pytest.main(["-x", "-q", "-s", "-p", "no:cacheprovider", *tests], plugins=[trying])
    return 1 if trying.survived else int(code)


if __name__ == "__main__":
    sys.exit(main())
