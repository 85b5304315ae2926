"""What is odd about the Service Users' own certificates, of which only the keys are used (wire.md).

The DSP decides what it makes of them: so it is told, and keeps no run from starting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.smki.certificates import oddities_of
from dsp_conformance.smki.identity import GBCS_ROLES, CertificateRole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from dsp_conformance.smki.credentials import Credential
    from dsp_conformance.user.service_user import ServiceUser

__all__ = ["credentials_of", "doubts_about", "told_doubts"]

_XML: Final = frozenset({CertificateRole.USER_XML_SIGNING})
# Which GBCS role goes with which user role is assumed (`smki.identity`): so any of a user's is as good.
_GBCS: Final = frozenset(GBCS_ROLES.values())


def credentials_of(user: ServiceUser) -> Iterator[tuple[str, Credential, Collection[int]]]:
    """Give a user's certificates: the key in the target file, the credential, the roles it should have."""
    yield "certificate", user.xml_signing, _XML
    if user.gbcs_signing is not None:
        yield "gbcs_signing_certificate", user.gbcs_signing, _GBCS
    if user.gbcs_key_agreement is not None:
        yield "gbcs_key_agreement_certificate", user.gbcs_key_agreement, _GBCS


def doubts_about(user: ServiceUser, now: datetime) -> tuple[str, ...]:
    """Tell what is odd about a Service User's certificates, a line each; nothing where nothing is."""
    return tuple(
        f"{key} {odd}"
        for key, credential, roles in credentials_of(user)
        for odd in oddities_of(credential.certificate, roles=roles, at=now)
    )


def told_doubts(users: Collection[ServiceUser], now: datetime) -> dict[str, str]:
    """What reports have to say of that; empty where nothing is odd."""
    told = [
        f"[users[{number}]] {doubt}"
        for number, user in enumerate(users, 1)
        for doubt in doubts_about(user, now)
    ]
    return {"user certificates": f"used all the same: {'; '.join(told)}"} if told else {}
