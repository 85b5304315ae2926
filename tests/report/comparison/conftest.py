"""Journals of made-up runs, side by side."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.synthetic import Shape, write_journal


@pytest.fixture
def made_up(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, **shape: object) -> Path:
        path = tmp_path / f"{name}.jsonl"
        write_journal(path, Shape(**shape), key=name)  # type: ignore[arg-type] # a test says what it needs
        return path

    return make
