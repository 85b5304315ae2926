"""The published schema and sample, and the documents that the schema tests change one thing in.

`documents/exact` holds one document for each part about which the profile is exact. `documents/open` holds
one for parts that it leaves open; the file is named for the element whose inside is left open.
"""

from pathlib import Path

import pytest

from dsp_conformance.duis.schema import DuisSchema

_DOCUMENTS = Path(__file__).parent / "documents"


@pytest.fixture(scope="session")
def published(shared_data: Path) -> DuisSchema:
    """The published schema V5.4."""
    return DuisSchema.from_folder(shared_data / "duis-schema-5.4")


@pytest.fixture(scope="session")
def exact_documents() -> dict[str, bytes]:
    """Documents without parts left open, by name."""
    return {file.stem: file.read_bytes() for file in sorted((_DOCUMENTS / "exact").glob("*.xml"))}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test once for each document, if it takes an `exact_document` or an `open_document`."""
    for kind in ("exact", "open"):
        if f"{kind}_document" in metafunc.fixturenames:
            files = sorted((_DOCUMENTS / kind).glob("*.xml"))
            metafunc.parametrize(f"{kind}_document", files, ids=[file.stem for file in files])


@pytest.fixture(scope="session")
def sample(shared_data: Path) -> bytes:
    """The DCC's signed response to SR11.2, schema version 5.1."""
    return (shared_data / "signed-samples" / "readfw-response.xml").read_bytes()
