"""How long after the DSP's POST the waiting step goes on. Aim: at most 5 ms."""

import base64
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Final

from benchmarks.timing import line
from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import GbcsPayload, Response, ResponseMessage
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.eui64 import Eui64
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.receiver import ReceiverSettings, running_receiver

_ROUNDS: Final = 200
_WARM_UP: Final = 20


def measure_receiver() -> None:
    """Measure and print."""
    user, device = Eui64(bytes(range(8))), Eui64(bytes(range(8, 16)))
    credential = EphemeralPki.create().dsp(device).xml_signing
    signer = XmlSigner(credential)
    inspector = Inspector(DuisSchema.bundled(), KnownSigners([credential.certificate]))
    inbox = Inbox()
    taken = []
    with (
        running_receiver(ReceiverSettings(), inspector, inbox) as url,
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.poster", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as poster,
    ):
        assert poster.stdin is not None
        assert poster.stdout is not None
        for counter in range(_WARM_UP + _ROUNDS):
            request_id = RequestID(user, device, counter)
            poster.stdin.write(base64.b64encode(_message(signer, request_id)).decode() + "\n")
            poster.stdin.flush()
            assert inbox.wait_for_answers(request_id, timeout=10.0)
            awake = time.monotonic_ns()
            posted = int(poster.stdout.readline())
            if counter >= _WARM_UP:
                taken.append((awake - posted) / 1e9)
        poster.stdin.close()
    taken.sort()
    print("Receiver: from the DSP's POST to the waiting step (aim: at most 5 ms)")
    print(line("median", statistics.median(taken)))
    print(line("95th of 100", taken[int(0.95 * len(taken))]))


def _message(signer: XmlSigner, request_id: RequestID) -> bytes:
    body = ResponseMessage("11.2", "11.2", GbcsPayload(bytes(80)))
    root = Response(request_id, request_id.response_id(), ResponseCode.I0, datetime.now(UTC), body).to_xml()
    signer.sign(root)
    return xml.serialise(root)
