"""The driver that a target file asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsp_conformance.testbed.control_api import ControlApiTestbed
from dsp_conformance.testbed.settings import (
    CommandSettings,
    ControlApiSettings,
    ManualSettings,
    ProvisionedSettings,
)

if TYPE_CHECKING:
    from dsp_conformance.testbed.by_operations import OperationsTestbed
    from dsp_conformance.testbed.settings import TestbedSettings

__all__ = ["open_testbed"]


def open_testbed(settings: TestbedSettings) -> OperationsTestbed:
    """Return the driver for these settings, a context manager; nothing is asked of the testbed yet.

    Raises:
        NoTerminal: the driver is `manual`, and there is no terminal.
    """
    match settings:
        case ControlApiSettings():
            return ControlApiTestbed(settings.url, settings.token, tls=settings.tls)
        case ProvisionedSettings():
            from dsp_conformance.testbed.provisioned import ProvisionedTestbed  # noqa: PLC0415 - as below

            return ProvisionedTestbed()
        case CommandSettings():
            from dsp_conformance.testbed.command import CommandTestbed  # noqa: PLC0415 - used in few runs

            return CommandTestbed(settings)
        case ManualSettings():
            from dsp_conformance.testbed.manual import ManualTestbed  # noqa: PLC0415 - used in few runs

            return ManualTestbed(settings)
