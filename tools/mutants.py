"""The mutants of a module: its source with one thing changed that its tests should notice."""

from __future__ import annotations

import ast
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change.

    Attributes:
        line: where the change is.
        change: what was changed, in words.
        function: the first line of the outermost function that it is in; 0 where importing runs it.
        source: the whole module.
    """

    line: int
    change: str
    function: int
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    count = len(list(_sites(ast.parse(source))))
    for index in range(count):
        tree = ast.parse(source)
        line, change, function, apply = list(_sites(tree))[index]
        apply()
        yield Mutant(line, change, function, ast.unparse(ast.fix_missing_locations(tree)))


def _sites(tree: ast.AST) -> Iterator[tuple[int, str, int, Callable[[], None]]]:
    """Yield each place that can be changed: its line, the change in words, its function, what changes it."""
    for node, function in _executed(tree):
        for words, apply in (*_operators(node), *_values(node)):
            yield getattr(node, "lineno", 0), words, function, apply
        for line, words, apply in _dropped_statements(node):
            yield line, words, function or _first_line(node), apply


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


def _executed(tree: ast.AST, function: int = 0) -> Iterator[tuple[ast.AST, int]]:
    """Walk a tree without annotations, and without what only the type checker or an import reads.

    Yields:
        Each node, and the first line of the outermost function that it is in.
    """
    yield tree, function
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        inside = function or (_first_line(tree) if name == "body" else 0)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__all__":
                continue
            if isinstance(child, ast.AST):
                yield from _executed(child, inside)


def _first_line(node: ast.AST) -> int:
    """The first line of a function, as its code object tells it; 0 for anything else."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return 0
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


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
