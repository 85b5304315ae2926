"""The Pre-Commands that were issued and are waiting for a signature."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.identifiers import RequestID

__all__ = ["IssuedPreCommand", "PreCommandStore", "SignedPreCommandFlaw", "check_signed_pre_command"]

_CAPACITY: Final = 10_000
_LIFETIME_SECONDS: Final = 3600.0
_SIGNATURE_LENGTH: Final = b"\x40"
_HALF: Final = 32


class SignedPreCommandFlaw(ValueError):  # noqa: N818  # named for what it says
    """A signed Pre-Command is not the one that was issued, with the User's signature.

    Attributes:
        expected: what it should have been.
        found: what it is.
    """

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"signed Pre-Command: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class IssuedPreCommand:
    """A Pre-Command as it was returned to a User.

    Attributes:
        variant: the Service Reference Variant of the request.
        octets: the GBCS Pre-Command.
    """

    variant: str
    octets: bytes


class PreCommandStore:
    """Issued Pre-Commands by RequestID, bounded in number and age; not safe for threads by itself.

    Args:
        capacity: how many are kept; the oldest goes first.
        lifetime_seconds: how long each is kept.
        clock: tells monotonic time in seconds.
    """

    def __init__(
        self,
        *,
        capacity: int = _CAPACITY,
        lifetime_seconds: float = _LIFETIME_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._lifetime = lifetime_seconds
        self._clock = clock
        self._issued: OrderedDict[RequestID, tuple[float, IssuedPreCommand]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._issued)

    def issue(self, request_id: RequestID, pre_command: IssuedPreCommand) -> None:
        """Remember a Pre-Command, and forget those that are too old or too many."""
        now = self._clock()
        self._issued[request_id] = (now + self._lifetime, pre_command)
        while self._issued:
            oldest, (expiry, _) = next(iter(self._issued.items()))
            if len(self._issued) <= self._capacity and expiry > now:
                break
            del self._issued[oldest]

    def get(self, request_id: RequestID) -> IssuedPreCommand | None:
        """Return the Pre-Command that was issued for that request and is still waiting."""
        expiry, pre_command = self._issued.get(request_id, (0.0, None))
        return pre_command if expiry > self._clock() else None

    def use(self, request_id: RequestID) -> None:
        """Forget a Pre-Command that has come back signed: it is carried out once."""
        self._issued.pop(request_id, None)


def check_signed_pre_command(
    octets: bytes, issued: IssuedPreCommand, key: ec.EllipticCurvePublicKey | None
) -> None:
    """Check that octets are an issued Pre-Command followed by the User's signature.

    The form is that of every critical command (wire.md, "GBCS payloads"): the Pre-Command unchanged, the
    length 40, and r||s over everything after its first octet. So the check needs no knowledge of the use
    case.

    Args:
        octets: what came in `SignedPreCommand`.
        issued: what was returned for the same RequestID.
        key: the User's GBCS signing key.

    Raises:
        SignedPreCommandFlaw: if they are anything else, or there is no key to check the signature with.
    """
    start = issued.octets + _SIGNATURE_LENGTH
    if not octets.startswith(start):
        raise SignedPreCommandFlaw("the Pre-Command as issued, followed by the length 40", "other octets")
    signature = octets[len(start) :]
    if len(signature) != 2 * _HALF:
        raise SignedPreCommandFlaw("a signature of 64 octets", f"{len(signature)} octets")
    if key is None:
        raise SignedPreCommandFlaw("a User with a registered GBCS signing certificate", "none registered")
    r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
    try:
        key.verify(encode_dss_signature(r, s), issued.octets[1:], ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise SignedPreCommandFlaw("the signature of the User's registered GBCS key", "another") from None
