"""The ledger's list "What is never judged", and what it leaves open: both behaviours of each are allowed.

Each history is carried out by the plain DSP and by one with a habit; both raise no alarm, and what they show
differs, so that the habit was seen. Entries about single messages are no matter of histories, and are named
at the end.
"""

import itertools
from typing import NamedTuple

import pytest

from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType, UserRole
from dsp_conformance.explore.events import (
    Activate,
    ArrangeFault,
    AtOnce,
    ChangeEntry,
    DeviceFault,
    EntryChange,
    Event,
    GiveUp,
    ListFirmware,
    ProvideDevice,
    ReadFirmware,
    ReleaseResponses,
    RunFirmware,
    SendImage,
    SendRequest,
    SetStatus,
    TimeComes,
)
from dsp_conformance.explore.history import History
from dsp_conformance.explore.loop import Looks, replay
from dsp_conformance.explore.world import Happened, Shown
from tests.explore.histories import (
    ASKED,
    LEFT,
    LISTED,
    NEW,
    NEW_LISTED,
    OLD,
    PROVIDED,
    READ,
    RUNS_NEW,
    SUSPENDED,
    THIRD,
    history,
    installed,
)
from tests.explore.memory_world import MemoryWorld


class Entry(NamedTuple):
    events: tuple[Event, ...]
    habit: str
    device_type: DeviceType = DeviceType.ESME
    smets1: bool = False


WITHDRAWN = ChangeEntry(model="M", version=OLD, to=EntryChange.WITHDRAWN)
RUNS_THIRD = RunFirmware(device="A", version=THIRD)
ACTIVATED = Activate(device="A", version=NEW)
IMAGE = SendImage(devices=("A",), version=NEW)
LATER = SendRequest(device="A", variant="4.1.1", role=UserRole.IS, way=1, later=True)
DUE = TimeComes(device="A")
HELD = ArrangeFault(device="A", variant="11.2", fault=DeviceFault.RESPONSE_HELD)
RECOVERED = PROVIDED.model_copy(update={"status": DeviceStatus.RECOVERED})
PENDING = PROVIDED.model_copy(update={"status": DeviceStatus.PENDING})
DISPLAY = ProvideDevice(device="A", model="M", version=OLD)

ENTRIES = {
    "what is posted if a Device never answers": Entry(
        (
            *SUSPENDED,
            ArrangeFault(device="A", variant="11.2", fault=DeviceFault.RESPONSE_LOST),
            READ,
            GiveUp(device="A"),
        ),
        "silent-about-silence",
    ),
    "what other statuses allow": Entry((LISTED, PENDING, ASKED), "other-statuses-closed"),
    "what becomes of other statuses": Entry((LISTED, PENDING, LEFT), "other-statuses-suspended"),
    "an entry made Active again": Entry(
        (LISTED, PROVIDED, WITHDRAWN, ChangeEntry(model="M", version=OLD, to=EntryChange.ACTIVE)),
        "relisting-restores",
    ),
    "a version listed again by a new entry": Entry(
        (LISTED, PROVIDED, LEFT, ListFirmware(model="M", version=OLD)), "relisting-restores"
    ),
    "a recorded version listed for the first time": Entry(
        (*SUSPENDED, RUNS_THIRD, READ, ListFirmware(model="M", version=THIRD)), "records-unlisted"
    ),
    "SR11.2 to a Device that is not Suspended changing its version": Entry(
        (LISTED, NEW_LISTED, PROVIDED, RUNS_NEW, READ), "records-in-service"
    ),
    "an unlisted version recorded for a Device that is not Suspended": Entry(
        (LISTED, PROVIDED, RUNS_THIRD, READ), "unlisted-suspends-in-service"
    ),
    "an unlisted version activated by a Device that is not Suspended": Entry(
        (
            *(LISTED, NEW_LISTED, PROVIDED, IMAGE),
            ChangeEntry(model="M", version=NEW, to=EntryChange.DELETED),
            ACTIVATED,
        ),
        "unlisted-suspends-in-service",
    ),
    "whether an unlisted version is recorded": Entry((*SUSPENDED, RUNS_THIRD, READ), "records-unlisted"),
    "what SR8.2 shows of an IHD": Entry((DISPLAY,), "shows-nothing-of-displays", DeviceType.IHD),
    "a Device that was Recovered before its firmware left the CPL": Entry(
        (LISTED, NEW_LISTED, RECOVERED, LEFT, RUNS_NEW, READ), "other-statuses-suspended"
    ),
    "a future-dated request accepted before suspension and due after it": Entry(
        (LISTED, NEW_LISTED, PROVIDED, RUNS_NEW, READ.model_copy(update={"later": True}), LEFT, DUE),
        "kept-requests-survive-suspension",
    ),
    "a future-dated request to a Suspended Device": Entry((*SUSPENDED, LATER, DUE), "rejects-when-due"),
    "SR11.2 sent before suspension and answered after it": Entry(
        (LISTED, NEW_LISTED, PROVIDED, RUNS_NEW, HELD, READ, LEFT, ReleaseResponses(device="A")),
        "answers-after-suspension-restore",
    ),
    "what becomes of a response that comes late": Entry(
        (*SUSPENDED, RUNS_NEW, HELD, READ, GiveUp(device="A"), ReleaseResponses(device="A")),
        "late-responses-dropped",
    ),
    "the record after two SR11.2 at once": Entry(
        (*SUSPENDED, RUNS_NEW, AtOnce(first=READ, second=ReadFirmware(device="A", role=UserRole.ED))),
        "at-once-restores-nothing",
    ),
    "whether a request is for a type that is uncertain": Entry(
        (LISTED, PROVIDED, SendRequest(device="A", variant="8.7.2", role=UserRole.IS, way=1)),
        "uncertain-rows-refused",
    ),
    "a request that no source names a role for": Entry(
        (LISTED, PROVIDED, LEFT, SendRequest(device="A", variant="7.16", role=UserRole.IS, way=5)),
        "takes-no-7.16",
    ),
    "with which code CV3 is acknowledged": Entry(
        (*SUSPENDED, READ.model_copy(update={"way": 3})), "both-ways-acknowledged-by-I0"
    ),
    "with which code CV7 is acknowledged": Entry(
        (*SUSPENDED, ACTIVATED.model_copy(update={"way": 7})), "both-ways-acknowledged-by-I0"
    ),
    "E17 for local delivery to a Suspended Device": Entry(
        (*SUSPENDED, READ.model_copy(update={"way": 2}), ASKED.model_copy(update={"way": 2})),
        "local-refused-while-suspended",
    ),
    "the form of SMETS1 responses": Entry((*SUSPENDED, RUNS_NEW, READ), "smets1-unreadable", smets1=True),
    "an entry removed that was not Active": Entry(
        (
            *(LISTED, PROVIDED, NEW_LISTED, IMAGE),
            ChangeEntry(model="M", version=NEW, to=EntryChange.EXPIRED),
            ACTIVATED,
            ChangeEntry(model="M", version=NEW, to=EntryChange.DELETED),
        ),
        "removal-of-inactive-suspends",
    ),
    "Non-Critical requests to InstalledNotCommissioned": Entry(
        (LISTED, installed(), ASKED), "closed-to-installed"
    ),
    "SR11.3 code 2 or 3 with a listed version": Entry(
        (
            *SUSPENDED,
            RUNS_NEW,
            ArrangeFault(device="A", variant="11.3", fault=DeviceFault.DEVICE_ERROR),
            ACTIVATED,
        ),
        "failures-restore",
    ),
    "SR11.3 code 1 with no SR11.3 since suspension": Entry(
        (*SUSPENDED, RUNS_NEW, ACTIVATED), "first-activation-restores"
    ),
    "SR11.3 code 1 with an SR11.3 before the suspension alone": Entry(
        (
            *(LISTED, NEW_LISTED, PROVIDED, IMAGE),
            ArrangeFault(device="A", variant="11.3", fault=DeviceFault.RESPONSE_LOST),
            *(ACTIVATED, LEFT, ACTIVATED),
        ),
        "first-activation-restores",
    ),
    "E4 after SR6.23": Entry(
        (*SUSPENDED, SendRequest(device="A", variant="6.23", role=UserRole.IS, way=1), ASKED),
        "new-credentials-cost-entitlement",
    ),
    "an image of what is recorded": Entry(
        (
            LISTED,
            PROVIDED,
            LEFT,
            ListFirmware(model="M", version=OLD),
            SendImage(devices=("A",), version=OLD),
        ),
        "needless-images-refused",
    ),
    "what SR8.1.1 does": Entry(
        (*SUSPENDED, SendRequest(device="A", variant="8.1.1", role=UserRole.IS, way=5)),
        "commissioning-restores",
    ),
    "whether the alert of a future-dated activation is passed on": Entry(
        (*SUSPENDED, IMAGE, ACTIVATED.model_copy(update={"later": True}), DUE), "alerts-not-passed-on"
    ),
    "an inventory that lags": Entry((*SUSPENDED, RUNS_NEW, READ, ASKED), "inventory-lags"),
    "an inventory of two copies": Entry((*SUSPENDED, RUNS_NEW, READ, ASKED), "two-copies"),
    "access control that lags": Entry((*SUSPENDED, ASKED, RUNS_NEW, READ, ASKED), "access-lags"),
    "a lost command that is sent again": Entry(
        (
            *(*SUSPENDED, IMAGE),
            ArrangeFault(device="A", variant="11.3", fault=DeviceFault.RESPONSE_LOST),
            ACTIVATED,
        ),
        "asks-again",
    ),
    "a status set while the firmware is not listed": Entry(
        (LISTED, PENDING, LEFT, SetStatus(device="A", status=DeviceStatus.COMMISSIONED)),
        "other-statuses-suspended",
    ),
}
"""Each entry with a history that shows it, and the habit that differs from the plain DSP."""

NO_MATTER_OF_HISTORIES = (
    "order of the checks",
    "codes for malformed or replayed requests",
    "whether a rejected request uses up its counter",
    "DCC Alerts",
    "the effect of SR8.13",
    "where the LocalCommand comes",
    "what the answer to a bad request echoes",
    "whether the device type is part of the CPL's key",  # test_history: no history lists for two types
)
"""Entries about messages that no history holds, or that the World leaves out of what it tells."""


class Watched(MemoryWorld):
    """A World that writes down what it told."""

    def __init__(self, written: History, *deviations: str) -> None:
        super().__init__(written, *deviations)
        self.told: list[object] = []

    def look(self, device: str) -> Shown:
        shown = super().look(device)
        self.told.append((shown.status, shown.version))
        return shown

    def carry_out(self, event: Event) -> Happened:
        happened = super().carry_out(event)
        self.told.append((happened.answers, happened.deliveries))
        return happened


@pytest.mark.parametrize("name", ENTRIES)
def test_both_ways_are_allowed(name: str) -> None:
    events, habit, device_type, smets1 = ENTRIES[name]
    written = history(*events, device_type=device_type, smets1=smets1)
    told: dict[str, list[object]] = {"": [], habit: []}
    passed_over: list[list[int]] = []
    for deviation, looks in itertools.product(told, Looks):
        world = Watched(written, *filter(None, [deviation]))
        replayed = replay(written, world, looks=looks)
        assert replayed.violation is None
        passed_over.append(replayed.passed_over)
        told[deviation] += world.told
    assert [] in passed_over, "the history says something that cannot be"
    assert told[""] != told[habit], "the habit made no difference, so nothing was shown"


def test_a_listed_status_other_than_active_is_as_good_as_none() -> None:
    """For the catalogue of entries to mean something: the same history with a fault is found wrong."""
    events = (
        *SUSPENDED,
        ListFirmware(model="M", version=THIRD, status=CplStatus.WITHDRAWN),
        RUNS_THIRD,
        READ,
    )
    told = history(*events)
    assert replay(told, MemoryWorld(told)).violation is None
    violation = replay(told, MemoryWorld(told, "restores-withdrawn")).violation
    assert violation is not None
    assert violation.requirement == "MP105-08"
