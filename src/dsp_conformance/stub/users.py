"""The Service Users that a testbed registered, and the counters that they have used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.catalogue import UserRole
    from dsp_conformance.duis.signature import KnownSigners

__all__ = ["RegisteredUser", "UserRegister"]


@dataclass(frozen=True, slots=True)
class RegisteredUser:
    """What the DSP knows of a Service User.

    Attributes:
        user_id: the User's EUI-64.
        roles: the roles it holds, at least one.
        signers: its XML signing certificate.
        receive_response_url: where asynchronous responses and alerts are posted.
        gbcs_signing_key: checks its signed Pre-Commands; None where no certificate was registered.
        gbcs_key_agreement_key: for the MAC of Devices' responses; None where no certificate was registered.
    """

    user_id: Eui64
    roles: frozenset[UserRole]
    signers: KnownSigners
    receive_response_url: str
    gbcs_signing_key: ec.EllipticCurvePublicKey | None = None
    gbcs_key_agreement_key: ec.EllipticCurvePublicKey | None = None


class UserRegister:
    """The registered Users and, for each, the highest counter used; not safe for threads by itself.

    A User that is registered again keeps its counter, so that nothing sent before can be replayed.
    """

    def __init__(self) -> None:
        self._users: dict[Eui64, RegisteredUser] = {}
        self._last_counters: dict[Eui64, int] = {}

    def __len__(self) -> int:
        return len(self._users)

    def everybody(self) -> tuple[RegisteredUser, ...]:
        """Return all Users, in the order in which they were first registered."""
        return tuple(self._users.values())

    def register(self, user: RegisteredUser) -> None:
        """Take a User in, in place of any with the same ID."""
        self._users[user.user_id] = user

    def get(self, user_id: Eui64) -> RegisteredUser | None:
        """Return the User of that ID."""
        return self._users.get(user_id)

    def last_counter(self, user_id: Eui64) -> int | None:
        """Return the highest counter that the User has used."""
        return self._last_counters.get(user_id)

    def use_counter(self, user_id: Eui64, counter: int) -> None:
        """Remember the highest counter that a registered User has used."""
        self._last_counters[user_id] = counter
