"""Checks of the way back: the receiver listens, and is reached at the address that the DSP is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.doctor.outcome import Outcome, error, known, ok, warning
from dsp_conformance.running.own_receiver import post_to_oneself
from dsp_conformance.testbed import Capability
from dsp_conformance.tls.troubles import TlsFlaw
from dsp_conformance.user.addresses import own_url
from dsp_conformance.user.receiver import running_receiver
from dsp_conformance.user.receiver_settings import ReceiverUnusable

if TYPE_CHECKING:
    from dsp_conformance.doctor.examination import Examination
    from dsp_conformance.target import Target
    from dsp_conformance.tls.troubles import TlsTrouble

__all__ = ["public_url", "receiver"]

_CLIENT: Final = frozenset({TlsFlaw.NO_CLIENT_CERTIFICATE, TlsFlaw.CLIENT_REFUSED, TlsFlaw.HUNG_UP})

_ANY_PORT: Final = (
    "This testbed registers no Service Users, so nobody tells the DSP of that: give a port of your choice in "
    "[receiver] bind, and register the address for your Service Users."
)
_FORWARD: Final = (
    "See that [receiver] public_url leads to [receiver] bind: name, port, forwarding, firewall. Only where "
    "the DSP can reach it and this machine cannot, that is no hindrance."
)


def receiver(examination: Examination) -> Outcome:
    """The receiver can listen where the target file says."""
    settings, run = known(examination.target).receiver, known(examination.run)
    running = running_receiver(settings, run.connection.inspector, examination.inbox)
    try:
        url = examination.resources.enter_context(running)
    except ReceiverUnusable as unusable:
        return error(str(unusable), "End the program that holds the port, such as another run.")
    examination.receiver_url = run.receiver_url = url
    if Capability.REGISTER_USER in run.testbed.capabilities:
        told = f"it listens at {settings.host}, and the DSP is told {url}, with the EUI of each Service User"
        return ok(f"{told} after it")
    for user in known(examination.target).users:
        run.expect_messages_of(user)
    if settings.port == 0 and settings.public_url is None:
        return warning(f"it listens at {url}, and at another port each time", _ANY_PORT)
    return ok(f"it listens at {settings.host}, and the DSP has to know that it is at {url}")


def public_url(examination: Examination) -> Outcome:
    """What is posted to an address that the DSP is told arrives at the receiver of this examination."""
    url, target = known(examination.receiver_url), known(examination.target)
    run = known(examination.run)
    if Capability.REGISTER_USER in run.testbed.capabilities:
        url = own_url(url, run.somebody())
    attempt = post_to_oneself(url, target, examination.inbox)
    if attempt.arrived:
        return ok(attempt.told)
    if attempt.tls is not None:
        return _as_seen_by_the_dsp(url, attempt.tls, target)
    return error(attempt.told, _FORWARD)


def _as_seen_by_the_dsp(url: str, trouble: TlsTrouble, target: Target) -> Outcome:
    """Say what a TLS trouble means: nobody here holds the DSP's certificate that may be demanded."""
    demands = target.receiver.tls is not None and target.receiver.tls.client_ca is not None
    if demands and trouble.flaw in _CLIENT:
        return warning(
            f"{url} demands a client certificate, which only the DSP can show",
            "The check of a Device's response tells whether the DSP is let in.",
        )
    if trouble.flaw is TlsFlaw.WRONG_HOST:
        return error(
            f"{url}: {trouble.said}",
            "Have a certificate issued for the host in [receiver] public_url, and give it in [receiver.tls].",
        )
    return error(f"{url}: {trouble.said}", _FORWARD)
