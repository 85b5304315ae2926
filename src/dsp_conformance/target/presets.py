"""Target files for DSPs that are known: the bundled stub, and the DCC's test appliance DCC Boxed."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dsp_conformance.target.values import endpoints_under

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PRESETS", "Preset"]

_BOXED: Final = endpoints_under("http://127.0.0.1:8079")


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a DSP.

    Attributes:
        answers: by section and key.
        remarks: what the file says of it at its beginning.
    """

    answers: Mapping[str, Mapping[str, Any]]
    remarks: tuple[str, ...] = field(default=())


PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        "stub": Preset(
            {
                "testbed": {"driver": "control-api", "url": "http://127.0.0.1:8090/testbed/v1"},
                "profile": {
                    "silence_seconds": 1,
                    "smets1": "yes",
                    "resent_activation": "yes",
                    "secmp0007": "no",
                    "local_delivery": "yes",
                },
            },
            ("For the bundled reference DSP, started with 'dsp-conformance stub serve --port 8090'.",),
        ),
        # domain.md, "Command Variants and services" and "Messages": port, paths, plain HTTP, content type and
        # the time that the stock client waits.
        "dcc-boxed": Preset(
            {
                "testbed": {"driver": "manual"},
                "dsp": {
                    "name": "DCC Boxed",
                    "send_command_url": _BOXED.send_command,
                    "non_device_url": _BOXED.non_device,
                    "transform_url": _BOXED.transform,
                },
                "timeouts": {"connect": 3},
            },
            (
                "For DCC Boxed: plain HTTP at port 8079. Messages are application/xml, both ways.",
                "Give dcc_id and signing_certificates of the appliance, and the Service Users that it knows.",
                "What the appliance does beside MP105 is not published: answer the questions in [profile].",
            ),
        ),
    }
)
"""The presets by name."""
