"""What groups of steps need of the testbed, beside what stands with each step itself."""

from typing import Final

from dsp_conformance.duis.terms import DeviceType, UserRole
from dsp_conformance.testing import Capability, Words, sender_role, service_request, supplier_role
from steps.vocabulary import ROLES

LISTED_DEVICES: Final = (Capability.EDIT_CPL, Capability.PROVIDE_DEVICE)
"""For Devices whose firmware is listed on the CPL, and may leave it."""

FIRMWARE: Final = (Capability.EDIT_CPL, Capability.CONTROL_DEVICE)
"""For firmware that the CPL lists and a Device then runs, unknown to the inventory."""


def its_supplier(words: Words) -> list[UserRole]:
    """The supplier of the meter that a sentence names: the inventory is read in that name."""
    return [supplier_role(DeviceType(str(words["meter"])))]


def its_sender(words: Words) -> list[UserRole]:
    """Whoever sends the request that a sentence names; of "both" Devices, an ESME stands for the two."""
    variant = service_request(str(words["variant"]))
    return [sender_role(variant, DeviceType(words.get("meter") or DeviceType.ESME))]


def its_role(words: Words) -> list[UserRole]:
    """The role that a sentence names, if it names one."""
    role = words.get("role")
    return [ROLES[role]] if role else []
