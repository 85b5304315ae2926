"""Lawful variations of spelling: how names that a signature bears may be written otherwise."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis import xml
from dsp_conformance.duis.namespaces import ds
from dsp_conformance.stub.deviations.changes import sealing
from dsp_conformance.stub.deviations.deviation import Change, Deviation, lawful

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dsp_conformance.duis.messages import Response
    from dsp_conformance.duis.signing import XmlSigner
    from dsp_conformance.stub.deviations.changes import Seal
    from dsp_conformance.stub.dsp import DspOptions

__all__ = ["DEVIATIONS"]


def _issuer(*spellings: Callable[[Sequence[str]], str]) -> Change:
    """Spell the issuer's name otherwise, by turns; no signature is about that."""

    def change(options: DspOptions) -> DspOptions:
        turns = itertools.cycle(spellings)

        def make(inner: Seal) -> Seal:
            def seal(response: Response, signer: XmlSigner) -> bytes:
                root = xml.parse(inner(response, signer))
                for name in root.iter(ds("X509IssuerName")):
                    name.text = next(turns)((name.text or "").split(","))
                return xml.serialise(root)

            return seal

        return sealing(make)(options)

    return change


def _in_dotted_numbers(parts: Sequence[str]) -> str:
    numbers = {"CN": "2.5.4.3", "OU": "OID.2.5.4.11"}
    return ", ".join(f"{numbers.get(kind, kind)}={value}" for kind, _, value in _pairs(parts))


def _quoted(parts: Sequence[str]) -> str:
    return ", ".join(f'{kind.lower()} = "{value}"' for kind, _, value in _pairs(parts))


def _slashed(parts: Sequence[str]) -> str:
    return "".join(f"/{part}" for part in reversed(parts))


def _joined(parts: Sequence[str]) -> str:
    return " + ".join(parts)


def _unreadable(parts: Sequence[str]) -> str:
    return f"issued by {' and '.join(parts)}"


def _pairs(parts: Sequence[str]) -> list[tuple[str, str, str]]:
    return [part.partition("=") for part in parts]


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    lawful(
        "issuer-spelled-otherwise",
        "Signatures spell the issuer's name as Java, .NET and OpenSSL do, by turns.",
        _issuer(_in_dotted_numbers, _quoted, _slashed, _joined),
        concerns="DUIS-02",
    ),
    lawful(
        "issuer-unreadable",
        "Signatures name the issuer in words, beside the right serial number.",
        _issuer(_unreadable),
        concerns="DUIS-02",
    ),
)
"""How names may be spelled."""
