from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki import EphemeralPki, SmkiError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dsp_conformance.smki import Defect


class Refused(Protocol):
    def __call__(
        self, defect: Defect, action: Callable[[], object], path: Path | None = None
    ) -> SmkiError: ...


@pytest.fixture(scope="session")
def pki() -> EphemeralPki:
    return EphemeralPki.create()


@pytest.fixture(scope="session")
def eui() -> Eui64:
    return Eui64.parse("90-B3-D5-1F-30-01-00-00")


@pytest.fixture(scope="session")
def refused() -> Refused:
    """Run something that has to be refused, and return the error once it is found to be complete."""

    def check(defect: Defect, action: Callable[[], object], path: Path | None = None) -> SmkiError:
        with pytest.raises(SmkiError) as caught:
            action()
        error = caught.value
        assert error.defect is defect
        assert error.path == path
        assert path is None or str(path) in str(error)
        for part in (error.what, error.expected, error.found, error.hint):
            assert part
            assert part in str(error)
        assert error.hint.endswith(".")
        return error

    return check


@pytest.fixture(scope="session")
def openssl() -> str:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("the openssl command line, the second opinion of this test, is not installed")
    return program
