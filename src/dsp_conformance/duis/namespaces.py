"""The XML namespaces of DUIS messages and the qualified names made from them (DUIS XML schema V5.4)."""

from typing import Final

SR: Final = "http://www.dccinterface.co.uk/ServiceUserGateway"
"""Requests, responses and alerts."""

RA: Final = "http://www.dccinterface.co.uk/ResponseAndAlert"
"""The MMC part, which only SMETS1 responses use."""

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
"""XML signatures."""


def sr(name: str) -> str:
    """Return the qualified name of a DUIS element, such as ``{...ServiceUserGateway}Request``."""
    return f"{{{SR}}}{name}"


def ds(name: str) -> str:
    """Return the qualified name of an XML signature element."""
    return f"{{{DS}}}{name}"
