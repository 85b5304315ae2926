"""Features that a run adds to the suite's, as its session holds them."""

from collections.abc import Mapping

import pytest
from pytest_bdd.utils import CONFIG_STACK

from dsp_conformance.collection.added_features import ADDED, AddedFeatures

ADDED_FIXTURES = pytest.StashKey[Mapping[str, object]]()
"""The fixtures and steps that come along with them."""


def added_to_session() -> tuple[AddedFeatures | None, Mapping[str, object]]:
    """Return what the session that is collecting adds, for a module that is imported by it."""
    stash = CONFIG_STACK[-1].stash
    return stash.get(ADDED, None), stash.get(ADDED_FIXTURES, {})
