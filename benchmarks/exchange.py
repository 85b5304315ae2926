"""One signed exchange against the stub, as a multiple of the bare sum of its parts.

The parts: one signature and one verification on each side, one schema validation on each side, and one
keep-alive round trip on the loopback to a server of the same make that does nothing. Aim: at most 2.5.
"""

import subprocess
import sys

import requests

from benchmarks.bench import bench
from benchmarks.timing import line, medians
from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.messages import ServiceRequest
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners, verify
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.user.transport import MEDIA_TYPE


def measure_exchange() -> None:
    """Measure and print."""
    with (
        bench() as stand,
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.idle_server"], stdout=subprocess.PIPE, text=True
        ) as idle,
    ):
        assert idle.stdout is not None
        idle_url = idle.stdout.readline().strip()
        http = requests.Session()
        http.trust_env = False
        credential = stand.session.user.xml_signing
        signer, signers = XmlSigner(credential), KnownSigners([credential.certificate])
        schema = DuisSchema.bundled()
        unsigned = stand.session.read_inventory(stand.device_id).request
        signed_octets = _signed(signer, unsigned)

        def sign() -> None:
            _signed(signer, unsigned)

        def verify_signature() -> None:
            assert verify(xml.parse(signed_octets), signers).accepted

        def validate() -> None:
            assert not schema.violations(xml.parse(signed_octets))

        def round_trip() -> None:
            with http.post(
                idle_url, data=signed_octets, headers={"Content-Type": MEDIA_TYPE}, stream=True
            ) as answer:
                assert answer.content

        def read_inventory() -> None:
            assert stand.session.read_inventory(stand.device_id).accepted

        def read_firmware_version() -> None:
            body = ReadFirmwareVersion().to_xml()
            exchange = stand.session.send(
                catalogue()["11.2"], CommandVariant.NON_CRITICAL_WAN, body, stand.device_id
            )
            assert stand.session.wait_for_response(exchange) is not None

        taken = medians(
            {
                "sign": sign,
                "verify": verify_signature,
                "validate": validate,
                "trip": round_trip,
                "8.2": read_inventory,
                "11.2": read_firmware_version,
            }
        )
        http.close()
        idle.terminate()
    parts = 2 * (taken["sign"] + taken["verify"] + taken["validate"]) + taken["trip"]
    print("One signed exchange (medians of interleaved rounds)")
    print(line("build, sign and serialise", taken["sign"]))
    print(line("parse and verify", taken["verify"]))
    print(line("parse and validate", taken["validate"]))
    print(line("keep-alive round trip on the loopback", taken["trip"]))
    print(line("sum of the parts, both sides", parts, 1.0))
    print(line("SR8.2 through user and stub (aim: at most 2.5 x)", taken["8.2"], taken["8.2"] / parts))
    print(line("SR11.2 until its asynchronous response is checked", taken["11.2"], taken["11.2"] / parts))


def _signed(signer: XmlSigner, request: ServiceRequest) -> bytes:
    root = request.to_xml()
    signer.sign(root)
    return xml.serialise(root)
