"""Checks that take a Device: the response to a command arrives, and how a Suspended Device is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.doctor.outcome import Outcome, error, known, ok, warning
from dsp_conformance.doctor.stage import new_stage
from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.report.expectations import described
from dsp_conformance.testbed.settings import ManualSettings
from fixtures.devices import Model
from fixtures.request_making import make_request
from fixtures.traffic import usable

if TYPE_CHECKING:
    from dsp_conformance.doctor.examination import Examination

__all__ = ["rejection_code", "response"]

_READ: Final = "11.2"
_ORDINARY: Final = "4.1.1"
_CANNOT: Final = "the testbed cannot {what}, so this could not be seen"
_BY_HAND: Final = "nobody is asked to {what} for the doctor, so this could not be seen"


def response(examination: Examination) -> Outcome:
    """The response to a command comes from the Device through the DSP to the receiver."""
    run = known(examination.run)
    if examination.device is None:
        return warning(
            _unseen(examination, "provide a Device"),
            "Where no response ever comes, look at the receiver's address as the DSP has it.",
        )
    stage = new_stage(run)
    exchange = make_request(stage, examination.device, _READ).exchange
    answer = usable(exchange)
    if not exchange.accepted:
        code = described(answer.response_code)
        found = f"SR11.2 to a Commissioned ESME is answered with {code}, so that no response comes"
        return warning(found, "See the DSP's own log; a run judges that.")
    patience = run.connection.transport.timeouts.response
    arrived = run.connection.inbox.wait_for_answers(exchange.request.request_id, patience)
    if not arrived:
        return error(
            f"no response to SR11.2 within {patience:g} s at {examination.receiver_url}",
            "See that the DSP posts to that address, that no firewall is between, and [timeouts] response.",
        )
    after = (arrived[0].received_at - exchange.sent_at).total_seconds()
    refusal = arrived[0].refusal
    if refusal:
        return warning(f"a response came and was refused: {refusal}", "A run judges that as a defect.")
    if elsewhere := stage.traffic.misdelivered(exchange):
        advice = "A run judges that as a defect, unless the DSP has other addresses for its Service Users."
        return warning(f"a response came {elsewhere[0]}", advice)
    return ok(f"a response came after {after:.1f} s")


def rejection_code(examination: Examination) -> Outcome:
    """The DSP refuses an ordinary request to a Suspended Device with the code that the profile declares.

    The same request to a Commissioned twin has to be accepted: else the status is not the reason.
    """
    run = known(examination.run)
    declared = run.profile.rejection_code
    if examination.device is None:
        return warning(
            _unseen(examination, "suspend a Device"),
            f"Make sure that the product uses {declared.value}, or correct [profile] rejection_code.",
        )
    stage = new_stage(run)
    model = Model.unique(DeviceType.ESME)
    suspended = stage.suspended_device("ESME", model, DeviceStatus.COMMISSIONED)
    twin = stage.listed_device("twin", model)
    accepted = usable(make_request(stage, twin, _ORDINARY).exchange).response_code
    code = usable(make_request(stage, suspended, _ORDINARY).exchange).response_code
    if code.is_success:
        found = f"SR{_ORDINARY} to a Suspended ESME was accepted with {code.value}"
        return warning(found, "A run judges that as a defect of the product.")
    if not accepted.is_success:
        found = f"SR{_ORDINARY} is answered with {described(accepted)} for a Commissioned ESME too"
        return warning(found, "See the DSP's own log; [request_bodies] gives requests that suit the product.")
    if code is declared:
        return ok(f"{code.value}, as [profile] rejection_code declares")
    return error(
        f"the DSP refuses SR{_ORDINARY} to a Suspended ESME with {described(code)}, and [profile] "
        f"rejection_code declares {declared.value}",
        f'If the product is meant to use {code.value}, set rejection_code = "{code.value}" in [profile].',
    )


def _unseen(examination: Examination, what: str) -> str:
    by_hand = isinstance(known(examination.target).testbed, ManualSettings)
    return (_BY_HAND if by_hand else _CANNOT).format(what=what)
