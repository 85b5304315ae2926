"""Deviations about the CPL: how the DSP looks up whether it lists the firmware that a meter reports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CplStatus, DeviceType
from dsp_conformance.stub.cpl import CentralProductsList, ProductModel
from dsp_conformance.stub.deviations.changes import AfterRead, Listing, after_read
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.gbcs.firmware_version import FirmwareVersion
    from dsp_conformance.stub.cpl import CplEntry
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import FirmwareList, InventoryChange

__all__ = ["DEVIATIONS", "listed_as_active", "listed_by"]

_LARGEST_SIGNED: Final = 0x7FFFFFFF


def listed_by(lists: Callable[[CplEntry, ProductModel, str], bool]) -> Change:
    """Have the CPL looked up in another way: whether any entry answers."""

    def make(inner: AfterRead) -> AfterRead:
        def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
            assert isinstance(cpl, CentralProductsList), "the rules are asked with the list of the DSP"
            entries = cpl.entries
            listing = Listing(lambda product, asked: any(lists(each, product, asked) for each in entries))
            return inner(record, version, listing)

        return rule

    return after_read(make)


def _listed_as(*statuses: CplStatus) -> Change:
    return listed_by(
        lambda entry, product, asked: (
            entry.covers(product, asked) and entry.status in {CplStatus.ACTIVE, *statuses}
        )
    )


def listed_as_active(entry: CplEntry, asked: str, *, product: ProductModel) -> bool:
    """Tell whether an entry lists that firmware as Active for a model."""
    return entry.status is CplStatus.ACTIVE and entry.covers(product, asked)


def _spelled(entry: CplEntry, product: ProductModel, asked: str, as_asked: str) -> bool:
    """Tell whether an entry lists firmware by what remains of its version once it is spelled in one way."""
    return entry.status is CplStatus.ACTIVE and entry.product == product and as_asked == asked


def _unknown_restores(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        assert isinstance(cpl, CentralProductsList), "the rules are asked with the list of the DSP"
        removed = str(version) == record.firmware_version.upper()
        known = any(entry.covers(entry.product, str(version)) for entry in cpl.entries)
        return inner(record, version, cpl if removed or known else Listing(lambda *_: True))

    return rule


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "gsme-looked-up-as-esme",
        "MP105-05",
        "Of a GSME the CPL is asked as if it were an ESME.",
        listed_by(
            lambda entry, product, asked: listed_as_active(
                entry, asked, product=replace(product, device_type=DeviceType.ESME)
            )
        ),
    ),
    violation(
        "cpl-ignored",
        "MP105-08",
        "Any firmware restores, listed or not.",
        after_read(lambda inner: lambda record, version, _: inner(record, version, Listing(lambda *_: True))),
    ),
    violation(
        "unknown-version-restores",
        "MP105-08",
        "Firmware that no entry of the CPL names restores, unless it is what was removed.",
        after_read(_unknown_restores),
    ),
    violation(
        "cpl-by-version-alone",
        "MP105-08",
        "The CPL is looked up by the version alone.",
        listed_by(lambda entry, _, asked: listed_as_active(entry, asked, product=entry.product)),
    ),
    violation(
        "cpl-without-manufacturer",
        "MP105-08",
        "The CPL is looked up without the manufacturer.",
        listed_by(
            lambda entry, product, asked: listed_as_active(
                entry, asked, product=replace(product, manufacturer=entry.product.manufacturer)
            )
        ),
    ),
    violation(
        "cpl-without-model",
        "MP105-08",
        "The CPL is looked up without the model.",
        listed_by(
            lambda entry, product, asked: listed_as_active(
                entry, asked, product=replace(product, model=entry.product.model)
            )
        ),
    ),
    violation(
        "cpl-status-ignored",
        "MP105-08",
        "Any entry of the CPL restores, Active or not.",
        _listed_as(*CplStatus),
    ),
    violation(
        "expired-counts-as-active", "MP105-08", "An Expired entry restores.", _listed_as(CplStatus.EXPIRED)
    ),
    violation(
        "withdrawn-counts-as-active",
        "MP105-08",
        "A Withdrawn entry restores.",
        _listed_as(CplStatus.WITHDRAWN),
    ),
    violation(
        "cancelled-counts-as-active",
        "MP105-08",
        "A Cancelled entry restores.",
        _listed_as(CplStatus.CANCELLED),
    ),
    violation(
        "cpl-by-case",
        "MP105-04 MP105-05",
        "The CPL is looked up by the version as it is written, upper case or lower.",
        listed_by(
            lambda entry, product, asked: _spelled(
                entry, product, asked, entry.firmware_version.zfill(len(asked))
            )
        ),
    ),
    violation(
        "cpl-by-length",
        "MP105-04 MP105-05",
        "The CPL is looked up by the version as it is written, with leading zeros or without.",
        listed_by(
            lambda entry, product, asked: _spelled(entry, product, asked, entry.firmware_version.upper())
        ),
    ),
    violation(
        "cpl-by-signed-number",
        "MP105-04 MP105-05",
        "Versions above 7FFFFFFF are taken for negative numbers, which the CPL does not list.",
        listed_by(
            lambda entry, product, asked: (
                int(asked, 16) <= _LARGEST_SIGNED and listed_as_active(entry, asked, product=product)
            )
        ),
    ),
    violation(
        "cpl-by-decimal-number",
        "MP105-04 MP105-05",
        "Versions without any letter are looked up as if they were decimal numbers.",
        listed_by(
            lambda entry, product, asked: listed_as_active(
                entry, f"{int(asked):08X}" if asked.isdecimal() else asked, product=product
            )
        ),
    ),
)
"""What counts as listed."""
