"""What may become of a Device's record: the ledger's demands as functions from a record to a set of them.

Each is pure. A set of one record is a demand; a larger set is what the ledger does not judge ("What is never
judged") or leaves open, and no special case. The first line of each docstring ends with the ledger ids.
"""

from enum import Enum, unique
from typing import Final

from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.explore.records import ANYTHING, Record, Records

__all__ = [
    "Standing",
    "after_activation",
    "after_late_message",
    "after_leaving",
    "after_listing",
    "after_other_process",
    "after_reading",
    "after_removal_of_inactive",
    "after_request",
    "loosely_after_message",
    "unchanged",
]

_IN_SERVICE: Final = frozenset({DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED})
_SUCCESS: Final = 0
_NO_IMAGE: Final = 1


@unique
class Standing(Enum):
    """How the CPL lists a firmware version for a model at the moment that counts."""

    ACTIVE = "Active"
    RELISTED = "Active again"
    """It left the CPL once: what an entry made Active again does is never judged."""
    NOT_ACTIVE = "not Active"


def unchanged(record: Record) -> Records:
    """Nothing changes (MP105-09, MP105-10, SCOPE-02, SCOPE-06, BASE-08, by what happened)."""
    return frozenset({record})


def after_leaving(record: Record, version: str, device_type: DeviceType) -> Records:
    """The last Active entry of a version left the CPL (BASE-01, MP105-06).

    Exactly the Devices recorded with it are suspended. One that is Suspended keeps the status it returns to,
    also where the entry left in two steps. What becomes of other statuses is never judged.
    """
    if device_type is DeviceType.IHD or record.version not in {version, None}:
        return frozenset({record})
    if record.status is None:
        return frozenset({record, record.suspend(None)})
    if record.suspended:
        return frozenset({record})
    if record.status in _IN_SERVICE:
        suspended = record.suspend(record.status)
        return frozenset({suspended} if record.version == version else {record, suspended})
    return frozenset({record, record.suspend(None)})


def after_removal_of_inactive(record: Record, version: str, device_type: DeviceType) -> Records:
    """An entry that was not Active is removed or stays so (BASE-01; what that does is never judged)."""
    if device_type is DeviceType.IHD or record.version not in {version, None} or record.suspended:
        return frozenset({record})
    before = record.status if record.status in _IN_SERVICE else None
    return frozenset({record, record.suspend(before)})


def after_listing(record: Record, version: str) -> Records:
    """An entry became Active, for the first time or again (never judged for what is recorded with it)."""
    if record.suspended and record.version in {version, None}:
        return frozenset({record, _returned(record, record.version)})
    return frozenset({record})


def after_reading(record: Record, version: str, standing: Standing) -> Records:
    """The response to SR11.2 shows a version (MP105-04, -05, -06, -08, -10).

    A Suspended Device that reports an Active version is recorded with it and returns to the status it held.
    With any other version it stays Suspended, whether that is recorded or not. What SR11.2 does to the record
    of a Device that is not Suspended is never judged, as long as its status stays.
    """
    if record.status is None:
        return frozenset({record})
    if not record.suspended:
        return frozenset({record}) | _recorded_in_service(record, version, standing)
    if standing is Standing.ACTIVE:
        return _restored(record, version)
    recorded = frozenset({record, record.recording(version)})
    return recorded if standing is Standing.NOT_ACTIVE else recorded | _restored(record, version)


def after_activation(
    record: Record, version: str, standing: Standing, outcome: int, *, resent: bool
) -> Records:
    """The Device told what became of SR11.3, by response or by alert (BASE-06, MP105-11).

    Args:
        record: the record before.
        version: what the Device says that it runs.
        standing: how the CPL lists that for its model.
        outcome: 0 success, 1 no image held, 2 hash mismatch, 3 activation failure.
        resent: whether SR11.3 for that version was sent since the Device was suspended, and the profile does
            not say that a re-sent SR11.3 updates nothing.
    """
    if record.status is None:
        return frozenset({record})
    if outcome == _SUCCESS:
        return _after_success(record, version, standing)
    if not record.suspended:
        # Never Suspended by it; whether the version is recorded is not laid down.
        return frozenset({record}) | _recorded_in_service(record, version, standing)
    if standing is Standing.NOT_ACTIVE:
        return frozenset({record, record.recording(version)})
    if outcome == _NO_IMAGE and resent and standing is Standing.ACTIVE:
        return _restored(record, version)
    return frozenset({record, record.recording(version)}) | _restored(record, version)


def _after_success(record: Record, version: str, standing: Standing) -> Records:
    recorded = record.recording(version)
    if record.suspended:
        match standing:
            case Standing.ACTIVE:
                return _restored(record, version)
            case Standing.RELISTED:
                return frozenset({recorded}) | _restored(record, version)
            case Standing.NOT_ACTIVE:
                return frozenset({recorded})
    if record.status not in _IN_SERVICE:
        return frozenset({record, recorded, recorded.suspend(None)})
    return _recorded_in_service(record, version, standing)


def after_late_message(after: Records, record: Record) -> Records:
    """What a message does that comes when the DSP need no longer wait for it (MP105-08, MP105-10).

    Either what it would have done in time or nothing.
    """
    return after | {record}


def loosely_after_message(record: Record, version: str) -> Records:
    """What a message does of which the ledger never judges what it does to the record.

    SR11.2 sent before a suspension and answered after it; a future-dated request accepted before a suspension
    and due after it; two SR11.2 under way at once.
    """
    if record.status is None:
        return frozenset({record})
    recorded = record.recording(version)
    if not record.suspended:
        return frozenset(
            {record, recorded, recorded.suspend(record.status if record.status in _IN_SERVICE else None)}
        )
    return frozenset({record, recorded}) | _restored(record, version)


def after_request(record: Record, variant: str) -> Records:
    """An accepted request other than SR11.2 and SR11.3, whatever the Device answered (BASE-08).

    What SR8.1.1 does is observed only. Other requests of 8.x and 12.x change the inventory themselves, where
    the Device is not Suspended.
    """
    group = variant.split(".", maxsplit=1)[0]
    if variant == "8.1.1" or (group in {"8", "12"} and not record.suspended):
        return frozenset({record, ANYTHING})
    return frozenset({record})


def after_other_process(record: Record, status: DeviceStatus, *, listed: bool) -> Records:
    """Another process changed the status of a Device that was not Suspended (the testbed's `set-status`).

    Whether a Device comes into service with firmware that the CPL does not list is laid down nowhere.
    """
    after = Record(status, record.version)
    if listed:
        return frozenset({after})
    return frozenset({after, after.suspend(status if status in _IN_SERVICE else None)})


def _restored(record: Record, version: str) -> Records:
    """The version is recorded and the status held immediately before this suspension returns (MP105-06)."""
    if record.before is None:  # nothing lays down where it returns to, nor that it does
        return frozenset({record, record.recording(version), Record(None, version)})
    return frozenset({Record(record.before, version)})


def _returned(record: Record, version: str | None) -> Record:
    return Record(record.before, version)


def _recorded_in_service(record: Record, version: str, standing: Standing) -> Records:
    """The version is recorded; one that is not Active may suspend the Device, or not (never judged)."""
    recorded = record.recording(version)
    if standing is not Standing.NOT_ACTIVE:
        return frozenset({recorded})
    return frozenset({recorded, recorded.suspend(record.status if record.status in _IN_SERVICE else None)})
