"""Checks of a whole exchange: SR8.2 is answered, and the answer's signature is the DSP's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.doctor.outcome import Outcome, error, known, ok, warning
from dsp_conformance.doctor.stage import new_stage
from dsp_conformance.duis import xml
from dsp_conformance.duis.messages import Inventory
from dsp_conformance.duis.signature import KnownSigners, SignatureOutcome, verify
from dsp_conformance.duis.terms import DeviceType, UserRole
from dsp_conformance.judging.expectations import described
from dsp_conformance.running.first_contact import require_let_in
from dsp_conformance.scenario.devices import Model
from dsp_conformance.smki.identity import CertificateRole
from dsp_conformance.testbed import Capability
from dsp_conformance.testbed.settings import ManualSettings, ProvisionedSettings
from dsp_conformance.user.session import UserSession

if TYPE_CHECKING:
    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.doctor.examination import Examination
    from dsp_conformance.user.exchange import Exchange

__all__ = ["inventory", "signature"]

_ANOTHERS: Final = frozenset(
    {
        SignatureOutcome.CERTIFICATE,
        SignatureOutcome.KEY,
        SignatureOutcome.ROLE,
        SignatureOutcome.ORIGINATOR,
    }
)
_MAKES_DEVICES: Final = frozenset({Capability.EDIT_CPL, Capability.PROVIDE_DEVICE})


def inventory(examination: Examination) -> Outcome:
    """Every Service User gets an answer to SR8.2: about a Device of the testbed's, where it provides any."""
    run, target = known(examination.run), known(examination.target)
    for user in target.users:
        run.register_if_possible(user)
    users = target.users or (run.user(UserRole.IS),)
    by_hand = isinstance(target.testbed, ManualSettings)  # nobody is asked to work for a check
    if run.testbed.capabilities >= _MAKES_DEVICES and not by_hand:
        stage = new_stage(run)
        examination.device = stage.listed_device("ESME", Model.unique(DeviceType.ESME))
    device_id, whose = _device_to_ask_about(examination)
    for user in users:
        exchange = UserSession(user, run.connection).read_inventory(device_id)
        examination.inventory = exchange
        if (trouble := _trouble(exchange)) is not None:
            return trouble
        require_let_in(user, exchange)
    return _told(known(examination.inventory), device_id, whose)


def _trouble(exchange: Exchange) -> Outcome | None:
    trouble = exchange.trouble
    if trouble is None:
        return None
    found = f"SR8.2 at {exchange.url}: {trouble.what} ({trouble.found})"
    if trouble.unknown:
        return error(found, "See whether a later version of the suite knows it.")
    if trouble.environment:
        return error(found, "Check the service URLs in [dsp], and that the DSP runs.")
    return error(found, "Look at what the DSP answered: a run judges it as a defect (DUIS-01).")


def _device_to_ask_about(examination: Examination) -> tuple[Eui64, str]:
    """Return a Device, and how it comes that the inventory has to show it; nothing of one that is made up."""
    if examination.device is not None:
        return examination.device.device_id, "which the testbed provided"
    testbed = known(examination.target).testbed
    if isinstance(testbed, ProvisionedSettings) and testbed.devices.devices:
        return testbed.devices.devices[0].device_id, "the first in the testbed's list"
    return known(examination.run).somebody(), ""


def _told(exchange: Exchange, device_id: Eui64, whose: str) -> Outcome:
    response = known(exchange.response)
    answer = described(response.response_code)
    devices = response.content.devices if isinstance(response.content, Inventory) else ()
    if any(each.device_id == device_id for each in devices):
        return ok(f"the inventory shows {device_id}{whose and f', {whose}'}")
    if not whose:
        return ok(f"the DSP knows the Service User, and answers {answer} about a Device that does not exist")
    return error(
        f"the inventory does not show {device_id}, {whose}: SR8.2 about it is answered with {answer}",
        "See that testbed and DSP speak of one and the same inventory.",
    )


def signature(examination: Examination) -> Outcome:
    """The signature of an answer is made with a certificate that the target file or the testbed names."""
    exchange, dsp = known(examination.inventory), known(examination.dsp)
    octets = known(exchange.answer).octets
    signers = KnownSigners(dsp.signing_certificates)
    diagnosis = verify(xml.parse(octets), signers, roles=(CertificateRole.DSP_XML_SIGNING,))
    if diagnosis.outcome is SignatureOutcome.UNSIGNED:
        if isinstance(known(exchange.response).content, Inventory):
            return warning("the inventory answer is unsigned", "A run will judge that as a defect (DUIS-02).")
        return warning(
            "the answer is a rejection, and unsigned as it may be",
            "Nothing shows yet that the DSP's signing certificates are the right ones.",
        )
    if diagnosis.outcome in _ANOTHERS:
        return error(
            str(diagnosis),
            "Give the certificate that the DSP signs with in [dsp] signing_certificates.",
        )
    if not diagnosis.accepted:
        return warning(str(diagnosis), "A run will judge that as a defect of the product (DUIS-02).")
    return ok(f"{diagnosis}, by {diagnosis.signer}")
