"""What a request may be answered, by its Device's record: set-valued rules of the ledger.

`demand` is pure. Several possible records allow what any of them allows (`allowed`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, unique
from typing import Final

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceStatus, DeviceType, Kind
from dsp_conformance.explore.abilities import METERS, Abilities
from dsp_conformance.explore.events import (
    LOCAL_WAYS,
    Activate,
    AtOnce,
    Event,
    ExploredModel,
    ReadFirmware,
    SendImage,
    SendRequest,
)
from dsp_conformance.explore.records import Record
from dsp_conformance.explore.world import Answered

__all__ = [
    "STATUS_CODES",
    "Asked",
    "Demand",
    "SingleRequest",
    "Verdict",
    "allowed",
    "asked_by",
    "demand",
    "requests_of",
    "verdict_on",
]

SingleRequest = ReadFirmware | SendImage | Activate | SendRequest
"""An event in which one User sends one request."""

STATUS_CODES: Final = frozenset({ResponseCode.E5, ResponseCode.E51})
"""The codes of the check of the Device's status (`domain.md`, "The rejection code")."""

_OUT_OF_SERVICE: Final = frozenset({DeviceStatus.DECOMMISSIONED, DeviceStatus.WITHDRAWN})
_RELEASES: Final = {DeviceType.ESME: "MP105-01", DeviceType.GSME: "MP105-02"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as its answer depends on it.

    Attributes:
        variant: the Service Reference Variant.
        kind: critical, non-critical or non-device.
        way: its Command Variant.
        later: whether it is future-dated.
        device_type: the type of the Device that it is about.
        smets1: whether that is of the first generation.
        uncertain: whether nothing settles that the request is for that type of Device.
    """

    variant: str
    kind: Kind
    way: int
    later: bool
    device_type: DeviceType
    smets1: bool = False
    uncertain: bool = False

    @property
    def local(self) -> bool:
        """Whether a command is to be returned for local delivery."""
        return self.way in LOCAL_WAYS


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request may be answered.

    Attributes:
        requirement: which is broken by anything else.
        accepted: whether it may be accepted.
        rejected: whether it may be rejected for the Device's status, with the profile's code.
        refusals: other codes that are as good, whatever a twin gets.
        refused_otherwise: whether any other code will do.
    """

    requirement: str
    accepted: bool = False
    rejected: bool = False
    refusals: frozenset[ResponseCode] = frozenset()
    refused_otherwise: bool = False


@unique
class Verdict(Enum):
    """What an answer is, held against a demand."""

    FITS = "fits"
    BARRED = "barred"
    """Rejected for the Device's status, which is none to reject it for."""
    OPEN = "open"
    """Accepted, though the Device's status bars it."""
    WRONG_CODE = "wrong-code"
    """Rejected for the Device's status, with the other code of that check."""
    REFUSED = "refused"
    """Rejected for another reason: a twin says whether the product takes this request at all."""


_ANY: Final = Demand("", accepted=True, rejected=True, refused_otherwise=True)
_E17: Final = frozenset({ResponseCode.E17})


def demand(asked: Asked, record: Record, abilities: Abilities) -> Demand:
    """Return what a request may be answered if a Device's record is this one.

    Rules, in this order: SCOPE-03, SCOPE-05 (other device types); MP105-01, -02, BASE-02, -03, -04, -05 (what
    may be sent to a Suspended Device); SCOPE-01 (what may not); SCOPE-04 (other statuses). A Device that is
    InstalledNotCommissioned, or in a status of which nothing is laid down, allows anything.
    """
    status = record.status
    if status is None or (asked.local and abilities.local_delivery is False):
        return _ANY
    if asked.device_type not in METERS:
        return _demand_of_others(asked, status, abilities)
    if status is DeviceStatus.SUSPENDED:
        return _demand_while_suspended(asked)
    if status is DeviceStatus.COMMISSIONED:
        return _demand_in_service(asked)
    if status in _OUT_OF_SERVICE and asked.variant == "11.2":
        return Demand("SCOPE-04", rejected=True, refused_otherwise=True)
    return _ANY


def _demand_in_service(asked: Asked) -> Demand:
    """Nothing is rejected for the status; what else a product rejects is its own matter, save SR11.2."""
    if asked.variant == "11.2":
        return _accept("SCOPE-04", asked)
    requirement = {Kind.CRITICAL: "BASE-02", Kind.NON_DEVICE: "BASE-03"}.get(asked.kind, "SCOPE-01")
    return Demand(requirement, accepted=True, refused_otherwise=True)


def _demand_of_others(asked: Asked, status: DeviceStatus, abilities: Abilities) -> Demand:
    if asked.variant != "11.2":
        return _ANY
    if asked.device_type is DeviceType.IHD:
        return Demand("SCOPE-05", rejected=True, refused_otherwise=True)
    barred = asked.device_type in {DeviceType.PPMID, DeviceType.HCALCS} and abilities.secmp0007 is False
    if barred and status is DeviceStatus.SUSPENDED:
        local = _E17 if asked.local else frozenset[ResponseCode]()
        return Demand(
            "SCOPE-03", accepted=asked.later, rejected=True, refusals=frozenset({ResponseCode.E11}) | local
        )
    return _ANY


def _demand_while_suspended(asked: Asked) -> Demand:
    match asked:
        case Asked(variant="11.2"):
            return _accept(_RELEASES[asked.device_type], asked)
        case Asked(kind=Kind.NON_DEVICE):
            return _accept("BASE-03", asked)
        case Asked(kind=Kind.CRITICAL):
            return _ANY if asked.smets1 else _accept("BASE-02", asked)
        case Asked(variant="6.23"):
            return _accept("BASE-04", asked)
        case Asked(variant="2.2", smets1=True, way=2):
            return _accept("BASE-05", asked)
        case _:
            return Demand(
                "BASE-05" if asked.variant == "2.2" and (asked.smets1 or asked.local) else "SCOPE-01",
                accepted=asked.later,  # it may be rejected when it is due (SCOPE-01)
                rejected=True,
                refusals=_lenient(asked),
            )


def _accept(requirement: str, asked: Asked) -> Demand:
    return Demand(requirement, accepted=True, refusals=_lenient(asked))


def _lenient(asked: Asked) -> frozenset[ResponseCode]:
    local = _E17 if asked.local else frozenset[ResponseCode]()
    return local | {ResponseCode.E11} if asked.uncertain else local


def asked_by(event: SingleRequest, model: ExploredModel) -> Asked:
    """Return a request as far as its answer depends on it."""
    match event:
        case SendImage():
            return Asked("11.1", Kind.NON_DEVICE, 8, later=False, device_type=model.device_type)
        case ReadFirmware(way=way, later=later):
            variant, kind = "11.2", Kind.NON_CRITICAL
        case Activate(way=way, later=later):
            variant, kind = "11.3", Kind.CRITICAL
        case SendRequest(variant=variant, way=way, later=later):
            kind = catalogue()[variant].kind
    device_type = model.device_type
    uncertain = device_type in catalogue()[variant].uncertain_types
    return Asked(variant, kind, way, later, device_type, model.smets1, uncertain)


def requests_of(event: Event, answers: Iterable[Answered]) -> Iterator[tuple[SingleRequest, Answered]]:
    """Yield each request of an event with its answer: SR11.1 with one for each Device that it lists."""
    match event:
        case AtOnce(first=first, second=second):
            yield from zip((first, second), answers, strict=False)
        case ReadFirmware() | SendImage() | Activate() | SendRequest():
            yield from ((event, answered) for answered in answers)
        case _:
            return


def allowed(asked: Asked, records: Iterable[Record], abilities: Abilities) -> Demand:
    """Return what a request may be answered if any of these records may be the Device's.

    More records never allow less. The requirement is that of the first demand which is not simply anything.
    """
    demands = [demand(asked, record, abilities) for record in sorted(records, key=str)]
    named = [each.requirement for each in demands if each.requirement]
    return Demand(
        named[0] if named else "",
        accepted=any(each.accepted for each in demands),
        rejected=any(each.rejected for each in demands),
        refusals=frozenset().union(*(each.refusals for each in demands)),
        refused_otherwise=any(each.refused_otherwise for each in demands),
    )


def verdict_on(code: ResponseCode, *, taken: bool, demanded: Demand, abilities: Abilities) -> Verdict:
    """Hold an answer against a demand.

    Args:
        code: the code of the answer.
        taken: whether the request was accepted.
        demanded: what it may be answered.
        abilities: whose profile says with which code a request is rejected for the Device's status.
    """
    if taken:
        return Verdict.FITS if demanded.accepted else Verdict.OPEN
    if code in demanded.refusals:
        return Verdict.FITS
    if code is abilities.rejection_code:
        return Verdict.FITS if demanded.rejected else Verdict.BARRED
    if code in STATUS_CODES and not (demanded.rejected and demanded.refused_otherwise):
        return Verdict.WRONG_CODE if demanded.rejected else Verdict.BARRED
    if demanded.refused_otherwise:
        return Verdict.FITS
    return Verdict.REFUSED
