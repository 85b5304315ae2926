"""Checks of the way back: the receiver listens, and is reached at the address that the DSP is told."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import requests

from dsp_conformance.doctor.outcome import Outcome, error, known, ok
from dsp_conformance.user.receiver import running_receiver
from dsp_conformance.user.receiver_settings import ReceiverUnusable
from dsp_conformance.user.transport import MEDIA_TYPE

if TYPE_CHECKING:
    from dsp_conformance.doctor.examination import Examination

__all__ = ["public_url", "receiver"]

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
    return ok(f"it listens at {settings.host}, and the DSP is told {url}")


def public_url(examination: Examination) -> Outcome:
    """What is posted to the address that the DSP is told arrives at the receiver of this examination."""
    url, target = known(examination.receiver_url), known(examination.target)
    token = secrets.token_hex(16).encode()
    patience = (target.timeouts.connect, target.timeouts.answer)
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                url, token, headers={"Content-Type": MEDIA_TYPE}, timeout=patience, allow_redirects=False
            )
    except requests.RequestException as failure:
        return error(f"{url}: nothing is reached there from this machine ({_innermost(failure)})", _FORWARD)
    arrived = examination.inbox.wait_until(
        lambda: any(each.octets == token for each in examination.inbox.everything()), target.timeouts.connect
    )
    if not arrived:
        found = f"{url}: something else answers there (HTTP {answer.status_code}), the receiver got nothing"
        return error(found, _FORWARD)
    return ok(f"{url} leads to the receiver")


def _innermost(failure: BaseException) -> str:
    while (inner := failure.__cause__ or failure.__context__) is not None:
        failure = inner
    return str(failure) or type(failure).__name__
