"""The pytest plugin that checks what was collected, tells the plan, and keeps out what is not to run."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.collection.added_steps import shadowing
from dsp_conformance.collection.bindings import Bindings
from dsp_conformance.collection.collected import CollectedScenario, collected, collected_scenario
from dsp_conformance.collection.feature_files import features_read
from dsp_conformance.collection.gherkin import is_added, template_of
from dsp_conformance.collection.planning import Circumstances, consider, exclusion_of, plan_of
from dsp_conformance.collection.rules import CollectionError, problems_of
from dsp_conformance.ledger.switches import hint_for
from dsp_conformance.ledger.verdicts import RunVerdict
from dsp_conformance.record.baseline import BaselineError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from dsp_conformance.collection.added_features import AddedFeatures
    from dsp_conformance.record.run import Run


class Planner:
    """Knows before anything runs what is to run.

    Under pytest-xdist the controller checks and tells the plan, while its workers collect for themselves;
    they keep out what is not to run.

    Args:
        run: takes the plan, and what is wrong with the features.
        circumstances: tells what the target declares and offers; asked once, after collection.
        whole: whether all features are to be collected, so that each requirement must have a scenario.
        chosen: ids of the scenarios to run, or of outlines for all of their rows; empty for all.
        added: what `--features` adds; None where it adds nothing.
        added_fixtures: the names of the fixtures and steps that come along.

    Attributes:
        scenarios: those selected, once they are collected.
    """

    def __init__(
        self,
        run: Run,
        circumstances: Callable[[], Circumstances],
        *,
        whole: bool,
        chosen: Collection[str] = (),
        added: AddedFeatures | None = None,
        added_fixtures: Collection[str] = (),
    ) -> None:
        self.scenarios: list[CollectedScenario] = []
        self._chosen = frozenset(chosen)
        self._left_out = 0
        self._added = added
        self._added_fixtures = added_fixtures
        self._run = run
        self._ask = circumstances
        self._whole = whole
        self._circumstances: Circumstances | None = None
        self._bindings: Bindings | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool | None:
        """Collect in the controller of pytest-xdist too, which otherwise leaves it to its workers."""
        if not session.config.pluginmanager.hasplugin("dsession"):
            return None
        session.perform_collect()
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Refuse features that cannot be used, with all that is wrong in one message.

        Added scenarios come last, in every process: what is dealt out in order, the suite's own get first.
        """
        items.sort(key=_is_added)
        if _is_worker(config):
            self._keep_chosen(config, items)
            return
        self.scenarios[:] = collected(items, self._known_bindings(config))
        shadowed: list[str] = []
        if self._added is not None:
            bindings = self._known_bindings(config)
            shadowed += shadowing(self._added_fixtures, session, items, bindings)
        problems = shadowed or problems_of(
            self.scenarios,
            features_read(),
            self._run.ledger,
            root=config.rootpath,
            whole=self._whole and not session.testsfailed and not _selects(config),
        )
        self._run.unusable = (
            str(CollectionError(problems))
            if problems
            else self._unknown_in_baseline(config) or self._unknown_among_chosen()
        )
        if self._run.unusable:
            listing = config.getoption("collectonly")  # has no summary that would tell
            pytest.exit(
                self._run.unusable if listing else "nothing was run", returncode=RunVerdict.UNUSABLE.exit_code
            )
        self._keep_chosen(config, items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str) -> bool | None:
        """Tags of added features are labels, not marks of pytest."""
        return True if self._added is not None and tag in self._added.tags else None

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Count what a selection leaves out, whichever option it was made with."""
        self._left_out += len(items)

    def _keep_chosen(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if not self._chosen:
            return
        scenarios = self.scenarios or collected(items, self._known_bindings(config))
        wanted = {one.nodeid for one in scenarios if self._chosen & {one.id, one.template}}
        left = [item for item in items if item.nodeid not in wanted]
        items[:] = [item for item in items if item.nodeid in wanted]
        self.scenarios[:] = [one for one in self.scenarios if one.nodeid in wanted]
        config.hook.pytest_deselected(items=left)

    def _unknown_among_chosen(self) -> str:
        """Which chosen ids no scenario has, with the nearest that there are; empty if all are known."""
        known = [name for one in self.scenarios for name in dict.fromkeys((one.id, one.template))]
        told = []
        for wanted in sorted(self._chosen.difference(known)):
            near = difflib.get_close_matches(wanted, known, n=1)
            hint = f". Did you mean {near[0]!r}?" if near else ""
            told.append(f"--scenario: expected the id of a scenario, found {wanted!r}{hint}")
        return "\n".join(told)

    def _unknown_in_baseline(self, config: pytest.Config) -> str:
        """Why the baseline cannot be used with these features; empty if it can."""
        if self._run.baseline is None or not self._whole or _selects(config):
            return ""
        every = {known for scenario in self.scenarios for known in (scenario.id, scenario.template)}
        try:
            self._run.baseline.require_scenarios(every)
        except BaselineError as error:
            return str(error)
        return ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say what is going to run and what is not."""
        config = session.config
        if _is_worker(config) or config.getoption("collectonly") or not self.scenarios or self._run.unusable:
            return
        self._run.plan = plan = plan_of(
            self.scenarios, self._run.ledger, self._known_circumstances(session), left_out=self._left_out
        )
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            for line in plan.lines():
                terminal.write_line(line)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """End a scenario that is not to run before anything is made for it; note the switches of others."""
        template = template_of(item)
        if template is None:
            return
        scenario = collected_scenario(item, template, self._known_bindings(item.config))
        ledger, circumstances = self._run.ledger, self._known_circumstances(item.session)
        reason = exclusion_of(scenario, ledger, circumstances)
        if reason is not None:
            raise reason
        if (record := self._run.records.get(scenario.id)) is not None:
            record.hint = hint_for(scenario.demands(ledger), circumstances.switches)

    def _known_circumstances(self, session: pytest.Session) -> Circumstances:
        if self._circumstances is None:
            self._circumstances = self._ask()
            if self._circumstances.staging is not None and _is_worker(session.config):
                every = collected(session.items, self._known_bindings(session.config))
                consider(every, self._run.ledger, self._circumstances)
        return self._circumstances

    def _known_bindings(self, config: pytest.Config) -> Bindings:
        if self._bindings is None:
            self._bindings = Bindings(config.rootpath, self._added)
        return self._bindings


def _is_added(item: pytest.Item) -> bool:
    template = template_of(item)
    return template is not None and is_added(item, template)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _selects(config: pytest.Config) -> bool:
    """Whether options leave out some of what is collected."""
    return any(config.getoption(name, default=None) for name in ("keyword", "markexpr", "deselect"))
