"""What `dsp_conformance.testing` promises to steps that others wrote."""

from __future__ import annotations

import ast
from pathlib import Path

from dsp_conformance import testing
from dsp_conformance.base.suite_files import TESTING_EDITION

ROOT = Path(__file__).parents[1]

PROMISED = {
    1: (
        "ACTIVATING_WRONGLY ANOTHER_SUPPLIER A_MOMENT_LATER CLIENT_ERRORS DEFECTS NEAR_MISSES "
        "NOT_ENTITLED NUMBERS OTHER_USER OVER_THE_WAN REASONS SENT_BOTH_WAYS SPELLINGS UNKNOWN_USER WAYS "
        "WRONGLY WRONG_TYPE WRONG_VARIANT Capability Cause ConformanceRun Course Exchange Fault "
        "GbcsDecodeError Inconclusive MadeRequest Message Model Need NotApplicable NotTaken NotTestable "
        "RequirementNotMet Response SmetsVersion Stage StagedDevice TestbedError Traffic Words "
        "applies_where await_giving_up await_set_time decode expect_accepted expect_accepted_for "
        "expect_activated expect_activation_without_success expect_as_for_a_twin expect_firmware_read "
        "expect_local_command expect_nothing_learnt expect_read_command expect_read_of expect_record "
        "expect_refused expect_rejected expect_rejected_for_device_status expect_same_record "
        "expect_status_not_shown expect_suspended_and_barred is_not_for_local_delivery is_same_record "
        "look_at looking_roles make_request needs new_stage new_version once opened_run "
        "read_firmware_response record_of request_body require_activated require_activation_alert "
        "require_decided require_display_known require_local_delivery require_twin_accepted send_and_look "
        "send_bad send_good sender_role service_request shows spelled_otherwise supplier_role translated "
        "usable version_missed wrong_variant_to_a_commissioned "
    ),
}
"""The names of each edition. One that goes, or changes its meaning, makes a new edition."""


def test_every_name_that_this_edition_promises_is_there() -> None:
    assert set(PROMISED[TESTING_EDITION].split()) <= set(testing.__all__)
    assert [name for name in testing.__all__ if not hasattr(testing, name)] == []


def test_every_edition_is_pinned_and_earlier_ones_are_not_the_same() -> None:
    assert set(PROMISED) == set(range(1, TESTING_EDITION + 1))
    assert len(set(PROMISED.values())) == len(PROMISED)


def test_steps_and_fixtures_import_of_the_package_what_is_promised_and_the_terms_of_duis() -> None:
    others = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {name}"
        for folder in ("steps", "fixtures")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name]
        if name.startswith("dsp_conformance")
        and name
        not in {
            "dsp_conformance.testing",
            "dsp_conformance.duis.terms",
            "dsp_conformance.duis.response_codes",
        }
    ]
    assert others == []
