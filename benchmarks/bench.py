"""What benchmarks share: a stub with one Service User and one Device, and a session to talk to it."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.terms import DeviceType, UserRole
from dsp_conformance.running.stub_process import StubProcess
from dsp_conformance.scenario.conformance_run import ConformanceRun
from dsp_conformance.target import Profile, Target
from dsp_conformance.testbed.control_api import ControlApiTestbed
from dsp_conformance.testbed.protocol import CplEntry, DeviceSpec
from dsp_conformance.user.counters import Counters
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.receiver import running_receiver
from dsp_conformance.user.receiver_settings import ReceiverSettings
from dsp_conformance.user.session import Connection, UserSession
from dsp_conformance.user.transport import DuisTransport


@dataclass(frozen=True, slots=True)
class Bench:
    """A stub, a Service User and a Commissioned ESME.

    Attributes:
        session: the Service User's traffic.
        device_id: the ESME.
        inspector: looks at what the stub sends.
    """

    session: UserSession
    device_id: Eui64
    inspector: Inspector


@contextmanager
def bench() -> Iterator[Bench]:
    """Start everything, and stop it after the block."""
    with (
        tempfile.TemporaryDirectory() as folder,
        StubProcess() as stub,
        ControlApiTestbed(stub.control_url) as testbed,
    ):
        dsp = Target.bundled_stub().completed_by(testbed.dsp, testbed.capabilities)
        inspector = Inspector(DuisSchema.bundled(), KnownSigners(dsp.signing_certificates))
        inbox = Inbox()
        connection = Connection(
            DuisTransport(dsp.endpoints), inspector, inbox, Counters(Path(folder)), dsp.dcc_id
        )
        with running_receiver(ReceiverSettings(), inspector, inbox) as url:
            run = ConformanceRun(testbed, connection, Profile(), url)
            model = secrets.token_hex(4).upper()
            entry = CplEntry(DeviceType.ESME, "106C", model, "0123ABCD")
            testbed.add_cpl_entry(entry)
            spec = DeviceSpec(DeviceType.ESME, "106C", model, "0123ABCD", "0123ABCD")
            device = testbed.provide_device(spec)
            yield Bench(UserSession(run.user(UserRole.IS), connection), device.device_id, inspector)
