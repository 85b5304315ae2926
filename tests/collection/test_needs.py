"""What a step declares beside itself, and what that comes to with the words of a sentence."""

from __future__ import annotations

from dsp_conformance.collection.needs import Words, applies_where, needs, needs_of
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.testbed.protocol import Capability


def role_of(words: Words) -> list[UserRole]:
    return [UserRole(str(words["role"]))]


def test_a_step_needs_all_that_is_declared_of_it_with_its_words_and_runs_as_before() -> None:
    @needs(role_of)
    @applies_where("local_delivery")
    @needs(Capability.EDIT_CPL, UserRole("IS"))
    @applies_where("not smets1")
    def asked(role: str) -> str:
        return role

    declared = needs_of(asked)
    assert declared.of({"role": "GS"}) == (Capability.EDIT_CPL, UserRole("IS"), UserRole("GS"))
    assert declared.of({"role": "ES"}) == (Capability.EDIT_CPL, UserRole("IS"), UserRole("ES"))
    assert declared.applicability == ("not smets1", "local_delivery")
    assert asked("GS") == "GS"


def test_a_step_that_declares_nothing_needs_nothing() -> None:
    declared = needs_of(lambda: None)
    assert declared.of({"role": "GS"}) == ()
    assert declared.applicability == ()
