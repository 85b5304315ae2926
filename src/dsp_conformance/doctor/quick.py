"""The quick part of the examination: what a run looks at too before it starts.

Nothing of it asks the DSP or its testbed for anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.doctor import files, handshakes, network
from dsp_conformance.doctor.examination import Examination
from dsp_conformance.doctor.examining import Check, Examined, examine
from dsp_conformance.doctor.outcome import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsp_conformance.target import Target

__all__ = ["FILES", "QUICK", "troubles_of"]

FILES: Final = ("target-file", "schema", "keys")
"""The checks without which there is no target."""

QUICK: Final[Sequence[Check]] = (
    Check("target-file", "target file", files.target_file),
    Check("schema", "schema", files.schema),
    Check("keys", "keys and certificates", files.keys),
    Check("names", "host names", network.names, FILES),
    Check("connections", "TCP connections", network.connections, (*FILES, "names")),
    Check("tls", "TLS", handshakes.tls, (*FILES, "connections")),
)
"""The first of all checks."""


def troubles_of(target: Target) -> list[Examined]:
    """Look at a target that was loaded, and return what is not as it should be."""
    loaded = [one for one in QUICK if one.id not in {"target-file", "schema"}]
    found = examine(loaded, Examination(target=target))
    return [one for one in found if one.outcome.status in {Status.WARNING, Status.ERROR}]
