"""Whether a Suspended meter stays Suspended and barred, whatever it may be sent (ledger BASE-08)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from dsp_conformance.duis.messages import InventoryDevice, Response
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.judging.expectations import (
    expect_record,
    expect_rejected_for_device_status,
    record_of,
    shows,
)
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, NotTaken, RequirementNotMet
from dsp_conformance.scenario.devices import StagedDevice
from dsp_conformance.scenario.request_making import Way, make_request
from dsp_conformance.scenario.settling import once
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import service_request, supplier_role, usable
from dsp_conformance.user.checks import SENT_TO_THE_DEVICE
from dsp_conformance.user.exchange import Exchange
from dsp_conformance.user.session import UserSession

ORDINARY: Final = "4.1.1"
"""The Non-Critical request that shows whether a meter is barred; its network operator may send it too."""

_CREDENTIALS: Final = frozenset({"6.15.1", "6.15.2", "6.23"})
_OPERATOR: Final = {DeviceType.ESME: UserRole.ED, DeviceType.GSME: UserRole.GT}


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a meter after it was sent something.

    Attributes:
        after: the requests that it was sent, such as 7.2.
        record: its inventory record; None where nobody who asked is entitled to the meter any more.
        ordinary: the answer to an ordinary request; None for the same reason.
    """

    after: tuple[str, ...]
    record: InventoryDevice | None
    ordinary: Response | None

    @property
    def decides(self) -> bool:
        """Whether it tells both whether the meter is Suspended and whether it is barred."""
        return self.record is not None and self.ordinary is not None


@dataclass(frozen=True, slots=True)
class Course:
    """What became of a meter that was sent several requests.

    Attributes:
        looks: what was seen after each request that was accepted; the first that shows a change is the last.
        left_out: how the others were answered, such as ``SR8.7.1: E11``.
        barred: whether one of these was rejected for the meter's status, or not made into a Pre-Command as
            it should be: then the product does take it for other Devices.
    """

    looks: tuple[Look, ...]
    left_out: tuple[str, ...] = ()
    barred: bool = False


def looking_roles(variants: Iterable[str], device_type: DeviceType) -> tuple[UserRole, ...]:
    """Return the roles that look at a meter after it was sent these, in the order in which they try.

    New credentials may cost the supplier its entitlement, so there the network operator looks first.
    """
    supplier = supplier_role(device_type)
    return (supplier,) if _CREDENTIALS.isdisjoint(variants) else (_OPERATOR[device_type], supplier)


def send_and_look(stage: Stage, device: StagedDevice, variants: tuple[str, ...], way: Way) -> Course:
    """Send a Suspended meter one request after the other and look at it each time.

    A request that is not accepted is left out with a note, as whether it is accepted is judged elsewhere.
    """
    patience = stage.run.connection.transport.timeouts.response
    status_codes = {stage.run.profile.rejection_code, ResponseCode.E5, ResponseCode.E51}
    looks: list[Look] = []
    left_out: list[str] = []
    barred = False
    for variant in variants:
        if variant == "8.2":  # BASE-07 judges what it shows; that it shows it comes before what follows
            stage.remember(device, DeviceStatus.SUSPENDED)
        else:
            request = service_request(variant)
            sender = stage.traffic.sender_of(request, device.model.device_type)
            made = make_request(stage, device, variant, sender=sender, way=way)
            code = usable(made.exchange).response_code
            if made.flaw or not made.exchange.accepted:
                left_out.append(f"SR{variant}: {made.flaw or code.value}")
                barred |= bool(made.flaw) or code in status_codes
                stage.traffic.record.observe(f"not accepted and left out: {left_out[-1]}")
                continue
            if not _is_answered(stage, made.exchange, patience):
                stage.traffic.record.observe(f"SR{variant}: the {device.name} did not answer in time")
                patience = min(patience, stage.run.profile.silence_seconds)
        looks.append(look_at(stage, device, (variant,)))
        if not _is_as_before(stage, looks[-1]):
            break
    return Course(tuple(looks), tuple(left_out), barred)


def look_at(stage: Stage, device: StagedDevice, after: tuple[str, ...]) -> Look:
    """Look whether a meter is Suspended in the inventory, and how an ordinary request to it is answered."""
    sessions = tuple(map(stage.traffic.act_as, looking_roles(after, device.model.device_type)))

    def inventory() -> Response | None:
        return _asked(sessions, lambda session: session.read_inventory(device.device_id))

    def ordinary(session: UserSession) -> Exchange:
        return make_request(stage, device, ORDINARY, sender=session).exchange

    # An inventory that lags need not lag alike at every look.
    answer = once(stage.run, inventory, lambda found: found is None or _shows_suspended(device, found))
    record = None if answer is None else record_of(device.device_id, answer)
    return Look(after, record, _asked(sessions, ordinary))


def expect_suspended_and_barred(look: Look, *, rejection_code: ResponseCode) -> None:
    """Expect a meter to be Suspended in the inventory, and kept from ordinary requests for that.

    Raises:
        RequirementNotMet: it is not; says after which request.
    """
    try:
        if look.record is not None:
            expect_record(look.record, DeviceStatus.SUSPENDED)
        if look.ordinary is not None:
            expect_rejected_for_device_status(look.ordinary, rejection_code=rejection_code)
    except RequirementNotMet as error:
        sent = ", ".join(f"SR{variant}" for variant in look.after)
        raise RequirementNotMet(
            expected=f"after {sent} as before: {error.expected}",
            found=error.found,
            hint="nothing but the firmware that it runs brings a Suspended meter back; see what else the DSP "
            f"does when it handles {sent} or the meter's answer to it",
        ) from error


def require_decided(course: Course, device: StagedDevice) -> None:
    """See that a meter was looked at at least once with a result.

    Raises:
        NotTaken: the product takes none of the requests, for another reason than the meter's status.
        Inconclusive: no request was accepted, or nobody was entitled to look afterwards.
    """
    if any(look.decides for look in course.looks):
        return
    expected = "a request that is accepted for it, and a user who may then ask about it"
    if not course.looks and not course.barred:
        raise NotTaken(
            f"what was to be sent to a {device.model.device_type}",
            expected=expected,
            found="; ".join(course.left_out),
        )
    raise Inconclusive(
        Cause.PRECONDITION_UNMET,
        f"nothing shows what becomes of the {device.name}",
        expected=expected,
        found="nobody who asked is entitled to it any more" if course.looks else "; ".join(course.left_out),
        hint="BASE-02 to BASE-05 judge by themselves whether these requests are accepted: see these first",
    )


def _is_answered(stage: Stage, exchange: Exchange, patience: float) -> bool:
    """Wait for the meter's answer, where there is one; that it is missing is judged elsewhere."""
    if exchange.request.command_variant not in SENT_TO_THE_DEVICE:
        return True
    return bool(stage.run.connection.inbox.wait_for_answers(exchange.request.request_id, patience))


def _is_as_before(stage: Stage, look: Look) -> bool:
    try:
        expect_suspended_and_barred(look, rejection_code=stage.run.profile.rejection_code)
    except RequirementNotMet:
        return False
    return True


def _asked(sessions: Iterable[UserSession], ask: Callable[[UserSession], Exchange]) -> Response | None:
    """Return the first answer that is given to somebody entitled, or None where nobody is."""
    for session in sessions:
        response = usable(ask(session))
        if response.response_code is not ResponseCode.E4:
            return response
    return None


def _shows_suspended(device: StagedDevice, answer: Response) -> bool:
    try:
        return shows(record_of(device.device_id, answer), DeviceStatus.SUSPENDED)
    except RequirementNotMet:
        return False
