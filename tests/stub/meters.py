"""What the tests of the reference DSP share."""

from __future__ import annotations

import hashlib

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import DeviceStatus, DeviceType
from dsp_conformance.duis.messages import GbcsPayload, Response

OLD, NEW = "0123ABCD", "0123ABCE"
IMAGE = b"the new firmware"
SHA256 = hashlib.sha256(IMAGE).digest()
UNKNOWN = Eui64.parse("00-DB-12-34-56-78-90-FF")
METERS = (DeviceType.ESME, DeviceType.GSME)
SUSPENDABLE = (DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED)


def payload(response: Response) -> gbcs.Message:
    assert isinstance(response.content, GbcsPayload), response
    return gbcs.decode(response.content.octets)
