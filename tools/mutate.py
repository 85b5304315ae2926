"""Mutation testing: changes one thing in a module, runs what should notice, and tells what nobody noticed.

    python tools/mutate.py MODULE.py [MODULE.py ...] -- COMMAND [ARGUMENT ...]

The command is run once as things are, and must succeed; then once for each mutant, in which it should fail.
Modules are written over in place and put back, so run it in a clone that nobody else uses, with
PYTHONDONTWRITEBYTECODE=1. What was run, and what survived why, stands in docs/mutation-testing.md.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

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
_TIMEOUT_SECONDS = 180.0


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


def _notices(command: list[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - the command is the caller's own
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> int:
    """Run it; the exit code is 1 where a mutant survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="+", type=Path)
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    told, command = parser.parse_args(sys.argv[1:split]), sys.argv[split + 1 :]
    if not command or _notices(command):
        parser.error("after --, a command that succeeds as things are")
    survived = tried = 0
    for module in told.modules:
        source = module.read_text(encoding="utf-8")
        try:
            for mutant in mutants(source):
                module.write_text(mutant.source, encoding="utf-8")
                tried += 1
                if not _notices(command):
                    survived += 1
                    line = source.splitlines()[mutant.line - 1].strip()
                    print(f"survived: {module}:{mutant.line}: {mutant.change}: {line}", flush=True)
        finally:
            module.write_text(source, encoding="utf-8")
    print(f"{tried} mutants, {tried - survived} killed, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
