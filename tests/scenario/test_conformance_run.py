"""What a run shares: its users, what it takes away, and what a testbed's refusal means."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from dsp_conformance import gbcs
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.terms import CommandVariant, UserRole
from dsp_conformance.ledger.verdicts import Attribution, Cause, Inconclusive, Verdict, judge
from dsp_conformance.running.first_contact import (
    NOT_LET_IN,
    require_clocks_that_agree,
    require_first_contact,
    require_let_in,
)
from dsp_conformance.scenario.conformance_run import translated
from dsp_conformance.scenario.request_making import make_request
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import Traffic
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.target import Target
from dsp_conformance.testbed.errors import MissingCapability, NotDoneByHand, StoppedByHand
from dsp_conformance.testbed.errors import TestbedError as Refused  # names that pytest would collect
from dsp_conformance.testbed.errors import TestbedUnreachable as Unreachable
from dsp_conformance.testbed.protocol import Capability
from dsp_conformance.tls.troubles import TlsFlaw, TlsTrouble
from dsp_conformance.user.checks import CheckOutcome
from dsp_conformance.user.exchange import Trouble
from dsp_conformance.user.session import UserSession
from dsp_conformance.user.transport import Endpoints

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.scenario.conformance_run import ConformanceRun
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.testbed.errors import TestbedError


_TROUBLE = TlsTrouble(TlsFlaw.EXPIRED, "a valid one", "an old one", "[tls] ca", "Renew it.")


@pytest.fixture
def run(stub_run: ConformanceRun) -> ConformanceRun:
    """A run of its own at the same stub, with nobody registered and nothing to take away."""
    return replace(stub_run, users={}, _leftovers={})


# -- what a testbed's refusal means


@pytest.mark.parametrize(
    ("error", "verdict", "blamed", "said"),
    [
        (
            MissingCapability(Capability.EDIT_CPL, "edit the CPL"),
            Verdict.NONE,
            Attribution.TESTBED,
            "lacks the capability 'edit-cpl'",
        ),
        (
            Unreachable("http://127.0.0.1:1", "refused", "edit the CPL"),
            Verdict.INCONCLUSIVE,
            Attribution.TARGET,
            "check [testbed] url",
        ),
        (
            Unreachable("https://127.0.0.1:1", "TLS", "edit the CPL", _TROUBLE),
            Verdict.INCONCLUSIVE,
            Attribution.TARGET,
            "see [tls] ca",
        ),
        (
            NotDoneByHand("no time", "edit the CPL"),
            Verdict.NONE,
            Attribution.TESTBED,
            "no time",
        ),
        (StoppedByHand("edit the CPL"), Verdict.INCONCLUSIVE, Attribution.TESTBED, "stopped by hand"),
        (Refused("edit the CPL"), Verdict.INCONCLUSIVE, Attribution.TESTBED, "could not bring about"),
    ],
)
def test_what_a_testbed_does_not_do_is_never_the_products_fault(
    error: TestbedError, verdict: Verdict, blamed: Attribution, said: str
) -> None:
    judged = judge(translated(error))
    assert (judged.verdict, judged.attribution) == (verdict, blamed)
    assert said in str(judged.finding)


# -- users


def test_a_user_of_a_role_is_registered_once_and_let_in(run: ConformanceRun) -> None:
    user = run.user(UserRole.GS)
    assert run.user(UserRole.GS) is user
    assert user.roles == {UserRole.GS}
    require_let_in(user, UserSession(user, run.connection).read_inventory(run.somebody()))


def test_another_user_of_a_role_is_let_in_beside_the_first(run: ConformanceRun) -> None:
    first, second = run.user(UserRole.IS), run.another_user(UserRole.IS)
    assert second is run.another_user(UserRole.IS)
    assert (second.eui != first.eui, second.roles) == (True, first.roles)
    assert run.user(UserRole.IS) is first
    assert UserSession(second, run.connection).read_inventory(run.somebody()).response is not None


def test_a_stranger_is_known_to_nobody_and_unlike_any_other(run: ConformanceRun) -> None:
    one, other = run.stranger(UserRole.IS), run.stranger(UserRole.IS)
    assert one.eui != other.eui
    assert not run.users
    with pytest.raises(Inconclusive, match="does not let the Service User") as caught:
        require_let_in(one, UserSession(one, run.connection).read_inventory(run.somebody()))
    assert caught.value.cause is Cause.PRECONDITION_UNMET
    assert str(one.eui) in caught.value.expected


def test_responses_for_each_user_of_a_run_are_taken_beside_those_for_others(
    run: ConformanceRun, stage: Stage, make_meter: Callable[[Stage], StagedDevice]
) -> None:
    meter = make_meter(stage)
    run.connection.inbox.take_for(run.somebody())
    users = [run.user(role) for role in (UserRole.IS, UserRole.GS)]
    for user in users:
        body = ReadFirmwareVersion().to_xml()
        exchange = UserSession(user, run.connection).send(
            catalogue()["11.2"], CommandVariant.NON_CRITICAL_WAN, body, meter.device_id
        )
        (delivery,) = run.connection.inbox.wait_for_answers(exchange.request.request_id, 10)
        assert delivery.accepted
        assert delivery.stranger is None


def test_a_user_that_the_testbed_does_not_register_is_no_user(
    run: ConformanceRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Refused("register a user")

    monkeypatch.setattr(type(run.testbed), "register_user", refuse)
    with pytest.raises(Inconclusive, match="register a user"):
        run.user(UserRole.IS)
    assert not run.users
    own = run.stranger(UserRole.IS)
    with pytest.raises(Inconclusive, match="register a user"):
        run.register_if_possible(own)
    monkeypatch.setattr(type(run), "can", lambda *_: False)
    run.register_if_possible(own)


def test_a_registered_user_gets_its_responses_with_a_mac_that_it_can_check(
    run: ConformanceRun, stage: Stage, make_meter: Callable[[Stage], StagedDevice]
) -> None:
    own = Stage(run, Traffic(run, stage.traffic.record))
    meter = make_meter(own)
    payloads: list[gbcs.Message] = []
    own.traffic.expect_payload(make_request(own, meter, "11.2").exchange, meter, payloads.append)
    assert isinstance(payloads[0], gbcs.MacWrapped)
    assert not own.traffic.record.evidence.observations


# -- first contact


def test_a_dsp_that_answers_and_lets_its_users_in_is_reached(run: ConformanceRun) -> None:
    require_first_contact(run, Target.bundled_stub())
    known = run.user(UserRole.IS)
    require_first_contact(run, replace(Target.bundled_stub(), users=(known,)))


def test_a_user_of_the_target_file_that_is_not_let_in_ends_the_run(run: ConformanceRun) -> None:
    users = (run.user(UserRole.IS), run.stranger(UserRole.GS))
    with pytest.raises(Inconclusive, match=str(users[1].eui)):
        require_first_contact(run, replace(Target.bundled_stub(), users=users))


def test_a_dsp_that_nobody_reaches_ends_the_run(run: ConformanceRun) -> None:
    user = run.user(UserRole.IS)
    gone = Endpoints(*["http://127.0.0.1:1/"] * 3)
    run.connection = replace(run.connection, transport=replace(run.connection.transport, endpoints=gone))
    with pytest.raises(Inconclusive) as caught:
        require_first_contact(run, replace(Target.bundled_stub(), users=(user,)))
    assert caught.value.cause is Cause.TARGET_UNREACHABLE


def test_a_dsp_whose_certificate_nobody_named_ends_the_run(run: ConformanceRun) -> None:
    other = KnownSigners([EphemeralPki.create().dsp(run.somebody()).xml_signing.certificate])
    run.connection = replace(run.connection, inspector=replace(run.connection.inspector, signers=other))
    with pytest.raises(Inconclusive, match=r"\[dsp\] signing_certificates") as caught:
        require_first_contact(run, Target.bundled_stub())
    assert caught.value.cause is Cause.PRECONDITION_UNMET


@pytest.mark.parametrize(
    ("minutes", "apart"), [(0, False), (4, False), (6, True), (-4, False), (-6, True), (-60, True)]
)
def test_clocks_that_are_minutes_apart_end_the_run(run: ConformanceRun, minutes: int, *, apart: bool) -> None:
    exchange = UserSession(run.user(UserRole.IS), run.connection).read_inventory(run.somebody())
    assert exchange.response is not None
    dated = exchange.response.response_date_time + timedelta(minutes=minutes)
    exchange = replace(exchange, response=replace(exchange.response, response_date_time=dated))
    if not apart:
        require_clocks_that_agree(exchange)
        return
    with pytest.raises(Inconclusive, match="ahead of" if minutes > 0 else "behind"):
        require_clocks_that_agree(exchange)
    wrong = CheckOutcome("DUIS-02", passed=False, expected="a signature", found="another")
    require_clocks_that_agree(replace(exchange, checks=(*exchange.checks, wrong)))


def test_an_answer_that_is_no_duis_is_left_to_the_scenarios(run: ConformanceRun) -> None:
    user = run.user(UserRole.IS)
    exchange = UserSession(user, run.connection).read_inventory(run.somebody())
    trouble = Trouble(environment=False, what="no DUIS response", found="junk")
    require_let_in(user, replace(exchange, response=None, trouble=trouble))


@pytest.mark.parametrize("code", ["E1", "E2", "E3", "E4", "E19", "E51", "I0"])
def test_only_those_codes_keep_a_user_out_that_say_so(run: ConformanceRun, code: str) -> None:
    user = run.user(UserRole.IS)
    exchange = UserSession(user, run.connection).read_inventory(run.somebody())
    assert exchange.response is not None
    answered = replace(exchange, response=replace(exchange.response, response_code=ResponseCode(code)))
    if ResponseCode(code) in NOT_LET_IN:
        with pytest.raises(Inconclusive, match=code):
            require_let_in(user, answered)
    else:
        require_let_in(user, answered)
    assert (code in {"E1", "E2", "E3", "E4"}) is (ResponseCode(code) in NOT_LET_IN)


# -- what is taken away


def test_what_was_made_is_taken_away_once_and_what_is_gone_is_not(run: ConformanceRun) -> None:
    undone: list[str] = []
    for name in ("one", "two", "two"):
        run.clean_up_later(name, lambda name=name: undone.append(name))  # type: ignore[misc]
    run.gone("one")
    run.gone("never made")
    assert run.clean_up() == []
    assert run.clean_up() == []
    assert undone == ["two"]


def test_what_the_testbed_refuses_to_take_away_is_told_and_keeps_nothing_else_there(
    run: ConformanceRun,
) -> None:
    undone: list[int] = []

    def undo(number: int) -> None:
        if number % 2:
            raise Refused(f"forget {number}")
        undone.append(number)

    for number in range(80):
        run.clean_up_later(number, partial(undo, number))
    assert sorted(run.clean_up()) == sorted(f"forget {number}" for number in range(1, 80, 2))
    assert sorted(undone) == list(range(0, 80, 2))


@pytest.mark.parametrize(("silent", "left"), [(2, 0), (3, 68), (100, 68)])
def test_a_testbed_that_does_not_answer_is_not_asked_to_take_away_all_the_rest(
    run: ConformanceRun, silent: int, left: int
) -> None:
    asked: list[int] = []

    def undo(number: int) -> None:
        asked.append(number)
        if number < silent:
            raise Unreachable("http://127.0.0.1:1", "refused", f"forget {number}")

    for number in range(100):
        run.clean_up_later(number, partial(undo, number))
    refusals = run.clean_up()
    assert len(asked) == 100 - left
    silence = [each for each in refusals if "could not forget" in each]
    assert len(silence) == min(silent, len(asked))
    rest = [f"the testbed does not answer: {left} more were left as they are"] if left else []
    assert refusals == [*silence, *rest]


def test_silence_is_waited_for_from_the_moment_that_is_named(run: ConformanceRun) -> None:
    run.profile = replace(run.profile, silence_seconds=0.3)
    begun = run.now()
    run.wait_for_silence(begun - 0.2)
    halfway = time.monotonic()
    run.wait_for_silence(begun)
    assert begun + 0.1 <= halfway
    assert time.monotonic() >= begun + 0.3
