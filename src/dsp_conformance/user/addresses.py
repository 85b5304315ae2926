"""Where each Service User's messages have to arrive: an address of its own, a path of the one receiver.

All Users of a run share a receiver, so the path alone shows for whom the DSP posted a message (DUIS-04: to
the address of the User who asked, and to no other).
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from dsp_conformance.base.eui64 import Eui64, InvalidEui64
from dsp_conformance.user.admission import same_path
from dsp_conformance.user.exchange import Delivery

_ANY: Final = "any path that is no other User's"


def own_url(receiver_url: str, user: Eui64) -> str:
    """Return the address of a Service User that is registered: a path below the receiver's."""
    parts = urlsplit(receiver_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{user}"))


def url_at(receiver_url: str, path: str) -> str:
    """Return the address of another path of the receiver."""
    return urlunsplit(urlsplit(receiver_url)._replace(path=path))


@dataclass(slots=True)
class Addresses:
    """Which path belongs to which Service User, as far as this process knows."""

    _paths: dict[Eui64, str] = field(default_factory=dict)
    _told: dict[Eui64, str] = field(default_factory=dict)

    def give(self, user: Eui64, address: str) -> None:
        """Note where the DSP was told to post a Service User's messages: a path, or a URL with one."""
        self._paths[user] = urlsplit(address).path or "/"
        self._told[user] = address

    def told(self, user: Eui64) -> str:
        """Return the address that the DSP was told for a Service User; empty where none is known."""
        return self._told.get(user, "")

    def misdelivery(self, delivery: Delivery, user: Eui64) -> str:
        """Tell where a message for a Service User came, and where it should have; empty if it came there.

        A slash at the end does not matter, and what a proxy makes of the path before a User's EUI does not
        either. Of a User whose address is not known, any path is fine that is no other's.
        """
        came, own = delivery.path, self._paths.get(user)
        if not came or (own is not None and _is_at(own, came)):
            return ""
        if own is None and not any(_is_at(path, came) for path in self._paths.values()):
            return ""
        whose = next((other for other, path in self._paths.items() if _is_at(path, came)), None)
        of_whom = "" if whose is None else f", the address of {whose},"
        return f"at {came}{of_whom} instead of {own or _ANY}, the address of {user}"


def user_in(path: str) -> Eui64 | None:
    """Return the Service User whose EUI is the last part of a path, if any is."""
    try:
        return Eui64.parse(path.rstrip("/").rpartition("/")[2])
    except InvalidEui64:
        return None


def _is_at(own: str, came: str) -> bool:
    named = user_in(own)
    return same_path(own, came) or (named is not None and named == user_in(came))
