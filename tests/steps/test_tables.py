"""The tables of the features against the catalogue: no request is forgotten."""

import re
from pathlib import Path

from dsp_conformance.duis.catalogue import Kind, catalogue
from dsp_conformance.duis.terms import DeviceType

FEATURES = Path(__file__).parents[2] / "features"
METERS = (DeviceType.ESME, DeviceType.GSME)
EXCEPTED = {"11.2", "6.23"}
"""Non-critical requests that a Suspended SMETS2 meter may be sent (domain.md, MP105)."""
JUDGED_ELSEWHERE = {"11.3", "8.1.1"}
"""Critical requests after which a Suspended meter may be Suspended no more (ledger BASE-06, BASE-08)."""


def rows(feature: str, tag: str) -> set[tuple[str, str]]:
    """The meter and variant of each row under the scenario with that tag."""
    text = (FEATURES / feature).read_text(encoding="utf-8")
    scenario = next(part for part in re.split(r"\n(?=  @)", text) if part.lstrip().startswith(f"@{tag}\n"))
    found = re.findall(r"^ +\| \S+ +\| (ESME|GSME) +\| ([\d.]+) +\|$", scenario, re.MULTILINE)
    assert found
    assert len(found) == len(set(found))
    return set(found)


def requests_of(kind: Kind) -> set[tuple[str, str]]:
    return {
        (meter.value, variant)
        for variant, entry in catalogue().items()
        for meter in METERS
        if entry.kind is kind and meter in entry.device_types
    }


def test_every_non_critical_request_but_the_exceptions_is_seen_to_be_rejected() -> None:
    wanted = {each for each in requests_of(Kind.NON_CRITICAL) if each[1] not in EXCEPTED}
    assert rows("scope/rejected_requests.feature", "SCOPE-01") == wanted
    assert len(wanted) > 100


def test_after_every_critical_request_the_meter_is_looked_at() -> None:
    text = (FEATURES / "baseline" / "no_other_way_back.feature").read_text(encoding="utf-8")
    found = [
        (meter, variant)
        for meter, variants in re.findall(
            r"^ +\| \S+ +\| (ESME|GSME) +\| ([\d., ]+?) +\|$", text, re.MULTILINE
        )
        for variant in variants.split(", ")
    ]
    assert len(found) == len(set(found))
    assert set(found) == {each for each in requests_of(Kind.CRITICAL) if each[1] not in JUDGED_ELSEWHERE}
    for variant in ("6.23", "11.1", "8.2", "2.2"):
        assert f"When SR{variant} is sent to the <meter>" in text


def test_every_critical_request_is_seen_to_be_accepted() -> None:
    wanted = requests_of(Kind.CRITICAL)
    assert rows("baseline/critical_requests.feature", "BASE-02") == wanted
    assert len({variant for _, variant in wanted}) == 37
