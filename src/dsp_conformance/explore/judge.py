"""Holds what a World observed against the model: event by event, look by look, and when all is counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, unique
from typing import Final

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceType
from dsp_conformance.explore.abilities import METERS, Abilities, supplier_of
from dsp_conformance.explore.access import (
    Demand,
    SingleRequest,
    Verdict,
    allowed,
    asked_by,
    requests_of,
    verdict_on,
)
from dsp_conformance.explore.blame import blamed_for, unshown
from dsp_conformance.explore.counting import Sent, miscounted
from dsp_conformance.explore.events import AtOnce, Event, ExploredModel, ReadFirmware, SendImage
from dsp_conformance.explore.knowledge import DeviceModel
from dsp_conformance.explore.model import HistoryModel
from dsp_conformance.explore.progress import Progress
from dsp_conformance.explore.records import Records
from dsp_conformance.explore.rules import loosely_after_message
from dsp_conformance.explore.violation import Violation, ViolationKind
from dsp_conformance.explore.world import Answered, Counted, Happened, Shown

__all__ = ["Doubt", "Judge", "Sight"]

_HINTS: Final = {
    Verdict.BARRED: "the DSP rejects the request for the Device's status, which it should not look at here",
    Verdict.OPEN: "the request was let through to a Device whose status bars it",
    Verdict.WRONG_CODE: "see `rejection_code` in the target file, section [profile], or --rejection-code",
    Verdict.REFUSED: "a Commissioned Device of that type may be sent it: see the log of the DSP",
}


@unique
class Doubt(Enum):
    """What has to be known before an unexpected answer is judged."""

    UNSETTLED = "unsettled"
    """Whether it comes of a record that lags: look when all has settled, and ask again."""
    TWIN = "twin"
    """Whether the product takes the request at all: ask a Device that is Commissioned."""


@unique
class Sight(Enum):
    """What a look at the inventory says, where it is no violation."""

    FITS = "fits"
    LAGS = "lags"
    """It shows a record that was possible, and must no longer be shown when all has settled."""


@dataclass(slots=True)
class Judge:
    """The judge of one history.

    Attributes:
        model: what is known so far.
        place: the place in the history of the event that is judged.
        set_aside: the requests that the product takes for no Device, with the code: not judged.
    """

    model: HistoryModel
    place: int = 0
    set_aside: dict[str, ResponseCode] = field(default_factory=dict)
    _sent: dict[str, Sent] = field(default_factory=dict)

    @classmethod
    def of(cls, models: Mapping[str, ExploredModel], abilities: Abilities) -> "Judge":
        """Return the judge of a history with these models, before its first event."""
        return cls(HistoryModel(abilities, models))

    def doubt(self, event: Event, happened: Happened) -> tuple[Doubt, str] | None:
        """Say what has to be known before the answers to a request are judged, and of which Device."""
        if isinstance(event, AtOnce):
            return None
        for request, answered in requests_of(event, happened.answers):
            device = self.model.devices[answered.device]
            verdict, _ = self._verdict(request, device, answered, device.possible.now)
            if verdict is Verdict.FITS or self.model.awaited(device.name, happened.ended):
                continue
            if not device.possible.confirmed or not device.possible.is_settled(happened.began):
                return Doubt.UNSETTLED, device.name
            if verdict is Verdict.REFUSED:
                return Doubt.TWIN, device.name
        return None

    def take(
        self,
        event: Event,
        happened: Happened,
        *,
        twin: ResponseCode | None = None,
        tolerated: bool = False,
    ) -> Violation | None:
        """Take in what an event brought, and return what was wrong with it, if anything.

        Args:
            event: what was carried out.
            happened: what was observed.
            twin: what the twin was answered, where `doubt` asked for one.
            tolerated: whether its answers are not judged, since they will be asked for again.
        """
        for flaw in happened.flaws:
            kind = ViolationKind.MESSAGE
            return Violation(
                flaw.requirement, kind, flaw.kind, "", self.place, expected=flaw.expected, found=flaw.found
            )
        wrong = None if tolerated else self._wrong_answer(event, happened, twin)
        progress = Progress(self.model, self._sent, self.place, event, happened)
        return wrong or progress.take()

    def see(self, name: str, shown: Shown) -> Sight | Violation:
        """Hold what SR8.2 shows of a Device against what is possible."""
        device = self.model.devices[name]
        if device.model.device_type is DeviceType.IHD or not (shown.found and shown.status):
            return self._see_little(device, shown)
        if self.model.awaited(name, shown.answered):
            return Sight.FITS
        possible = device.possible
        if possible.fits(shown):
            device.seen = True
            possible.learn(shown)
            # What happened before has done what it had to: what goes wrong from now on has another cause.
            device.touches[:] = [replace(device.touches[-1], moved=False)]
            return Sight.FITS
        if possible.may_lag_as(shown):
            return Sight.LAGS
        waiting = [each for each in self.model.pending_of(name) if each.due is None and not each.held]
        return blamed_for(device, shown, self.place, waiting)

    def count(self, counted: tuple[Counted, ...]) -> Violation | None:
        """Hold what each request brought in all against what it may bring."""
        for each in counted:
            sent = self._sent.get(each.request)
            if sent is not None and (violation := miscounted(sent, each, self.place)):
                return violation
        return None

    def _see_little(self, device: DeviceModel, shown: Shown) -> Sight | Violation:
        if device.model.device_type is DeviceType.IHD:
            suspended = shown.status is not None and shown.status.value == "Suspended"
            return blamed_for(device, shown, self.place) if suspended else Sight.FITS
        # Who asks may no longer be entitled; and nothing but BASE-07 speaks of what SR8.2 shows.
        if device.keys_changed or not device.surely_suspended or device.model.device_type not in METERS:
            return Sight.FITS
        return unshown(device, shown, self.place)

    def _wrong_answer(self, event: Event, happened: Happened, twin: ResponseCode | None) -> Violation | None:
        for request, answered in requests_of(event, happened.answers):
            device = self.model.devices[answered.device]
            if self.model.awaited(device.name, happened.ended):
                continue
            if answered.flaw and device.surely_suspended:
                expected = "a Pre-Command that does what was asked for"
                return Violation(
                    "BASE-02", ViolationKind.FLAWED, "", device.name, self.place, expected, answered.flaw
                )
            records = self._records_for(event, device, happened.began)
            verdict, demanded = self._verdict(request, device, answered, records)
            if verdict is Verdict.REFUSED and (twin is None or not twin.is_success):
                self.set_aside[asked_by(request, device.model).variant] = answered.code
            elif verdict is not Verdict.FITS:
                return Violation(
                    demanded.requirement,
                    ViolationKind(verdict.value),
                    answered.code.value,
                    device.name,
                    self.place,
                    expected=_wording(demanded, self.model.abilities),
                    found=_answer(answered.code),
                    hint=_HINTS[verdict],
                    narrower=_narrower(request, device, demanded.requirement),
                )
        return None

    def _records_for(self, event: Event, device: DeviceModel, began: float) -> Records:
        """Return the records by which an answer may have been given."""
        possible = device.possible
        if isinstance(event, AtOnce):  # the other of the two may have been answered before, or after
            others = {version for each in (event.first, event.second) for version in device.running}
            after = [loosely_after_message(record, each) for record in possible.now for each in others]
            return possible.may_show(began).union(*after)
        settled = possible.confirmed and possible.is_settled(began)
        return possible.now if settled else possible.may_show(began)

    def _verdict(
        self, request: SingleRequest, device: DeviceModel, answered: Answered, records: Records
    ) -> tuple[Verdict, Demand]:
        abilities = self.model.abilities
        demanded = allowed(asked_by(request, device.model), records, abilities)
        if answered.code is ResponseCode.E4 and device.keys_changed:
            return Verdict.FITS, demanded
        verdict = verdict_on(answered.code, taken=answered.taken, demanded=demanded, abilities=abilities)
        # An image that the inventory says is there already may be refused as needless.
        needless = isinstance(request, SendImage) and any(
            record.version in {request.version, None} for record in records
        )
        return Verdict.FITS if needless and verdict is Verdict.REFUSED else verdict, demanded


def _narrower(request: SingleRequest, device: DeviceModel, requirement: str) -> str:
    """Return the requirement that an answer breaks where only this way of asking is answered so."""
    if requirement not in {"MP105-01", "MP105-02"} or not isinstance(request, ReadFirmware):
        return ""
    usual = request.way == 1 and request.role is supplier_of(device.model.device_type)
    return "" if usual else "MP105-03"


def _wording(demanded: Demand, abilities: Abilities) -> str:
    codes = sorted(code.value for code in demanded.refusals)
    ways = ["the request accepted, I0 or I99"] if demanded.accepted else []
    if demanded.rejected:
        ways.append(f"a rejection with {abilities.rejection_code.value}")
    return " or ".join([*ways, *(f"with {code}" for code in codes)])


def _answer(code: ResponseCode) -> str:
    return f"{code.value} ({code.meaning})" if code.meaning else code.value
