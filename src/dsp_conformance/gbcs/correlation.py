"""Which request a GBCS message belongs to (wire.md, "Correlation")."""

from __future__ import annotations

from dsp_conformance.gbcs.activation import activation_alert
from dsp_conformance.gbcs.message import Kind, Message, grouped

__all__ = ["request_counter_of"]


def request_counter_of(message: Message) -> int:
    """The counter of the DUIS request that a message belongs to, whatever its Command Variant.

    Returns:
        For an alert, the counter of the command that it reports on: its own originator counter is the
        Device's. Else the supplementary counter, if there is one, else the originator counter.

    Raises:
        GbcsDecodeError: if an alert is not that of SR11.3, or its content is malformed.
    """
    inner = grouped(message)
    if inner.kind is Kind.ALERT:
        return activation_alert(message).command_counter
    return inner.counter if inner.supplementary is None else inner.supplementary.counter
