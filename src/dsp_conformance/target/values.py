"""What the rest of the suite knows about the target: checked, loaded, with every path resolved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.terms import Service
from dsp_conformance.ledger.switches import said
from dsp_conformance.target.errors import TargetError, TargetProblem
from dsp_conformance.target.secrets import Secrets
from dsp_conformance.testbed import Capability
from dsp_conformance.testbed.settings import ControlApiSettings
from dsp_conformance.tls.settings import ClientTls
from dsp_conformance.user.receiver_settings import ReceiverSettings
from dsp_conformance.user.transport import Endpoints, Timeouts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cryptography.x509 import Certificate

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.testbed import DspIdentity
    from dsp_conformance.testbed.settings import TestbedSettings
    from dsp_conformance.user.service_user import ServiceUser

__all__ = ["DspSettings", "DspUnderTest", "Profile", "Target", "endpoints_under"]

_TELL = "Give it in the target file, or let the testbed tell it (GET /capabilities)."


def endpoints_under(base_url: str) -> Endpoints:
    """The services below a DSP's base URL, at the paths of DCC Boxed (`domain.md`, "Command Variants")."""
    base = f"{base_url.rstrip('/')}/api/v1"
    return Endpoints(
        send_command=f"{base}/{Service.SEND_COMMAND.value}",
        non_device=f"{base}/{Service.NON_DEVICE.value}",
        transform=f"{base}/{Service.TRANSFORM.value}",
    )


@dataclass(frozen=True, slots=True)
class DspSettings:
    """What the target file says about the product; None and empty where it leaves that to the testbed.

    Attributes:
        name: the product's name.
        version: its version or build.
        endpoints: its three services.
        dcc_id: the target of non-device requests.
        signing_certificates: its XML signing certificates.
    """

    name: str | None = None
    version: str | None = None
    endpoints: Endpoints | None = None
    dcc_id: Eui64 | None = None
    signing_certificates: tuple[Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class DspUnderTest:
    """The product under test, with everything that is needed to talk to it and to judge its messages.

    Attributes:
        name: the product's name.
        version: its version or build.
        endpoints: its three services.
        dcc_id: the target of non-device requests.
        signing_certificates: its XML signing certificates, one or more.
    """

    name: str
    version: str
    endpoints: Endpoints
    dcc_id: Eui64
    signing_certificates: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the product declares. A switch is None where nothing is declared.

    Attributes:
        rejection_code: with which a request is rejected for the Device's status.
        settle_seconds: how long the inventory may lag behind a response.
        silence_seconds: how long nothing has to come before it counts as absent.
        enforce_assumed: ASSUMED requirements count like MUST ones.
        duis_version: the DUIS version that requests state.
        smets1: SMETS1 Devices are supported.
        resent_activation: a re-sent SR11.3 whose response is no success also updates the inventory.
        secmp0007: SR11.2 is for PPMID and HCALCS too.
        local_delivery: commands are returned for local delivery.
    """

    rejection_code: ResponseCode = ResponseCode.E51
    settle_seconds: float = 5.0
    silence_seconds: float = 10.0
    enforce_assumed: bool = False
    duis_version: str = "5.4"
    smets1: bool | None = None
    resent_activation: bool | None = None
    secmp0007: bool | None = None
    local_delivery: bool | None = None

    @property
    def switches(self) -> dict[str, bool | None]:
        """The tri-state switches by name."""
        return {
            "smets1": self.smets1,
            "resent_activation": self.resent_activation,
            "secmp0007": self.secmp0007,
            "local_delivery": self.local_delivery,
        }

    def completed_by(self, told: Mapping[str, bool]) -> Profile:
        """The same profile, with the switches that it leaves undeclared as the testbed declares them."""
        switches = {name: told[name] for name, own in self.switches.items() if own is None and name in told}
        return replace(
            self,
            smets1=switches.get("smets1", self.smets1),
            resent_activation=switches.get("resent_activation", self.resent_activation),
            secmp0007=switches.get("secmp0007", self.secmp0007),
            local_delivery=switches.get("local_delivery", self.local_delivery),
        )

    def contradictions(self, told: Mapping[str, bool]) -> tuple[str, ...]:
        """What the testbed declares otherwise than the target file, which goes before it; one text each."""
        return tuple(
            f"{name} is {said(own)} in the target file, which counts, and {said(told[name])} at the testbed"
            for name, own in self.switches.items()
            if own is not None and told.get(name, own) is not own
        )

    @property
    def declared(self) -> dict[str, bool | str | None]:
        """The whole profile by the target file's keys, as reports echo it."""
        return {
            "rejection_code": self.rejection_code.value,
            "settle_seconds": f"{self.settle_seconds:g}",
            "silence_seconds": f"{self.silence_seconds:g}",
            "assumed": "enforce" if self.enforce_assumed else "report",
            "duis_version": self.duis_version,
            **self.switches,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """Which DSP is tested, as whom, through which testbed, by which profile.

    Attributes:
        path: the target file; None for the bundled stub.
        dsp: what the file says about the product.
        users: Service Users that the DSP knows; none where the testbed registers the suite's own.
        receiver: where asynchronous responses and alerts are taken.
        testbed: how the DSP is put into states; None where the suite has yet to start the bundled stub.
        schema: what messages are validated against.
        timeouts: how long the Service User waits.
        max_message_size: octets of the largest message taken.
        profile: what the product declares.
        request_bodies: a folder of request bodies that go before the suite's own; not yet read.
        baseline: the vendor's own list of known failures; not yet read.
        tls: how to connect to the DSP's services where their URLs are https.
        before_mp105: of the bundled stub: behave as the DSP did before the change.
        operator: who runs the suite, as reports are to name them; may be empty.
        secrets: what no report may show.
    """

    path: Path | None
    dsp: DspSettings
    users: tuple[ServiceUser, ...]
    receiver: ReceiverSettings
    testbed: TestbedSettings | None
    schema: DuisSchema
    timeouts: Timeouts
    max_message_size: int
    profile: Profile
    request_bodies: Path | None = None
    baseline: Path | None = None
    tls: ClientTls = field(default_factory=ClientTls)
    before_mp105: bool = False
    operator: str = ""
    secrets: Secrets = field(default_factory=Secrets, repr=False)

    @classmethod
    def bundled_stub(cls, *, before_mp105: bool = False) -> Self:
        """The target of a run without a target file; the stub is a quick neighbour, so silence is short.

        The profile declares what the stub does since MP105, also for the stub as it was before: that it does
        not do so is what such a run has to find.
        """
        receiver = ReceiverSettings()
        profile = Profile(
            silence_seconds=1.0, smets1=True, resent_activation=True, secmp0007=False, local_delivery=True
        )
        return cls(
            path=None,
            dsp=DspSettings(),
            users=(),
            receiver=receiver,
            testbed=None,
            schema=DuisSchema.bundled(),
            timeouts=Timeouts(),
            max_message_size=receiver.limit,
            profile=profile,
            before_mp105=before_mp105,
        )

    @property
    def unverified(self) -> dict[str, str]:
        """What reports have to say of servers whose certificates are not checked; empty where all are."""
        ends = [self.tls]
        if isinstance(self.testbed, ControlApiSettings):
            ends.append(self.testbed.tls)
        sections = dict.fromkeys(f"[{tls.section}]" for tls in ends if not tls.verify)
        if not sections:
            return {}
        where = " and ".join(sections)
        return {"server certificates": f"not checked ({where} verify = false): anybody may have answered"}

    def origins(self, told: Mapping[str, bool]) -> dict[str, str]:
        """Who declares each declared switch: "target file", "testbed", or the "suite" for its stub."""
        own = "suite" if self.path is None else "target file"
        return {
            name: own if value is not None else "testbed"
            for name, value in self.profile.switches.items()
            if value is not None or name in told
        }

    def completed_by(self, told: DspIdentity, capabilities: frozenset[Capability]) -> DspUnderTest:
        """The product under test, from the target file first and from the testbed for the rest.

        Args:
            told: what the testbed tells about the DSP behind it.
            capabilities: what the testbed can do.

        Raises:
            TargetError: something is said by neither, or there are no users and the testbed registers none.
        """
        ours = self.dsp
        endpoints = ours.endpoints or (endpoints_under(told.duis_url) if told.duis_url else None)
        dcc_id = ours.dcc_id or told.dcc_id
        certificates = ours.signing_certificates or told.signing_certificates
        problems: list[TargetProblem] = []

        def lacking(section: str, key: str, expected: str, hint: str) -> None:
            problems.append(
                TargetProblem(section, key, expected, "nothing here or at the testbed", hint=hint)
            )

        if endpoints is None:
            lacking("dsp", "base_url", "the DSP's address", _TELL)
        if dcc_id is None:
            lacking("dsp", "dcc_id", "the DCC's EUI-64", _TELL)
        if not certificates:
            lacking("dsp", "signing_certificates", "the DSP's XML signing certificates", _TELL)
        if not self.users and Capability.REGISTER_USER not in capabilities:
            lacking(
                "users", "", "Service Users that the DSP knows", "Add [[users]]: it registers none itself."
            )
        if problems or endpoints is None or dcc_id is None:
            raise TargetError(self.path, tuple(problems))
        return DspUnderTest(
            ours.name or told.name, ours.version or told.version, endpoints, dcc_id, certificates
        )
