"""Where the receiver listens, apart from the receiver itself: workers of a parallel run have none to load."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from dsp_conformance.duis.xml import DEFAULT_LIMIT
from dsp_conformance.tls.settings import ServerTls

DEFAULT_RATE: Final = 1000
"""Messages a second: several times what the fastest run on one machine brings about."""


@dataclass(eq=False)
class ReceiverUnusable(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """The receiver cannot listen where it should.

    Attributes:
        address: the address of the target file's ``receiver.bind``.
        found: what the operating system said.
        tls: what is wrong with the files of ``[receiver.tls]``, where it is that; empty otherwise.
    """

    address: str
    found: str
    tls: str = ""

    def __str__(self) -> str:
        if self.tls:
            return f"[receiver.tls]: {self.tls}"
        return (
            f"receiver.bind = {self.address!r}: expected an address and free port, found: {self.found}. "
            "Choose another port, or 0 for any free one."
        )


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Where the receiver listens and what it takes.

    Attributes:
        host: address to bind to.
        port: port to bind to; 0 for any free one.
        public_url: the URL at which the DSP reaches it, if that is not the address bound to.
        limit: octets of the largest message taken.
        tls: makes it an https server; None for http.
        path: the path at which messages are taken, and below it at Service Users' own, and no other. Where
            None, they are taken at any, because a proxy in front may have changed it, and those at another
            than the public URL's are counted.
        rate: messages a second that are taken; more in a burst of a second's worth.
        further_paths: other paths at which messages are taken: those that Service Users are known by.
    """

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str | None = None
    limit: int = DEFAULT_LIMIT
    tls: ServerTls | None = None
    path: str | None = None
    rate: int = DEFAULT_RATE
    further_paths: tuple[str, ...] = ()

    @property
    def own_path(self) -> str:
        """The path at which messages should come."""
        if self.path is not None:
            return self.path
        return urlsplit(self.public_url or "").path or "/"
