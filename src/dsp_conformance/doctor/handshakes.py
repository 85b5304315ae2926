"""Checks of TLS: the handshake with every https address, as the suite's clients will make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from dsp_conformance.doctor.network import addresses_of, one_of_each_place, without_address
from dsp_conformance.doctor.outcome import Outcome, all_of, error, known, ok, warning
from dsp_conformance.tls.contexts import tls_adapter
from dsp_conformance.tls.troubles import tls_trouble

if TYPE_CHECKING:
    from dsp_conformance.doctor.examination import Examination
    from dsp_conformance.doctor.network import Address
    from dsp_conformance.tls.settings import ClientTls
    from dsp_conformance.user.transport import Timeouts

__all__ = ["shake_hands", "tls"]


def tls(examination: Examination) -> Outcome:
    """TLS connections can be made with all https addresses in the target file."""
    target = known(examination.target)
    found = []
    addresses = one_of_each_place(addresses_of(target))
    for address in addresses:
        if not address.url.startswith("https://"):
            continue
        of_testbed = target.testbed is not None and address.url == getattr(target.testbed, "url", "")
        settings = getattr(target.testbed, "tls", target.tls) if of_testbed else target.tls
        outcome = shake_hands(address, settings, target.timeouts)
        if outcome.status == "error":
            examination.unreachable.add(address.url)
        found.append(outcome)
    unused = "not used: no address in the target file is https" if addresses else without_address(target)
    return all_of(found, unused)


def shake_hands(address: Address, settings: ClientTls, timeouts: Timeouts) -> Outcome:
    """Connect, and ask for something harmless: a server may refuse a client's certificate only then.

    Args:
        address: an https one.
        settings: what the client trusts and shows.
        timeouts: how long to wait.
    """
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", tls_adapter(settings))
            session.head(address.url, timeout=(timeouts.connect, timeouts.answer), allow_redirects=False)
    except requests.RequestException as failure:
        trouble = tls_trouble(failure, address.url, settings, address.where)
        if trouble is not None:
            return error(f"{address}: {trouble.said}", f"{trouble.key}: {trouble.hint}")
        return warning(
            f"{address}: no HTTP answer after the handshake ({failure})",
            "See what the services answer below.",
        )
    if not settings.verify:
        return warning(
            f"{address}: the server's certificate is not checked, anybody may have answered",
            f"Leave verify = false in [{settings.section}] out, and give ca.",
        )
    return ok(f"{address.host}:{address.port} is trusted")
