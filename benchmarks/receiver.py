"""How long after the DSP's POST the waiting step goes on, here and in a worker. Aim: at most 5 ms."""

import base64
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Final

from benchmarks.timing import line
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.base.ipc import Caller, served
from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import GbcsPayload, Response, ResponseMessage
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.user.inbox import Arrivals, Inbox
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.receiver import running_receiver
from dsp_conformance.user.receiver_settings import ReceiverSettings
from dsp_conformance.user.remote_inbox import RemoteInbox, served_by

_NO_LIMIT: Final = 100_000  # messages a second
_ROUNDS: Final = 200
_WARM_UP: Final = 20
_MANY: Final = 1_000_000


def measure_receiver() -> None:
    """Measure and print."""
    user, device = Eui64(bytes(range(8))), Eui64(bytes(range(8, 16)))
    credential = EphemeralPki.create().dsp(device).xml_signing
    signer = XmlSigner(credential)
    inspector = Inspector(DuisSchema.bundled(), KnownSigners([credential.certificate]))
    inbox = Inbox()
    with (
        served(served_by(inbox)) as address,
        running_receiver(ReceiverSettings(rate=_NO_LIMIT), inspector, inbox) as url,
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.poster", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as poster,
    ):
        assert poster.stdin is not None
        assert poster.stdout is not None
        print("Receiver: from the DSP's POST to the waiting step (aim: at most 5 ms)")
        waiting: dict[str, Arrivals] = {"in one process": inbox, "in a worker": RemoteInbox(Caller(address))}
        for where, arrivals in waiting.items():
            taken = []
            for number in range(_WARM_UP + _ROUNDS):
                request_id = RequestID(user, device, number if arrivals is inbox else _MANY + number)
                poster.stdin.write(base64.b64encode(_message(signer, request_id)).decode() + "\n")
                poster.stdin.flush()
                assert arrivals.wait_for_answers(request_id, timeout=10.0)
                awake = time.monotonic_ns()
                posted = int(poster.stdout.readline())
                if number >= _WARM_UP:
                    taken.append((awake - posted) / 1e9)
            taken.sort()
            print(line(f"{where}, median", statistics.median(taken)))
            print(line(f"{where}, 95th of 100", taken[int(0.95 * len(taken))]))
        poster.stdin.close()


def _message(signer: XmlSigner, request_id: RequestID) -> bytes:
    body = ResponseMessage("11.2", "11.2", GbcsPayload(bytes(80)))
    root = Response(request_id, request_id.response_id(), ResponseCode.I0, datetime.now(UTC), body).to_xml()
    signer.sign(root)
    return xml.serialise(root)
