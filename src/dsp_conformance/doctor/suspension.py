"""Checks that take a Device: the response to a command arrives, and how a Suspended Device is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.doctor.outcome import Outcome, error, known, ok, warning
from dsp_conformance.doctor.stage import new_stage
from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.judging.expectations import described
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.request_making import make_request
from dsp_conformance.scenario.response_road import control_reading
from dsp_conformance.scenario.traffic import usable
from dsp_conformance.testbed.settings import ManualSettings
from dsp_conformance.user.session import UserSession

if TYPE_CHECKING:
    from dsp_conformance.doctor.examination import Examination

__all__ = ["rejection_code", "response"]

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
    users = known(examination.target).users
    session = UserSession(users[0] if users else run.user(UserRole.IS), run.connection)
    reading = control_reading(run, session, (examination.device.device_id, DeviceType.ESME))
    if not reading.asked:
        found = f"a Commissioned ESME cannot be read, so that no response comes: {reading.told}"
        return warning(found, "See the DSP's own log; a run judges that.")
    if not reading.open:
        patience = run.connection.transport.timeouts.response
        address = run.connection.addresses.told(session.user.eui) or examination.receiver_url
        return error(
            f"no response within {patience:g} s at {address} ({reading.told})",
            "See that the DSP posts to that address, that no firewall is between, and [timeouts] response.",
        )
    delivery = reading.delivery
    if delivery is not None and delivery.refusal:
        return warning(
            f"a response came and was refused: {delivery.refusal}", "A run judges that as a defect."
        )
    elsewhere = delivery and run.connection.addresses.misdelivery(delivery, session.user.eui)
    if elsewhere:
        advice = "A run judges that as a defect, unless the DSP has other addresses for its Service Users."
        return warning(f"a response came {elsewhere}", advice)
    return ok(f"a response came after {reading.seconds:.1f} s")


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
