"""The run that all scenarios of a pytest session share, and the stage of each: see `fixtures/run.py`."""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dsp_conformance.base.suite_files import REQUEST_BODIES
from dsp_conformance.running.controller import address_of, ends_where_it_cannot_start
from dsp_conformance.running.opening import Opener
from dsp_conformance.running.session import ASSIGNMENT, RECORDER, STUB, TARGET, TURNS
from dsp_conformance.running.taking_down import take_down
from dsp_conformance.running.workers import Role
from dsp_conformance.scenario.conformance_run import ConformanceRun
from dsp_conformance.scenario.listed_stage import listed_stage
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import Traffic
from dsp_conformance.testbed.settings import ManualSettings

__all__ = ["CleanUpWarning", "new_stage", "opened_run"]


class CleanUpWarning(UserWarning):
    """Something that a scenario made could not be taken away; says nothing about the product."""


@contextmanager
def opened_run(config: pytest.Config, temporary: Path) -> Iterator[ConformanceRun]:
    """Open or join the session's run for the length of the block: DSP, testbed, Service Users and receiver.

    Args:
        config: the session's configuration.
        temporary: a folder for what does not outlive the run.
    """
    target, recorder = config.stash[TARGET], config.stash[RECORDER]
    opener = Opener(target, recorder.run, temporary, bodies=config.rootpath / REQUEST_BODIES)
    take_down(opener, recorder)
    with ExitStack() as stack:
        if Role.of(config) is Role.WORKER:
            run = stack.enter_context(opener.joined(address_of(config)))
            run.alone = config.stash[TURNS].alone
        else:
            with ends_where_it_cannot_start(recorder):
                run = stack.enter_context(opener.opened(config.stash.get(STUB, None)))
        yield run
        run.connection.inbox.note_sent(run.connection.sent)
        if Role.of(config) is Role.ALONE:
            recorder.run.receiver = opener.inbox.account(target.timeouts.response)
        if (stub := config.stash.get(STUB, None)) is not None:
            stub.begin_to_stop()
        if target.testbed is None or isinstance(target.testbed, ManualSettings):
            return  # the bundled stub ends with all that is in it; a person is told at the end what may go
        warnings.simplefilter("default", CleanUpWarning)  # worth telling, and no error of the run
        for refusal in run.clean_up():
            told = recorder.run.redactor.text(refusal)
            warnings.warn(f"clean-up at the testbed: {told}", CleanUpWarning, stacklevel=1)


def new_stage(config: pytest.Config, run: ConformanceRun) -> Stage:
    """The stage of the scenario that is about to run: its own Devices and traffic."""
    record = config.stash[RECORDER].current
    run.testbed.announce(record.identity.id)
    traffic = Traffic(run, record)
    assignment = config.stash.get(ASSIGNMENT, None)
    if assignment is None:
        return Stage(run, traffic)
    return listed_stage(run, traffic, assignment, record.identity.id)
