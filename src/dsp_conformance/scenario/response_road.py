"""The road that responses take to the receiver: whether it is open, shown by a control reading.

A response that did not come is the product's failure only where the road was open (ledger, "Whose fault"). A
product that never delivers anything cannot be told from a closed road.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.terms import CommandVariant, DeviceStatus, DeviceType, UserRole
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, NotTestable
from dsp_conformance.scenario.conformance_run import ConformanceRun
from dsp_conformance.scenario.devices import Model, new_version
from dsp_conformance.scenario.request_bodies import request_body
from dsp_conformance.testbed.protocol import SmetsVersion
from dsp_conformance.user.exchange import Delivery
from dsp_conformance.user.session import UserSession
from dsp_conformance.user.transport import utc_now

VARIANTS: Final = ("6.2.4", "11.2")
"""What a control reading asks, one after the other until a response comes: every user role may send both."""

_OF_GAS: Final = frozenset({UserRole.GS, UserRole.GT})
_BLIND: Final = "a product that never delivers anything cannot be told from a closed road"


@dataclass(frozen=True, slots=True)
class ControlReading:
    """What came of asking a Commissioned meter.

    Attributes:
        open: whether something came to the receiver for the User meanwhile.
        asked: whether a request was accepted, so that a response could come.
        told: how each request ended, or why none was made.
        delivery: the response; None where none came, or something else did.
        seconds: after which it came.
    """

    open: bool
    asked: bool
    told: str
    delivery: Delivery | None = None
    seconds: float = 0.0


def control_reading(
    run: ConformanceRun, session: UserSession, device: tuple[Eui64, DeviceType] | None = None
) -> ControlReading:
    """Read a Commissioned meter, of the testbed's own making, as one Service User.

    Args:
        run: the run.
        session: of the Service User.
        device: the meter; one is made, or taken from a list, where left out.
    """
    try:
        device_id, device_type = device or _meter_for(run, session)
    except (NotTestable, Inconclusive) as reason:
        return ControlReading(open=False, asked=False, told=f"no control reading: {reason.finding.what}")
    told, asked = [], False
    for variant in VARIANTS:
        request = catalogue()[variant]
        body = request_body(
            request,
            device_type,
            run.body_folders,
            device_id=device_id,
            other_device_id=run.somebody(),
        )
        exchange = session.send(request, CommandVariant.NON_CRITICAL_WAN, body, device_id)
        if not exchange.accepted:
            told.append(exchange.title)
            continue
        asked = True
        delivery = session.wait_for_response(exchange)
        if run.connection.inbox.came_for(session.user.eui, exchange.sent_at):
            after = 0.0 if delivery is None else (delivery.received_at - exchange.sent_at).total_seconds()
            return ControlReading(
                open=True,
                asked=True,
                told=f"SR{variant} brought a response",
                delivery=delivery,
                seconds=after,
            )
        told.append(f"{exchange.title}, and no response")
    return ControlReading(open=False, asked=asked, told="; ".join(told))


def closed_road(run: ConformanceRun, session: UserSession, since: datetime) -> Inconclusive | None:
    """Tell whether it is the road's fault that a Service User got no response to what it sent at a moment.

    What came for that User since then shows the road open. Otherwise a control reading does or does not; one
    that did not holds until something comes.

    Returns:
        What to raise; None where the road is open.
    """
    user, inbox = session.user.eui, run.connection.inbox
    if inbox.came_for(user, since):
        return None
    last = run.control_readings.get(user)
    if last is None or inbox.came_for(user, last[0]):
        begun = utc_now()
        reading = control_reading(run, session)
        if reading.open:
            return None
        last = run.control_readings[user] = (begun, reading.told)
    return _unreachable(run, session, *last)


def require_open_road(run: ConformanceRun, session: UserSession) -> None:
    """See before the first verdict that a response comes to the receiver, if that can be seen.

    Raises:
        Inconclusive: a request was accepted, and nothing came.
    """
    begun = utc_now()
    reading = control_reading(run, session)
    if reading.asked and not reading.open:
        raise _unreachable(run, session, begun, reading.told)


def _unreachable(run: ConformanceRun, session: UserSession, since: datetime, told: str) -> Inconclusive:
    connection, user = run.connection, session.user.eui
    seconds = connection.transport.timeouts.response
    found = f"nothing for {user} within {seconds:g} s ({told})"
    if away := connection.inbox.turned_away_since(since):
        found += f"; turned away unread: {'; '.join(away)}"
    return Inconclusive(
        Cause.TARGET_UNREACHABLE,
        "unreachable: nothing shows that responses reach the receiver",
        expected=f"a response at {connection.addresses.told(user) or run.receiver_url}"
        + (f", where [receiver] bind is {run.bind}" if run.bind else ""),
        found=found,
        hint="compare [receiver] and [limits] of the target file with where and how the DSP posts: the"
        " address that it has for this user, public_url, forwarding, firewall, TLS, the DSP's routing;"
        f" {_BLIND}",
    )


def _meter_for(run: ConformanceRun, session: UserSession) -> tuple[Eui64, DeviceType]:
    """Return a Commissioned meter that a Service User may read: a gas meter where it is in gas alone."""
    wanted = DeviceType.GSME if session.user.roles <= _OF_GAS else DeviceType.ESME
    if run.listed:
        found = next(_commissioned(run, wanted), None)
        if found is None:
            raise NotTestable(what=f"the list of Devices holds no Commissioned {wanted}")
        return found, wanted
    model, version = Model.unique(wanted), new_version()
    run.list_firmware(model.entry(version))
    return run.provide(model.device(version, DeviceStatus.COMMISSIONED)).device_id, wanted


def _commissioned(run: ConformanceRun, wanted: DeviceType) -> Iterator[Eui64]:
    """The last of a list first: scenarios take theirs from its beginning, and a reading changes none."""
    for device in reversed(run.listed):
        state = device.state
        commissioned = state.status is DeviceStatus.COMMISSIONED and not state.supplier_only
        if state.device_type is wanted and commissioned and state.smets_version is SmetsVersion.SMETS2:
            yield device.device_id
