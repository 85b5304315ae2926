"""Options and plugins of the suite: what `pytest features` needs to run against a DSP."""

import gc
from pathlib import Path

import pytest

from dsp_conformance.report.baseline import Baseline, BaselineError
from dsp_conformance.report.ledger import Ledger, LedgerError
from dsp_conformance.report.parallel import Role
from dsp_conformance.report.plugin import register
from dsp_conformance.target import Target, TargetError, load_target, with_rejection_code
from fixtures.parallel import Controller, key_of, new_key
from fixtures.plan import circumstances_of
from fixtures.session import RECORDER, STUB, TARGET, identity_of
from fixtures.stub_process import StubProcess

pytest_plugins = [
    "fixtures.run",
    "steps.devices",
    "steps.firmware",
    "steps.requests",
    "steps.responses",
    "steps.inventory",
]

ROOT = Path(__file__).parent
FEATURES = ROOT / "features"
_NEW_OBJECTS = 20_000


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    group = parser.getgroup("DSP conformance")
    group.addoption("--target", metavar="FILE", help="the target file; without it the bundled stub is tested")
    group.addoption(
        "--before-mp105", action="store_true", help="the bundled stub behaves as the DSP did before MP105"
    )
    group.addoption(
        "--rejection-code",
        metavar="CODE",
        help="what the product declares, instead of its profile's",
    )
    group.addoption(
        "--baseline", metavar="FILE", help="known failures, instead of those that the target file names"
    )
    group.addoption(
        "--progress", action="store_true", help="show how far the run is, instead of pytest's dots"
    )
    group.addoption(
        "--reports", metavar="DIR", default=str(ROOT / "reports" / "latest"), help="where the results go"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Have the run recorded if features are to be run; the project's own tests go without."""
    if not _runs_features(config):
        return
    given = config.getoption("--target")
    before = bool(config.getoption("--before-mp105"))
    try:
        target = load_target(Path(given)) if given else Target.bundled_stub(before_mp105=before)
        if code := config.getoption("--rejection-code"):
            target = with_rejection_code(target, code)
        ledger = Ledger.load(FEATURES / "requirements.toml")
        baseline = _baseline(config.getoption("--baseline"), target, ledger)
    except (TargetError, LedgerError, BaselineError) as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[TARGET] = target
    role = Role.of(config)
    key = key_of(config) if role is Role.WORKER else new_key()
    if target.testbed is None and role is not Role.WORKER and not config.getoption("collectonly"):
        config.stash[STUB] = stub = StubProcess(before_mp105=before)  # gets ready during the collection
        config.add_cleanup(stub.stop)
    config.stash[RECORDER] = register(
        config,
        ledger=ledger,
        identity=identity_of(target, None),
        folder=Path(config.getoption("--reports")),
        enforce_assumed=target.profile.enforce_assumed,
        key=key,
        circumstances=lambda: circumstances_of(config),
        whole=_runs_everything(config),
        baseline=baseline,
        progress=config.getoption("--progress"),
    )
    if role is Role.CONTROLLER:
        config.pluginmanager.register(Controller(config, key), "dsp-controller")


def _baseline(given: str | None, target: Target, ledger: Ledger) -> Baseline | None:
    path = Path(given) if given else target.baseline
    return None if path is None else Baseline.load(path, ledger)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look for garbage seldom, and not in what stays: that took a twentieth of a run."""
    if RECORDER in session.config.stash:
        gc.freeze()
        gc.set_threshold(_NEW_OBJECTS, 20, 50)


def _runs_features(config: pytest.Config) -> bool:
    return any(path.is_relative_to(FEATURES) for path in _paths(config))


def _runs_everything(config: pytest.Config) -> bool:
    return FEATURES in _paths(config)


def _paths(config: pytest.Config) -> list[Path]:
    folder = config.invocation_params.dir
    return [Path(folder, argument.partition("::")[0]).resolve() for argument in config.args]
