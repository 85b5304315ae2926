from __future__ import annotations

from pathlib import Path

import pytest

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
