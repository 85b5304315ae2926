"""What is in the wheel and in the source archive: all that a run needs, and nothing of anybody's own."""

from __future__ import annotations

import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_BUNDLED = "dsp_conformance/base/bundled/"


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def _files(part: str) -> set[str]:
    """All files of a part of the checkout, by their path in it."""
    start = ROOT / part
    every = [start] if start.is_file() else start.rglob("*")
    return {
        path.relative_to(ROOT).as_posix()
        for path in every
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(
    ("part", "place"),
    [
        *((part, _BUNDLED) for part in ("conftest.py", "features", "steps", "fixtures")),
        ("docs/testbed-control.openapi.yaml", "dsp_conformance/"),
    ],
)
def test_the_wheel_holds_every_file_of_the_suite_inside_the_package(
    names: list[str], part: str, place: str
) -> None:
    assert _files(part)
    assert {place + name for name in _files(part)} <= set(names)


def test_the_wheel_holds_every_file_of_the_package_data_included(names: list[str]) -> None:
    expected = {name.removeprefix("src/") for name in _files("src/dsp_conformance")}

    assert any(name.endswith((".csv", ".xsd")) for name in expected)
    assert expected <= set(names)


def test_the_wheel_puts_one_package_into_an_environment_and_nothing_beside_it(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"dsp_conformance"}


def test_the_wheel_holds_nothing_that_is_not_in_the_checkout(names: list[str]) -> None:
    own = [name for name in names if name.startswith("dsp_conformance/")]
    strangers = [
        name
        for name in own
        if not any(
            path.is_file()
            for path in (
                ROOT / "src" / name,
                ROOT / name.removeprefix(_BUNDLED),
                ROOT / name.removeprefix("dsp_conformance/"),
            )
        )
    ]

    assert strangers == []


def test_neither_archive_holds_tests_in_the_package_keys_results_or_compiled_files(
    names: list[str], sdist: Path
) -> None:
    with tarfile.open(sdist) as archive:
        sources = [name.partition("/")[2] for name in archive.getnames()]
    unwanted = re.compile(
        r"(^|/)(\.venv|\.git|__pycache__|node_modules|\.dsp-conformance-counters)/|\.(key|pyc|p12|pfx)$"
        r"|^reports/(?!README\.md$)"
    )

    assert [name for name in [*names, *sources] if unwanted.search(name)] == []
    assert [name for name in names if re.search(r"(^|/)tests?/", name)] == []


def test_no_file_of_the_wheel_holds_a_private_key(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        holding = [name for name in archive.namelist() if b"PRIVATE KEY-----\n" in archive.read(name)]

    assert holding == []


def test_the_source_archive_holds_what_the_wheel_is_built_from(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        sources = {name.partition("/")[2] for name in archive.getnames()}

    needed = {"pyproject.toml", "hatch_build.py", "README.md", "conftest.py"}
    for part in ("features", "steps", "fixtures", "src/dsp_conformance"):
        needed |= _files(part)
    assert needed <= sources


def test_the_version_stands_in_one_place(wheel: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    assert wheel.name == f"dsp_conformance-{version}-py3-none-any.whl"
    for path in (ROOT / "src").rglob("*.py"):
        assert f'"{version}"' not in path.read_text(encoding="utf-8"), path
