"""What a session is told of the product, by options and files: read and checked at the start."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from dsp_conformance.collection.added_features import AddedFeatures, AddedFeaturesUnusable
from dsp_conformance.collection.added_steps import added_fixtures
from dsp_conformance.ledger.requirements import Ledger, LedgerError
from dsp_conformance.ledger.verdicts import RunVerdict
from dsp_conformance.record.baseline import Baseline, BaselineError
from dsp_conformance.running.workers import Role
from dsp_conformance.scenario.body_folders import unusable_bodies
from dsp_conformance.scenario.request_bodies import RequestBodyUnusable
from dsp_conformance.target import Target, TargetError, load_target, require_shareable, with_rejection_code


@dataclass(frozen=True, slots=True)
class Declarations:
    """What a session is told.

    Attributes:
        target: which DSP is tested, and what it is declared to do.
        ledger: what it is held to.
        baseline: the vendor's own list of known failures, if there is one.
        added: features that are added to the suite's, if there are any.
        added_fixtures: the fixtures and steps that come along with them.
    """

    target: Target
    ledger: Ledger
    baseline: Baseline | None
    added: AddedFeatures | None = None
    added_fixtures: Mapping[str, object] = field(default_factory=dict)


class RequestBodiesUnusable(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """A folder of request bodies cannot be used.

    Attributes:
        flaws: all that is wrong with its files.
    """

    def __init__(self, flaws: tuple[RequestBodyUnusable, ...]) -> None:
        self.flaws = flaws
        super().__init__(flaws)

    def __str__(self) -> str:
        return "\n".join(str(flaw) for flaw in self.flaws)


def add_options(group: pytest.OptionGroup) -> None:
    """Add the options that tell it."""
    group.addoption("--target", metavar="FILE", help="the target file; without it the bundled stub is tested")
    group.addoption(
        "--before-mp105", action="store_true", help="the bundled stub behaves as the DSP did before MP105"
    )
    group.addoption(
        "--rejection-code", metavar="CODE", help="what the product declares, instead of its profile's"
    )
    group.addoption(
        "--baseline", metavar="FILE", help="known failures, instead of those that the target file names"
    )
    group.addoption("--added-features", metavar="DIR", help="features and steps to add to the suite's")
    group.addoption("--operator", metavar="NAME", help="who runs the suite, instead of whom the file names")
    group.addoption("--request-bodies", metavar="DIR", help="request bodies that go before the suite's own")


def declarations_of(config: pytest.Config, ledger: Path) -> Declarations:
    """Read everything that the session is told; what cannot be used ends it with exit code 2.

    Args:
        config: the session's configuration.
        ledger: the ledger's file.
    """
    try:
        target = _target(config)
        known = Ledger.load(ledger)
        file = config.getoption("--baseline") or target.baseline
        baseline = Baseline.load(Path(file), known) if file else None
        given = config.getoption("--added-features")
        added = AddedFeatures.read(Path(given), known, config.rootpath) if given else None
        return Declarations(target, known, baseline, added, added_fixtures(added) if added else {})
    except (TargetError, RequestBodiesUnusable, LedgerError, BaselineError, AddedFeaturesUnusable) as error:
        pytest.exit(str(error), returncode=RunVerdict.UNUSABLE.exit_code)


def _target(config: pytest.Config) -> Target:
    given, before = config.getoption("--target"), bool(config.getoption("--before-mp105"))
    target = load_target(Path(given)) if given else Target.bundled_stub(before_mp105=before)
    if code := config.getoption("--rejection-code"):
        target = with_rejection_code(target, code)
    if operator := config.getoption("--operator"):
        target = replace(target, operator=operator)
    if Role.of(config) is Role.CONTROLLER:
        require_shareable(target)
    if folder := config.getoption("--request-bodies"):
        target = replace(target, request_bodies=Path(folder))
    if target.request_bodies is not None:
        flaws = unusable_bodies(target.request_bodies, target.schema)
        if flaws:
            raise RequestBodiesUnusable(flaws)
    return target
