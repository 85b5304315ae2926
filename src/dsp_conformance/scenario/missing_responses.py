"""What may be to blame for a missing response, other than the product: the way that it had to go."""

from dsp_conformance.ledger.verdicts import Cause, Inconclusive
from dsp_conformance.scenario.conformance_run import ConformanceRun
from dsp_conformance.scenario.response_road import closed_road
from dsp_conformance.user.exchange import Exchange
from dsp_conformance.user.session import UserSession


def excuse_for(exchange: Exchange, run: ConformanceRun, session: UserSession) -> Inconclusive | None:
    """Tell what keeps a missing response from being the product's defect.

    Either the receiver turned something away since the request, which may have been the response; or nobody
    listens any more where the DSP took the request: then what came between may have been the network; or
    nothing shows that responses reach the receiver at all.

    Args:
        exchange: the request without a response.
        run: the run.
        session: of the Service User who sent it.

    Returns:
        What to raise; None where there is no excuse.
    """
    connection = run.connection
    away = connection.inbox.turned_away_since(exchange.sent_at)
    if away:
        return Inconclusive(
            Cause.TARGET_UNREACHABLE,
            "something was turned away at the receiver unread, which may have been the response",
            expected=f"a response to {exchange.request.request_id} that the receiver can read",
            found="; ".join(away),
            hint="compare [receiver] and [limits] of the target file with where and how the DSP posts",
        )
    lost = connection.transport.unreachable(exchange.service)
    if lost is not None:
        return Inconclusive(
            Cause.TARGET_UNREACHABLE,
            "the DSP went away after it accepted the request, so that no response could come",
            expected=f"the DSP at {exchange.url}, as before",
            found=str(lost),
            hint="check the network, and that the DSP still runs; then run again",
        )
    return closed_road(run, session, exchange.sent_at)
