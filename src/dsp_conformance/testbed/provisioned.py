"""The driver for Devices that stand in a list: nothing can be asked of it while a run lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dsp_conformance.testbed.by_operations import Answer, OperationsTestbed
from dsp_conformance.testbed.errors import MissingCapability
from dsp_conformance.testbed.protocol import Capability, DspIdentity

if TYPE_CHECKING:
    from dsp_conformance.testbed.operations import Operation

__all__ = ["ProvisionedTestbed"]


class ProvisionedTestbed(OperationsTestbed):
    """A testbed that stands still: it has no capability, and the target file tells of the DSP."""

    _nobody: ClassVar[DspIdentity] = DspIdentity("", "")

    @property
    def capabilities(self) -> frozenset[Capability]:
        """None."""
        return frozenset()

    @property
    def dsp(self) -> DspIdentity:
        """Nothing: the target file tells."""
        return self._nobody

    def _carry_out(self, operation: Operation) -> Answer:
        raise MissingCapability(operation.needs or Capability.PROVIDE_DEVICE, operation.sentence)
