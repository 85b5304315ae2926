"""Opens a run: reaches the DSP and its testbed, starts the receiver, registers the target's Service Users.

A run on several workers is opened once, by the process that controls them; its workers join it.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from dsp_conformance.base.ipc import CallAddress, Caller
from dsp_conformance.base.suite_files import own_request_bodies
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.ledger.switches import CONTRADICTED
from dsp_conformance.ledger.verdicts import Cause, Inconclusive
from dsp_conformance.record.run import Run
from dsp_conformance.running.first_contact import require_first_contact
from dsp_conformance.running.own_receiver import post_to_oneself
from dsp_conformance.running.stub_process import StubProcess
from dsp_conformance.scenario.conformance_run import ConformanceRun, translated
from dsp_conformance.scenario.response_road import require_open_road
from dsp_conformance.target import Target
from dsp_conformance.target.values import DspUnderTest
from dsp_conformance.testbed.by_operations import OperationsTestbed, Watcher
from dsp_conformance.testbed.errors import TestbedError
from dsp_conformance.testbed.leases import leases_on
from dsp_conformance.testbed.opening import open_testbed
from dsp_conformance.testbed.settings import ControlApiSettings, ProvisionedSettings
from dsp_conformance.user.counters import Counters
from dsp_conformance.user.inbox import Arrivals, Inbox
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.remote_inbox import RemoteInbox
from dsp_conformance.user.session import Connection, UserSession
from dsp_conformance.user.transport import DuisTransport

OPENED: Final = "opened"
"""The name under which a controller serves what it opened."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What workers need to know of a run that was opened for them.

    Attributes:
        receiver_url: where the DSP posts; empty where the run could not be opened.
        stub_control_url: the Testbed Control API of the bundled stub; empty where another DSP is tested.
        trouble: why the run could not be opened; empty where it could.
        obstacle: the same, where nothing can be said about the product for it.
    """

    receiver_url: str = ""
    stub_control_url: str = ""
    trouble: str = ""
    obstacle: "Obstacle | None" = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What an `Inconclusive` says, in a form that goes from one process to another.

    Attributes:
        cause: the kind of obstacle.
        what: it, in one line.
        expected: what had to be the case.
        found: what was.
        hint: what a person can do next.
    """

    cause: Cause
    what: str
    expected: str
    found: str
    hint: str

    @classmethod
    def of(cls, reason: Inconclusive) -> "Obstacle":
        """Take down what one says."""
        return cls(reason.cause, reason.what, reason.expected, reason.found, reason.hint)

    def exception(self) -> Inconclusive:
        """Return one that says the same."""
        return Inconclusive(self.cause, self.what, expected=self.expected, found=self.found, hint=self.hint)


@dataclass(slots=True)
class Opener:
    """Opens and joins runs against one target.

    Attributes:
        target: which DSP.
        run: is told what the DSP calls itself; None where nothing is reported.
        temporary: a folder for what does not outlive the run.
        inbox: takes what the receiver gets.
        watcher: told of everything that the testbed is asked to do.
        bodies: the folder of the suite's own request bodies.
    """

    target: Target
    run: Run | None
    temporary: Path
    inbox: Inbox = field(default_factory=Inbox)
    watcher: Watcher | None = None
    bodies: Path = field(default_factory=own_request_bodies)

    @contextmanager
    def opened(self, stub: StubProcess | None) -> Iterator[ConformanceRun]:
        """Open the run for the length of the block.

        Raises:
            TargetError, ReceiverUnusable, CounterUnusable, StubNotStarted, NoTerminal, ListInUse: the
                configuration keeps it from starting.
            Inconclusive, NotTestable: the testbed or the DSP does not answer, or lacks what is needed.
        """
        from dsp_conformance.user.receiver import running_receiver  # noqa: PLC0415 - costly, and not for workers

        target = self.target
        with self._list_kept(), self.testbed("" if stub is None else stub.control_url) as testbed:
            connection = self.connection(self._dsp(testbed), self.inbox)
            for user in target.users:
                self.inbox.take_for(user.eui)
            with running_receiver(target.receiver, connection.inspector, self.inbox) as url:
                run = self.conformance_run(testbed, connection, url)
                for user in target.users:
                    with connection.counters.hold(user.eui):  # a counter that cannot be kept shows at once
                        run.register_if_possible(user)
                require_first_contact(run, target)
                self._require_open_road(run)
                yield run

    def _require_open_road(self, run: ConformanceRun) -> None:
        """See that a response comes, before anything is judged by its absence."""
        user = self.target.users[0] if self.target.users else run.user(UserRole.IS)
        try:
            require_open_road(run, UserSession(user, run.connection))
        except Inconclusive as closed:
            self.inbox.note_sent(run.connection.sent)
            if self.run is not None:
                self.run.receiver = self.inbox.account(self.target.timeouts.response)
            address = run.connection.addresses.told(user.eui) or run.receiver_url
            seen = post_to_oneself(address, self.target, self.inbox)
            raise Inconclusive(
                closed.cause,
                closed.what,
                expected=closed.expected,
                found=f"{closed.found}; {seen.told}",
                hint=closed.hint,
            ) from closed
        self.inbox.note_sent(run.connection.sent)

    @contextmanager
    def joined(self, address: CallAddress) -> Iterator[ConformanceRun]:
        """Join the run that another process has opened.

        Raises:
            Inconclusive: it could not be opened.
        """
        call = Caller(address)
        opened: Opened = call(OPENED)
        with self.testbed(opened.stub_control_url) as testbed:
            dsp = self._dsp(testbed)
            if opened.obstacle is not None:
                raise opened.obstacle.exception()
            if opened.trouble:
                raise Inconclusive(
                    Cause.PRECONDITION_UNMET,
                    "the run could not be opened",
                    found=opened.trouble,
                    hint="start the run again; if that changes nothing, see the testbed's own log",
                )
            yield self.conformance_run(testbed, self.connection(dsp, RemoteInbox(call)), opened.receiver_url)

    def _list_kept(self) -> AbstractContextManager[None]:
        """Keep other runs off the target's list of Devices, if it has one."""
        settings = self.target.testbed
        return (
            leases_on(settings.devices).held() if isinstance(settings, ProvisionedSettings) else nullcontext()
        )

    def testbed(self, stub_control_url: str) -> OperationsTestbed:
        """Return the driver of the target's testbed; nothing is asked of it yet.

        Args:
            stub_control_url: where the bundled stub's testbed is, if that is the target.
        """
        testbed = open_testbed(self.target.testbed or ControlApiSettings(stub_control_url))
        if self.watcher is not None:
            testbed.watcher = self.watcher
        return testbed

    def _dsp(self, testbed: OperationsTestbed) -> DspUnderTest:
        target = self.target
        try:
            told = testbed.dsp
            dsp = target.completed_by(told, testbed.capabilities)
        except TestbedError as error:
            raise translated(error) from error
        if self.run is not None:
            clear, known = self.run.redactor.text, self.run.identity
            details = dict(known.details)
            if contradictions := target.profile.contradictions(told.switches):
                details[CONTRADICTED] = "; ".join(contradictions)
            self.run.identity = replace(
                known,
                product=clear(dsp.name),
                product_version=clear(dsp.version),
                profile=target.profile.completed_by(told.switches).declared,
                profile_origins=target.origins(told.switches),
                details=details,
            )
        return dsp

    def connection(self, dsp: DspUnderTest, inbox: Arrivals) -> Connection:
        """Return how Service Users reach the DSP, and are reached through an inbox."""
        target = self.target
        return Connection(
            transport=DuisTransport(dsp.endpoints, target.timeouts, target.max_message_size, target.tls),
            inspector=Inspector(
                target.schema, KnownSigners(dsp.signing_certificates), target.max_message_size
            ),
            inbox=inbox,
            counters=Counters(self._counter_folder()),
            dcc_id=dsp.dcc_id,
            schema_version=target.profile.duis_version,
        )

    def conformance_run(
        self, testbed: OperationsTestbed, connection: Connection, receiver_url: str
    ) -> ConformanceRun:
        """Return what scenarios share, once the receiver listens."""
        own = self.target.request_bodies
        folders = (self.bodies,) if own is None else (own, self.bodies)
        profile = self.target.profile.completed_by(testbed.dsp.switches)
        receiver, settings = self.target.receiver, self.target.testbed
        run = ConformanceRun(
            testbed,
            connection,
            profile,
            receiver_url,
            folders,
            bind=f"{receiver.host}:{receiver.port}",
            listed=settings.devices.devices if isinstance(settings, ProvisionedSettings) else (),
        )
        run.users.update({role: user for user in reversed(self.target.users) for role in user.roles})
        if receiver_url:  # workers expect them where the controller had them registered
            for user in self.target.users:
                run.expect_messages_of(user)
        return run

    def _counter_folder(self) -> Path:
        """Return where counters are kept: beside the target file, so that the next run goes on from there."""
        if self.target.path is None:
            return self.temporary / "counters"  # the stub forgets them as well
        return self.target.path.parent / ".dsp-conformance-counters"
