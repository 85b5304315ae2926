"""The pytest plugin of the suite: what `pytest features` needs to run against a DSP."""

import gc
from pathlib import Path

import pytest

from dsp_conformance.base.suite_files import LEDGER
from dsp_conformance.collection.added_features import ADDED
from dsp_conformance.collection.added_fixtures import ADDED_FIXTURES
from dsp_conformance.running.circumstances import circumstances_of
from dsp_conformance.running.controller import Controller, key_of, new_key, turns_folder
from dsp_conformance.running.declarations import add_options, declarations_of
from dsp_conformance.running.plugin import register
from dsp_conformance.running.session import RECORDER, STUB, TARGET, TURNS, identity_of
from dsp_conformance.running.stub_process import StubProcess
from dsp_conformance.running.turns import Turns
from dsp_conformance.running.workers import Role

_NEW_OBJECTS = 20_000


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    group = parser.getgroup("DSP conformance")
    add_options(group)
    group.addoption(
        "--progress", action="store_true", help="show how far the run is, instead of pytest's dots"
    )
    group.addoption(
        "--scenario", action="append", default=[], metavar="ID", help="run this scenario alone; repeatable"
    )
    group.addoption(
        "--results-only", action="store_true", help="write the journal and results.json and nothing else"
    )
    group.addoption(
        "--reports", metavar="DIR", default=str(Path("reports", "latest")), help="where the results go"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Have the run recorded if features are to be run; the project's own tests go without."""
    if not _runs_features(config):
        return
    root = config.rootpath
    told = declarations_of(config, root / LEDGER)
    target = told.target
    config.stash[TARGET] = target
    if told.added is not None:
        config.stash[ADDED] = told.added
        config.stash[ADDED_FIXTURES] = told.added_fixtures
    role = Role.of(config)
    key = key_of(config) if role is Role.WORKER else new_key()
    if target.testbed is None and role is not Role.WORKER and not config.getoption("collectonly"):
        # It gets ready during the collection.
        config.stash[STUB] = stub = StubProcess(before_mp105=target.before_mp105)
        config.add_cleanup(stub.stop)
    config.stash[RECORDER] = register(
        config,
        ledger=told.ledger,
        identity=identity_of(
            target,
            told.added,
            root=root,
            rejection_code=config.getoption("--rejection-code"),
            request_bodies=Path(given) if (given := config.getoption("--request-bodies")) else None,
        ),
        folder=Path(config.getoption("--reports")),
        enforce_assumed=target.profile.enforce_assumed,
        key=key,
        circumstances=lambda: circumstances_of(config),
        whole=_runs_everything(config),
        baseline=told.baseline,
        progress=config.getoption("--progress"),
        results_only=config.getoption("--results-only"),
        chosen=config.getoption("--scenario"),
        redactor=target.secrets.redactor,
        added_fixtures=told.added_fixtures,
        files={
            "requirements.toml": root / LEDGER,
            "target.toml": target.path,
            "baseline.toml": told.baseline.path if told.baseline else None,
        },
    )
    if role is Role.WORKER:
        config.stash[TURNS] = turns = Turns(turns_folder(config))
        config.pluginmanager.register(turns, "dsp-turns")
        config.add_cleanup(turns.close)
    if role is Role.CONTROLLER:
        config.pluginmanager.register(Controller(config, key), "dsp-controller")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look for garbage seldom, and not in what stays: that took a twentieth of a run."""
    if RECORDER in session.config.stash:
        gc.freeze()
        gc.set_threshold(_NEW_OBJECTS, 20, 50)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Spare pytest its last search for garbage among all that a run leaves: the process ends."""
    if RECORDER in session.config.stash:
        gc.freeze()


def _runs_features(config: pytest.Config) -> bool:
    return any(path.is_relative_to(config.rootpath / "features") for path in _paths(config))


def _runs_everything(config: pytest.Config) -> bool:
    return config.rootpath / "features" in _paths(config)


def _paths(config: pytest.Config) -> list[Path]:
    folder = config.invocation_params.dir
    return [Path(folder, argument.partition("::")[0]).resolve() for argument in config.args]
