"""Who the suite is towards the DSP: a Service User with its roles and keys."""

from dataclasses import dataclass

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.smki.credentials import Credential


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """One Service User (``domain.md``, Who is who).

    Attributes:
        eui: its EUI-64, the originator of its requests.
        roles: the user roles it holds.
        xml_signing: signs its DUIS messages.
        gbcs_signing: signs the Pre-Commands of critical requests; None where it sends none.
        gbcs_key_agreement: checks the MAC of Device responses; None where nobody checks it.
        receive_path: the path of the receiver at which the DSP posts its messages; None where it has none of
            its own, or is given one when it is registered.
    """

    eui: Eui64
    roles: frozenset[UserRole]
    xml_signing: Credential
    gbcs_signing: Credential | None = None
    gbcs_key_agreement: Credential | None = None
    receive_path: str | None = None
