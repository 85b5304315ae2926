"""Mutation testing: changes one thing in a module, runs its tests, and tells what nobody noticed.

    python tools/mutate.py [--every N] MODULE [MODULE ...] -- TESTS [TESTS ...]

such as `dsp_conformance.user.checks -- tests/user/test_checks.py`. The tests are collected once, and run once
to see which functions each of them enters; a mutant is tried with the tests that enter the function it is in,
in the order in which they were named. It is tried in a forked process, in which the code of the module's
functions, and its constants, are replaced. Where that changes nothing, as in enumerations, a process of its
own imports the mutant and runs all the tests. No file is changed. `--every N` tries each N-th mutant alone,
where tests are slow. What was run, and what survived why, stands in docs/mutation-testing.md.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import islice
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

import pytest
from _pytest.main import pytest_runtestloop
from mutants import mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, FrameType

_TIMEOUT_SECONDS = 120
_CPU_SECONDS = 30
_NOT_IN_PLACE = 3


class _Trying:
    """A plugin of pytest that runs the collected tests for each mutant that they might notice."""

    def __init__(self, modules: list[str], tests: list[str], every: int) -> None:
        self._modules, self._tests, self._every = modules, tests, every
        self.survived = self.tried = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        modules = {name: importlib.import_module(name) for name in self._modules}
        entered = _entered(session, {str(module.__file__) for module in modules.values()})
        tests = session.items
        for name, module in modules.items():
            source = Path(str(module.__file__)).read_text(encoding="utf-8")
            # those of functions first, which are tried faster
            chosen = islice(enumerate(mutants(source)), 0, None, self._every)
            for index, mutant in sorted(chosen, key=lambda one: not one[1].function):
                self.tried += 1
                place = f"{module.__file__}:{mutant.function}"
                session.items = [
                    item for item in tests if not mutant.function or place in entered[item.nodeid]
                ]
                failed = None
                if session.items:
                    failed = _fails(session, partial(put_in_place, module, mutant.source))
                    if failed is None or not (failed or mutant.function):
                        failed = _fails_anew(name, index, self._tests)
                if not failed:
                    self.survived += 1
                    said = "survived" if failed is False else "not reached"
                    line = source.splitlines()[mutant.line - 1].strip()
                    print(f"{said}: {name}:{mutant.line}: {mutant.change}: {line}", flush=True)
        print(f"{self.tried} mutants, {self.tried - self.survived} killed, {self.survived} survived")
        return True


class _Watching:
    """A plugin of pytest that notes which functions each test enters, or has a fixture enter that it uses."""

    def __init__(self, files: set[str]) -> None:
        self._files = files
        self._now: set[str] = set()
        self._by_test: dict[str, set[str]] = {}
        self._by_fixture: dict[str, set[str]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        before, self._now = self._now, set()  # a test of the project's may run tests of its own
        sys.settrace(self._called)
        threading.settrace(self._called)
        try:
            return (yield)
        finally:
            self._by_test.setdefault(item.nodeid, set()).update(self._now)
            self._now |= before

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        before, self._now = self._now, set()
        try:
            return (yield)
        finally:
            self._by_fixture.setdefault(fixturedef.argname, set()).update(self._now)
            self._now |= before

    def _called(self, frame: FrameType, _event: str, _argument: object) -> None:
        if frame.f_code.co_filename in self._files:
            self._now.add(f"{frame.f_code.co_filename}:{frame.f_code.co_firstlineno}")

    def entered(self, items: list[pytest.Item]) -> dict[str, list[str]]:
        """What each test enters, by file and first line."""
        return {
            item.nodeid: sorted(
                self._by_test.get(item.nodeid, set()).union(
                    *(self._by_fixture.get(name, set()) for name in getattr(item, "fixturenames", ()))
                )
            )
            for item in items
        }


def _entered(session: pytest.Session, files: set[str]) -> dict[str, set[str]]:
    """Run the tests once, in a forked process, and tell which functions of some files each one enters."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _silence()
        watching = _Watching(files)
        with contextlib.suppress(BaseException):
            session.config.pluginmanager.register(watching)
            pytest_runtestloop(session)
        told = {} if session.testsfailed else watching.entered(session.items)
        with open(write, "w", encoding="utf-8") as stream:  # noqa: PTH123 - no path
            json.dump(told, stream)
        os._exit(0)
    os.close(write)
    with open(read, encoding="utf-8") as stream:  # noqa: PTH123 - no path
        told = json.load(stream)
    os.waitpid(child, 0)
    if not told:
        raise pytest.UsageError("the tests fail without any mutant")
    return {test: set(functions) for test, functions in told.items()}


def _fails(session: pytest.Session, prepare: Callable[[], None]) -> bool | None:
    """Run the tests in a forked process, and tell whether one fails or they take too long.

    Returns:
        None where the mutant could not be put in place: a function of it closes over other variables.
    """
    child = os.fork()
    if child == 0:
        signal.alarm(_TIMEOUT_SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        _silence()
        code = _NOT_IN_PLACE
        with contextlib.suppress(BaseException):
            prepare()
            code = 1
            pytest_runtestloop(session)
            code = min(1, session.testsfailed)
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _NOT_IN_PLACE:
        return None
    return status != 0


def _silence() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def _fails_anew(module: str, index: int, tests: list[str]) -> bool:
    """Run the tests in a new process that imports a mutant from the start, and tell whether one fails."""
    command = [sys.executable, __file__, "--import", module, str(index), "--", *tests]
    nothing = subprocess.DEVNULL
    return subprocess.call(command, stdin=nothing, stdout=nothing, stderr=nothing) != 0  # noqa: S603 - its own


class _Loader(SourceFileLoader):
    """Loads one of a module's mutants."""

    index = 0

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - it loads one module alone
        """Compile the mutant."""
        mutant = list(mutants(Path(self.path).read_text(encoding="utf-8")))[self.index]
        code: CodeType = compile(mutant.source, self.path, "exec")
        return code


class _Instead(MetaPathFinder):
    """Has a module imported as one of its mutants, by its package too."""

    def __init__(self, module: str, index: int) -> None:
        self._module, self._index = module, index

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - as the finders of the language have it
    ) -> ModuleSpec | None:
        """Find the mutant, and nothing else."""
        if fullname != self._module:
            return None
        loader = _Loader(fullname, str(Path((path or [""])[0], f"{fullname.rpartition('.')[2]}.py")))
        loader.index = self._index
        return spec_from_file_location(fullname, loader.path, loader=loader)


def put_in_place(module: ModuleType, source: str) -> None:
    """Have a module that was imported everywhere already do what another source says."""
    other = ModuleType(module.__name__)
    vars(other).update({name: getattr(module, name) for name in ("__file__", "__package__", "__spec__")})
    exec(compile(source, str(module.__file__), "exec"), vars(other))  # noqa: S102 - the project's own source
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
        elif isinstance(old, ModuleType) and isinstance(
            theirs, int | float | str | tuple | range | frozenset
        ):
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
    every = 1
    if modules[0] == "--every":
        every, modules = int(modules[1]), modules[2:]
    options = ["-x", "-q", "-s", "-p", "no:cacheprovider", *tests]
    if modules[0] == "--import":
        sys.meta_path.insert(0, _Instead(modules[1], int(modules[2])))
        return int(pytest.main(options))
    trying = _Trying(modules, tests, every)
    code = pytest.main(options, plugins=[trying])
    return 1 if trying.survived else int(code)


if __name__ == "__main__":
    sys.exit(main())
