"""What the DSP keeps for good: written to a file when it stops, and read back when it starts again.

Everything in `StoredData` outlives a restart. Whatever else a DSP holds (what a step of it remembers, what is
under way in its threads) is in memory alone and made anew.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.stub.cpl import CentralProductsList
    from dsp_conformance.stub.delivery import Undelivered
    from dsp_conformance.stub.inventory import SmartMeteringInventory
    from dsp_conformance.stub.pre_commands import PreCommandStore
    from dsp_conformance.stub.traffic import Order
    from dsp_conformance.stub.users import UserRegister

__all__ = ["StoredData", "read_data", "write_data"]

_PROTOCOL: Final = pickle.HIGHEST_PROTOCOL


@dataclass(frozen=True, slots=True)
class StoredData:
    """The data of one DSP.

    Attributes:
        users: the Service Users, and their counters.
        cpl: the Central Products List.
        inventory: every Device's record, with its history.
        pre_commands: those that wait for a signature.
        given_up: for each Device the requests whose response is awaited no more, oldest first.
        due: accepted commands that were not sent yet.
        awaited: commands that were sent, and whose response has not come.
        undelivered: messages that a User did not take yet.
    """

    users: UserRegister
    cpl: CentralProductsList
    inventory: SmartMeteringInventory
    pre_commands: PreCommandStore
    given_up: dict[Eui64, dict[RequestID, None]]
    due: tuple[Order, ...] = ()
    awaited: tuple[Order, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()


def _public_key(octets: bytes) -> PublicKeyTypes:
    return load_der_public_key(octets)


def _certificate(octets: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(octets)


class _Pickler(pickle.Pickler):
    """Writes certificates and public keys, which do not say themselves how they are written."""

    def reducer_override(self, value: object) -> Any:
        if isinstance(value, ec.EllipticCurvePublicKey):
            octets = value.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return _public_key, (octets,)
        if isinstance(value, x509.Certificate):
            return _certificate, (value.public_bytes(Encoding.DER),)
        return NotImplemented


def write_data(data: StoredData, path: Path) -> None:
    """Write the data to a file; what it holds must not change meanwhile.

    Raises:
        OSError: the file cannot be written.
    """
    written = io.BytesIO()
    _Pickler(written, _PROTOCOL).dump(data)
    path.write_bytes(written.getvalue())


def read_data(path: Path) -> StoredData:
    """Read the data that this process wrote, and nobody else: a file of strangers could do anything.

    Raises:
        OSError: the file cannot be read.
    """
    data = pickle.loads(path.read_bytes())  # noqa: S301 - our own, in a folder of our own
    assert isinstance(data, StoredData), "nothing else is written"
    return data
