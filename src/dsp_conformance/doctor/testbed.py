"""Checks of the testbed: that it answers, and what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.doctor.handshakes import shake_hands
from dsp_conformance.doctor.network import connect, one_of_each_place, resolve, service_addresses
from dsp_conformance.doctor.outcome import Outcome, Status, all_of, error, known, ok, skipped, warning
from dsp_conformance.running.opening import Opener
from dsp_conformance.running.stub_process import StubNotStarted
from dsp_conformance.target import TargetError
from dsp_conformance.testbed import Capability, TestbedError
from dsp_conformance.testbed.settings import ControlApiSettings
from dsp_conformance.testbed.terminal import NoTerminal

if TYPE_CHECKING:
    from dsp_conformance.doctor.examination import Examination

__all__ = ["capabilities", "testbed"]

_NOTHING: Final = "it changes nothing while a run is under way: it has none of the capabilities"
_TELL: Final = "Give it in the target file, or let the testbed tell it."


def testbed(examination: Examination) -> Outcome:
    """The testbed answers, and with the target file it tells all that is needed of the DSP."""
    target = known(examination.target)
    settings = target.testbed
    if isinstance(settings, ControlApiSettings) and settings.url in examination.unreachable:
        return skipped("not looked at: its address cannot be reached")
    given = known(examination.given)
    opener = Opener(target, None, given.temporary, examination.inbox)
    try:
        opened = opener.testbed("" if target.testbed is not None else given.stub_control_url())
        examination.resources.callback(opened.close)
        told, offered = opened.dsp, opened.capabilities
        dsp = target.completed_by(told, offered)
    except StubNotStarted as failure:
        return error(str(failure), "Start it by hand to see what it says.")
    except (NoTerminal, TestbedError) as failure:
        return error(str(failure), "See the testbed's own log, and [testbed] in the target file.")
    except TargetError as lacking:
        return error("\n".join(map(str, lacking.problems)), _TELL)
    examination.testbed, examination.dsp = opened, dsp
    connection = opener.connection(dsp, examination.inbox)
    examination.run = opener.conformance_run(opened, connection, "")
    if target.dsp.endpoints is None:
        told_of = ok(f"it tells of {dsp.name} {dsp.version}")
        return all_of((told_of, *_unreached_as_told(examination)), otherwise="")
    return ok(f"{dsp.name} {dsp.version}".strip())


def _unreached_as_told(examination: Examination) -> list[Outcome]:
    """Look at the addresses that the testbed told of as at those of a target file; tell of failures only."""
    dsp, target = known(examination.dsp), known(examination.target)
    timeouts = target.timeouts
    found = []
    for address in one_of_each_place(service_addresses(dsp.endpoints, "the testbed's")):
        outcome = resolve(address)
        if outcome.status is Status.OK:
            outcome = connect(address, timeouts.connect)
        if outcome.status is Status.OK and address.url.startswith("https://"):
            outcome = shake_hands(address, target.tls, timeouts)
        found.append(outcome)
    return [each for each in found if each.status is not Status.OK]


def capabilities(examination: Examination) -> Outcome:
    """The testbed can do what scenarios need."""
    offered = known(examination.testbed).capabilities
    lacking = [each.value for each in Capability if each not in offered]
    has = ", ".join(sorted(offered))
    if not lacking:
        return ok(f"all {len(Capability)}: {has}")
    return warning(
        f"it lacks {', '.join(lacking)}; it has {has}" if has else _NOTHING,
        "Scenarios that need what it lacks are not testable; the last check tells how many.",
    )
