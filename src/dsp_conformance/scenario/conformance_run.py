"""What all scenarios of a run share: the DSP under test, its testbed, the Service Users and the receiver."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.x509 import Certificate

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.base.suite_files import own_request_bodies
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, NotTestable
from dsp_conformance.smki.credentials import Credential
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.target import Profile
from dsp_conformance.testbed.device_list import ProvisionedDevice
from dsp_conformance.testbed.errors import (
    MissingCapability,
    NotDoneByHand,
    StoppedByHand,
    TestbedError,
    TestbedUnreachable,
)
from dsp_conformance.testbed.protocol import (
    Capability,
    CplEntry,
    DeviceSpec,
    ProvidedDevice,
    Testbed,
    UserRegistration,
)
from dsp_conformance.user.addresses import own_url, url_at
from dsp_conformance.user.service_user import ServiceUser
from dsp_conformance.user.session import Connection

_CLEANERS: Final = 4
_AT_ONCE: Final = 8 * _CLEANERS
_MOST_SILENT: Final = 3
_MADE_UP_PREFIX: Final = bytes.fromhex("90B3D51F30")


def translated(error: TestbedError) -> Exception:
    """Return what a testbed's refusal means for the scenario that met it."""
    if isinstance(error, MissingCapability):
        return NotTestable(str(error.capability), hint="implement it in the testbed, or use one that has it")
    if isinstance(error, TestbedUnreachable):
        return Inconclusive(
            Cause.TARGET_UNREACHABLE,
            "the testbed does not answer",
            found=str(error),
            hint=f"see {error.tls.key}"
            if error.tls
            else "check [testbed] url in the target file and that the testbed runs",
        )
    if isinstance(error, NotDoneByHand):
        return NotTestable(what=str(error), hint="arrange it, or choose another driver")
    if isinstance(error, StoppedByHand):
        return Inconclusive(
            Cause.PRECONDITION_UNMET, "the run was stopped by hand", found=str(error), hint="start it again"
        )
    return Inconclusive(
        Cause.PRECONDITION_UNMET,
        "the testbed could not bring about the state that the scenario needs",
        found=str(error),
        hint="see the testbed's own log",
    )


@dataclass(slots=True)
class ConformanceRun:
    """One run against one DSP.

    Attributes:
        testbed: puts the DSP into the states that scenarios need.
        connection: how Service Users reach the DSP and are reached by it.
        profile: what the product declares.
        receiver_url: where the DSP posts asynchronous responses and alerts.
        body_folders: where request bodies are looked for, in this order.
        users: the Service Users so far, by the role they are used in.
        alone: for the length of a block, lets no scenario of another process of the run be under way.
        bind: where the receiver listens, as "host:port"; empty where that is not known.
        listed: the Devices of the testbed's list, where it has one.
        control_readings: by Service User, when the last control reading in vain began, and how it ended.
    """

    testbed: Testbed
    connection: Connection
    profile: Profile
    receiver_url: str
    body_folders: tuple[Path, ...] = field(default_factory=lambda: (own_request_bodies(),))
    users: dict[UserRole, ServiceUser] = field(default_factory=dict)
    alone: Callable[[], AbstractContextManager[object]] = nullcontext
    bind: str = ""
    listed: tuple[ProvisionedDevice, ...] = ()
    control_readings: dict[Eui64, tuple[datetime, str]] = field(default_factory=dict, repr=False)
    _pki: EphemeralPki = field(default_factory=EphemeralPki.create, repr=False)
    _others: dict[UserRole, ServiceUser] = field(default_factory=dict, repr=False)
    _leftovers: dict[object, Callable[[], None]] = field(default_factory=dict, repr=False)

    def user(self, role: UserRole) -> ServiceUser:
        """Return the Service User of that role, made and registered when it is first asked for.

        Raises:
            NotTestable: the target file has no Service User of that role, and the testbed registers none.
            Inconclusive: the testbed could not register it.
        """
        if role not in self.users:
            user = self.stranger(role)
            self.register(user)
            self.users[role] = user
        return self.users[role]

    def another_user(self, role: UserRole) -> ServiceUser:
        """Return a second Service User of that role, made and registered when it is first asked for.

        Raises:
            NotTestable: the testbed registers none.
            Inconclusive: the testbed could not register it.
        """
        if role not in self._others:
            user = self.stranger(role)
            self.register(user)
            self._others[role] = user
        return self._others[role]

    def stranger(self, role: UserRole) -> ServiceUser:
        """Make a Service User that the DSP does not know."""
        held = self._pki.service_user(self.somebody())
        self.connection.inbox.take_for(held.eui)
        self.connection.counters.claim(held.eui)
        return ServiceUser(
            held.eui, frozenset({role}), held.xml_signing, held.gbcs_signing, held.gbcs_key_agreement
        )

    @staticmethod
    def somebody() -> Eui64:
        """Return an EUI-64 that nothing else has."""
        return Eui64(_MADE_UP_PREFIX + secrets.token_bytes(3))

    def register(self, user: ServiceUser) -> None:
        """Register a Service User at the DSP."""
        registration = UserRegistration(
            eui=user.eui,
            roles=user.roles,
            signing_certificate=user.xml_signing.certificate,
            receive_response_url=self.own_address(user),
            gbcs_signing_certificate=_certificate(user.gbcs_signing),
            gbcs_key_agreement_certificate=_certificate(user.gbcs_key_agreement),
        )
        try:
            self.testbed.register_user(registration)
        except TestbedError as error:
            raise translated(error) from error

    def own_address(self, user: ServiceUser) -> str:
        """Return the address at which a Service User is registered, and expect its messages there."""
        path = user.receive_path
        url = own_url(self.receiver_url, user.eui) if path is None else url_at(self.receiver_url, path)
        self.connection.addresses.give(user.eui, url)
        return url

    def expect_messages_of(self, user: ServiceUser) -> None:
        """Expect the messages of a Service User of the target file at its address, if it has one."""
        if self.can(Capability.REGISTER_USER):
            self.own_address(user)
        elif user.receive_path is not None:
            self.connection.addresses.give(user.eui, user.receive_path)

    def register_if_possible(self, user: ServiceUser) -> None:
        """Register a Service User of the target file, unless the testbed leaves that to others."""
        if self.can(Capability.REGISTER_USER):
            self.register(user)

    def list_firmware(self, entry: CplEntry) -> str:
        """Add an entry to the CPL until the run ends, and return the testbed's name for it."""
        try:
            entry_id = self.testbed.add_cpl_entry(entry)
        except TestbedError as error:
            raise translated(error) from error
        self.clean_up_later(entry_id, lambda: self.testbed.remove_cpl_entry(entry_id))
        return entry_id

    def provide(self, spec: DeviceSpec) -> ProvidedDevice:
        """Provide a Device until the run ends."""
        try:
            provided = self.testbed.provide_device(spec)
        except TestbedError as error:
            raise translated(error) from error
        device_id = provided.device_id
        self.clean_up_later(device_id, lambda: self.testbed.forget_device(device_id))
        return provided

    def can(self, capability: Capability) -> bool:
        """Tell whether the testbed has a capability."""
        return capability in self.testbed.capabilities

    def clean_up_later(self, what: object, undo: Callable[[], None]) -> None:
        """Have something that a scenario made taken away at the end of the run, after the late checks.

        Args:
            what: its name at the testbed.
            undo: takes it away.
        """
        self._leftovers[what] = undo

    def gone(self, what: object) -> None:
        """Note that something was taken away already."""
        self._leftovers.pop(what, None)

    def clean_up(self) -> list[str]:
        """Take away what scenarios made, and return what the testbed said where it refused.

        Where it does not answer any more, the rest is left: there is nobody to ask.
        """
        refusals: list[str] = []
        undone, silent = list(self._leftovers.values()), 0
        self._leftovers.clear()
        with ThreadPoolExecutor(_CLEANERS, thread_name_prefix="clean-up") as pool:
            while undone and silent < _MOST_SILENT:
                some, undone = undone[:_AT_ONCE], undone[_AT_ONCE:]
                for refusal in filter(None, pool.map(_refusal, some)):
                    silent += isinstance(refusal, TestbedUnreachable)
                    refusals.append(str(refusal))
        if undone:
            refusals.append(f"the testbed does not answer: {len(undone)} more were left as they are")
        return refusals

    def moment_later(self) -> datetime:
        """Return when a request is to be carried out that is not to be carried out at once.

        A part of the time that counts as silence is far enough ahead for a DSP whose clock is a little off,
        and near enough to be waited for. Devices know whole seconds.
        """
        moment = datetime.now(UTC) + timedelta(seconds=self.profile.silence_seconds / 4)
        return (moment + timedelta(seconds=1)).replace(microsecond=0)

    def wait_for_silence(self, since: float) -> None:
        """Wait until the profile's silence has passed since a moment of the monotonic clock."""
        self.connection.inbox.wait_out(since + self.profile.silence_seconds)

    @staticmethod
    def now() -> float:
        """Return the moment that silence is counted from: seconds of the monotonic clock."""
        return time.monotonic()


def _certificate(credential: Credential | None) -> Certificate | None:
    return None if credential is None else credential.certificate


def _refusal(undo: Callable[[], None]) -> TestbedError | None:
    try:
        undo()
    except TestbedError as error:
        return error
    return None
