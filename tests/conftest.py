from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from dsp_conformance.report.published import schema_text

if TYPE_CHECKING:
    from collections.abc import Callable

pytest_plugins = ["pytester"]

_REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published schemas, vectors and samples, which stands beside the repository, not in it."""
    folder = _REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            "needs the published samples, which are not part of the project: no folder ../shared/data"
        )
    return folder


@pytest.fixture(scope="session")
def read_results() -> Callable[[Path], dict[str, Any]]:
    """Reads the results.json of a folder, which has to be as the published schema says."""
    validator = Draft202012Validator(json.loads(schema_text("results")))

    def read(folder: Path) -> dict[str, Any]:
        results: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        flaws = [f"{flaw.json_path}: {flaw.message[:300]}" for flaw in validator.iter_errors(results)]
        assert not flaws, flaws
        return results

    return read
