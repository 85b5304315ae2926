"""Binds the scenarios that `--features` adds to pytest, and shows them, alone, the steps that come along."""

from pytest_bdd import scenarios

from dsp_conformance.collection.added_fixtures import added_to_session

added, own_fixtures = added_to_session()
if added is not None:
    globals().update(own_fixtures)
    scenarios(*map(str, added.features))
