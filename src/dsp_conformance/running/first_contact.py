"""The first contact of a run: seen once, before the first scenario, so that a run in vain ends at once.

Whatever stands in the way here lies outside of the product: no scenario has judged anything yet.
"""

from datetime import timedelta
from typing import Final

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signature import SignatureOutcome
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.judging.expectations import described
from dsp_conformance.ledger.verdicts import Cause, Inconclusive
from dsp_conformance.scenario.conformance_run import ConformanceRun
from dsp_conformance.scenario.traffic import usable
from dsp_conformance.target import Target
from dsp_conformance.user.exchange import Exchange
from dsp_conformance.user.service_user import ServiceUser
from dsp_conformance.user.session import UserSession

NOT_LET_IN: Final = frozenset({ResponseCode.E1, ResponseCode.E2, ResponseCode.E3, ResponseCode.E4})
"""Codes that a DSP answers to a Service User that it does not know, or has not entitled (``domain.md``)."""


INTOLERABLE: Final = timedelta(minutes=5)
"""From which difference of the clocks on nothing that has a date can be judged."""


def require_first_contact(run: ConformanceRun, target: Target) -> None:
    """See that a DSP answers SR8.2 of each Service User of the target file, or else of one of the suite's.

    An answer that is no DUIS message is left to the scenarios: that a DSP sent it is its defect (DUIS-01).

    Raises:
        Inconclusive: nobody answers, something else than a DSP does, or the DSP does not let a user in; or
            clocks, or certificates, do not agree.
    """
    for user in target.users or (run.user(UserRole.IS),):
        exchange = UserSession(user, run.connection).read_inventory(run.somebody())
        if exchange.trouble is not None and exchange.trouble.environment:
            usable(exchange)
        require_let_in(user, exchange)
        require_known_signer(exchange)
        require_clocks_that_agree(exchange)


def clocks_apart(exchange: Exchange) -> timedelta:
    """Return by how much the DSP's clock is ahead of this machine's, by the date of an answer.

    The answer is taken to be dated in the middle between request and answer; it may be off by half of that.
    """
    assert exchange.response is not None, "an answer that was read"
    return exchange.response.response_date_time - (exchange.sent_at + _half(exchange))


def certainly_apart(exchange: Exchange) -> timedelta:
    """Return how far the clocks are apart at least."""
    return max(abs(clocks_apart(exchange)) - _half(exchange), timedelta(0))


def _half(exchange: Exchange) -> timedelta:
    return timedelta(seconds=0.0 if exchange.answer is None else exchange.answer.seconds / 2)


def require_clocks_that_agree(exchange: Exchange) -> None:
    """See that the clocks agree: else requests for later would come too early or too late, by nobody's fault.

    Of an answer that is wrong in itself nothing is taken: the scenarios judge it.

    Raises:
        Inconclusive: they are minutes apart.
    """
    good = exchange.response is not None and all(check.passed for check in exchange.checks)
    if not good or certainly_apart(exchange) < INTOLERABLE:
        return
    apart = clocks_apart(exchange)
    direction = "ahead of" if apart > timedelta(0) else "behind"
    raise Inconclusive(
        Cause.PRECONDITION_UNMET,
        "the clocks of the DSP and of this machine do not agree",
        expected=f"an answer dated within {INTOLERABLE.total_seconds():g} s of its request",
        found=f"the DSP's clock {abs(apart).total_seconds():.1f} s {direction} this machine's",
        hint="synchronise the clocks of both (NTP)",
    )


def require_known_signer(exchange: Exchange) -> None:
    """See that the first answer, if it is signed at all, is signed as the target file says.

    A DSP that signs everything with another certificate cannot be told from a target file that names the
    wrong one.

    Raises:
        Inconclusive: it is signed with a certificate that is not known here, or not in force.
    """
    for check in exchange.checks:
        if check.requirement == "DUIS-02" and check.found.startswith(SignatureOutcome.CERTIFICATE.value):
            raise Inconclusive(
                Cause.PRECONDITION_UNMET,
                "the DSP's first answer is signed with a certificate that is not known here, or not in force",
                expected="one of [dsp] signing_certificates, or of those that the testbed tells",
                found=check.found,
                hint="give the certificate that the DSP signs with, and check the clock of this machine; a"
                " product that signs everything with another certificate cannot be told from that",
            )


def require_let_in(user: ServiceUser, exchange: Exchange) -> None:
    """See that the DSP knows a Service User and lets it in.

    Raises:
        Inconclusive: it does not.
    """
    response = exchange.response
    if response is None or response.response_code not in NOT_LET_IN:
        return
    raise Inconclusive(
        Cause.PRECONDITION_UNMET,
        f"the DSP does not let the Service User {user.eui} in",
        expected=f"SR8.2 of {user.eui} ({', '.join(sorted(user.roles))}) answered",
        found=described(response.response_code),
        hint="register that EUI at the DSP with these roles and this certificate, or correct eui, roles and"
        " certificate in [[users]]",
    )
