"""Checks of the first contact: each service answers as a DSP does, and the clocks agree."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dsp_conformance.doctor.network import SERVICES
from dsp_conformance.doctor.outcome import Outcome, all_of, error, known, ok, warning
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.request_bodies import ReadInventory
from dsp_conformance.duis.terms import CommandVariant, UserRole
from dsp_conformance.running.first_contact import INTOLERABLE, certainly_apart, clocks_apart
from dsp_conformance.user.session import UserSession

if TYPE_CHECKING:
    from dsp_conformance.doctor.examination import Examination
    from dsp_conformance.user.exchange import Exchange

__all__ = ["clock", "clock_difference", "services"]

NOTICED: Final = timedelta(seconds=5)
"""From which difference on a clock is warned of: future-dated requests are a few seconds ahead."""

_SYNCHRONISE: Final = "Synchronise the clocks of this machine and of the DSP (NTP)."


def services(examination: Examination) -> Outcome:
    """Each service answers a signed SR8.2 in DUIS; on the two it does not belong to, with a rejection."""
    run = known(examination.run)
    target = known(examination.target)
    user = target.users[0] if target.users else run.stranger(UserRole.IS)
    session = UserSession(user, run.connection)
    found = []
    for service, name in SERVICES.items():
        exchange = session.send(
            catalogue()["8.2"],
            CommandVariant.NON_DEVICE,
            ReadInventory(run.somebody()).to_xml(),
            service=service,
        )
        examination.answers[service] = exchange
        found.append(_answered(name, exchange))
    return all_of(found, "no service")


def _answered(name: str, exchange: Exchange) -> Outcome:
    trouble = exchange.trouble
    if trouble is None:
        return ok(f"{name}: answers in DUIS")
    what = f"{name} at {exchange.url}: {trouble.what} ({trouble.found})"
    if trouble.environment:
        return error(
            what,
            "Check the service URLs in [dsp], by default /api/v1/serviceS, serviceD and serviceT below "
            "base_url, and that it is a DSP that listens there.",
        )
    if trouble.unknown:
        return warning(what, "What is not known cannot be judged: the scenarios concerned are inconclusive.")
    return warning(what, "A run will judge that as a defect of the product (DUIS-01).")


def clock(examination: Examination) -> Outcome:
    """The DSP's clock, by the ResponseDateTime of its answers, agrees with this machine's."""
    dated = [each for each in examination.answers.values() if each.response is not None]
    if not dated:
        return warning("no answer that could be read bears a date", "See the check before.")
    return clock_difference(min(dated, key=_seconds))


def clock_difference(exchange: Exchange) -> Outcome:
    """Compare the date of an answer with the middle between request and answer, give or take half of that."""
    half = timedelta(seconds=_seconds(exchange) / 2)
    difference, apart = clocks_apart(exchange), certainly_apart(exchange)
    direction = "ahead of" if difference > timedelta(0) else "behind"
    found = f"the DSP's clock is {abs(difference).total_seconds():.1f} s {direction} this machine's"
    if apart >= INTOLERABLE:
        return error(found, _SYNCHRONISE)
    if apart >= NOTICED:
        return warning(found, _SYNCHRONISE)
    return ok(f"at most {(abs(difference) + half).total_seconds():.1f} s apart")


def _seconds(exchange: Exchange) -> float:
    return 0.0 if exchange.answer is None else exchange.answer.seconds
