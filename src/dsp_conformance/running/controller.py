"""Runs on several workers, by pytest-xdist: one stub, one receiver and one opening for all of them."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from dsp_conformance.base.ipc import CallAddress, served
from dsp_conformance.base.suite_files import REQUEST_BODIES
from dsp_conformance.ledger.verdicts import Inconclusive, NotTestable, RunVerdict
from dsp_conformance.running.opening import OPENED, Obstacle, Opened, Opener
from dsp_conformance.running.recorder import RunRecorder
from dsp_conformance.running.session import RECORDER, STUB, TARGET
from dsp_conformance.running.stub_process import StubNotStarted
from dsp_conformance.running.taking_down import take_down
from dsp_conformance.target import TargetError
from dsp_conformance.testbed.leases import ListInUse
from dsp_conformance.testbed.terminal import NoTerminal
from dsp_conformance.user.counters import CounterUnusable
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.receiver_settings import ReceiverUnusable
from dsp_conformance.user.remote_inbox import served_by

_PLACE: Final = "dsp_calls_place"
_SECRET: Final = "dsp_calls_secret"  # noqa: S105 - the name of it
_KEY: Final = "dsp_run_key"
_TURNS: Final = "dsp_turns"


@contextmanager
def ends_where_it_cannot_start(recorder: RunRecorder) -> Iterator[None]:
    """End the whole session, with exit code 2, where the configuration keeps it from starting."""
    try:
        yield
    except (TargetError, ReceiverUnusable, CounterUnusable, StubNotStarted, NoTerminal, ListInUse) as error:
        recorder.run.unusable = recorder.run.redactor.text(str(error))
        pytest.exit(recorder.run.unusable, returncode=RunVerdict.UNUSABLE.exit_code)


class Controller:
    """The plugin of the process that controls the workers: opens the run, and serves its inbox to them.

    Everything is let go when pytest has ended its workers.

    Args:
        config: the session's configuration.
        key: names the run in files that its processes share.
    """

    def __init__(self, config: pytest.Config, key: str) -> None:
        self._config = config
        self._key = key
        self._inbox = Inbox()
        self._opened = Opened()
        self._held = ExitStack()
        config.add_cleanup(self._held.close)
        self._temporary = Path(self._held.enter_context(tempfile.TemporaryDirectory()))
        functions = {OPENED: lambda: self._opened, **served_by(self._inbox)}
        self._address = self._held.enter_context(served(functions))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker, over the pipe on which it was started, where to call."""
        node.workerinput |= {
            _PLACE: self._address.place,
            _SECRET: self._address.secret,
            _KEY: self._key,
            _TURNS: str(self._temporary),
        }

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Open the run while the workers collect; they get nothing to run before."""
        stash = self._config.stash
        stub, recorder = stash.get(STUB, None), stash[RECORDER]
        opener = Opener(
            stash[TARGET],
            recorder.run,
            self._temporary,
            self._inbox,
            bodies=self._config.rootpath / REQUEST_BODIES,
        )
        take_down(opener, recorder)
        with ends_where_it_cannot_start(recorder):
            url = "" if stub is None else stub.control_url
            try:
                run = self._held.enter_context(opener.opened(stub))
            except (Inconclusive, NotTestable) as error:
                obstacle = Obstacle.of(error) if isinstance(error, Inconclusive) else None
                self._opened = Opened("", url, str(error), obstacle)
            else:
                self._opened = Opened(run.receiver_url, url)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Give account of what came to the receiver, now that the workers have said what they sent."""
        stash = self._config.stash
        if not self._opened.trouble:
            stash[RECORDER].run.receiver = self._inbox.account(stash[TARGET].timeouts.response)
        if (stub := stash.get(STUB, None)) is not None:
            stub.begin_to_stop()


def new_key() -> str:
    """Return a name for a run that no other run has."""
    return secrets.token_hex(16)


def key_of(config: pytest.Config) -> str:
    """Return, in a worker, the run's name."""
    return str(_input(config)[_KEY])


def turns_folder(config: pytest.Config) -> Path:
    """Return, in a worker, where turns are taken."""
    return Path(_input(config)[_TURNS])


def address_of(config: pytest.Config) -> CallAddress:
    """Return, in a worker, where the controller serves."""
    given = _input(config)
    return CallAddress(given[_PLACE], given[_SECRET])


def _input(config: pytest.Config) -> dict[str, Any]:
    given: dict[str, Any] = config.workerinput  # type: ignore[attr-defined] # set by pytest-xdist
    return given
