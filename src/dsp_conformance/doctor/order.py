"""All checks, in the order in which they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.doctor import applicability, contact, inventory, receiving, suspension
from dsp_conformance.doctor import testbed as testbeds
from dsp_conformance.doctor.examining import Check
from dsp_conformance.doctor.quick import FILES, QUICK

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CHECKS"]

CHECKS: Final[Sequence[Check]] = (
    *QUICK,
    Check("testbed", "testbed", testbeds.testbed, FILES),
    Check("services", "DUIS services", contact.services, ("tls", "testbed")),
    Check("clock", "clocks", contact.clock, ("services",)),
    Check("receiver", "receiver", receiving.receiver, ("testbed",)),
    Check("public-url", "receiver's address", receiving.public_url, ("receiver",)),
    Check("inventory", "SR8.2 round trip", inventory.inventory, ("services", "receiver")),
    Check("signature", "signature of the answer", inventory.signature, ("inventory",)),
    Check("capabilities", "testbed's capabilities", testbeds.capabilities, ("testbed",)),
    Check("response", "response of a Device", suspension.response, ("inventory", "public-url")),
    Check("rejection-code", "rejection code", suspension.rejection_code, ("inventory",)),
    Check("profile", "profile", applicability.profile, ("testbed",)),
    Check("scenarios", "scenarios that apply", applicability.scenarios, ("testbed",)),
)
"""What is looked at; what a check needs comes before it."""
