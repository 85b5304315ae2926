"""What steps import of the package: the suite's own, those of an ejected suite, and those that vendors add.

These names are a promise: within a major version none goes and none changes its meaning, so that a suite
ejected by one version runs on the next (`docs/extending.md`). All else in the package may change at any time.
"""

from dsp_conformance.collection.needs import Need, Words, applies_where, needs
from dsp_conformance.duis.messages import Response
from dsp_conformance.gbcs import GbcsDecodeError, Message, decode, read_firmware_response
from dsp_conformance.judging.expectations import (
    expect_accepted,
    expect_accepted_for,
    expect_activated,
    expect_firmware_read,
    expect_record,
    expect_rejected_for_device_status,
    expect_same_record,
    expect_status_not_shown,
    is_same_record,
    record_of,
    shows,
    spelled_otherwise,
)
from dsp_conformance.judging.refusals import (
    CLIENT_ERRORS,
    expect_activation_without_success,
    expect_local_command,
    expect_read_command,
    expect_read_of,
    expect_refused,
    expect_rejected,
    require_activation_alert,
)
from dsp_conformance.ledger.verdicts import (
    Cause,
    Inconclusive,
    NotApplicable,
    NotTaken,
    NotTestable,
    RequirementNotMet,
)
from dsp_conformance.running.suite_run import new_stage, opened_run
from dsp_conformance.scenario.activations import (
    await_giving_up,
    await_set_time,
    expect_nothing_learnt,
    require_activated,
)
from dsp_conformance.scenario.bad_requests import DEFECTS, send_bad, send_good
from dsp_conformance.scenario.conformance_run import ConformanceRun, translated
from dsp_conformance.scenario.devices import (
    NEAR_MISSES,
    NUMBERS,
    SPELLINGS,
    Model,
    StagedDevice,
    new_version,
    version_missed,
)
from dsp_conformance.scenario.lasting_suspension import (
    Course,
    expect_suspended_and_barred,
    look_at,
    looking_roles,
    require_decided,
    send_and_look,
)
from dsp_conformance.scenario.request_bodies import request_body
from dsp_conformance.scenario.request_making import (
    A_MOMENT_LATER,
    OVER_THE_WAN,
    WAYS,
    MadeRequest,
    make_request,
)
from dsp_conformance.scenario.settling import once
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import Traffic, sender_role, service_request, supplier_role, usable
from dsp_conformance.scenario.twins import (
    expect_as_for_a_twin,
    is_not_for_local_delivery,
    require_local_delivery,
    require_twin_accepted,
)
from dsp_conformance.scenario.wrong_requests import (
    ACTIVATING_WRONGLY,
    ANOTHER_SUPPLIER,
    NOT_ENTITLED,
    OTHER_USER,
    REASONS,
    UNKNOWN_USER,
    WRONG_TYPE,
    WRONG_VARIANT,
    WRONGLY,
    require_display_known,
    wrong_variant_to_a_commissioned,
)
from dsp_conformance.testbed.errors import TestbedError
from dsp_conformance.testbed.protocol import Capability, Fault, SmetsVersion
from dsp_conformance.user.checks import SENT_BOTH_WAYS
from dsp_conformance.user.exchange import Exchange

__all__ = [
    "ACTIVATING_WRONGLY",
    "ANOTHER_SUPPLIER",
    "A_MOMENT_LATER",
    "CLIENT_ERRORS",
    "DEFECTS",
    "NEAR_MISSES",
    "NOT_ENTITLED",
    "NUMBERS",
    "OTHER_USER",
    "OVER_THE_WAN",
    "REASONS",
    "SENT_BOTH_WAYS",
    "SPELLINGS",
    "UNKNOWN_USER",
    "WAYS",
    "WRONGLY",
    "WRONG_TYPE",
    "WRONG_VARIANT",
    "Capability",
    "Cause",
    "ConformanceRun",
    "Course",
    "Exchange",
    "Fault",
    "GbcsDecodeError",
    "Inconclusive",
    "MadeRequest",
    "Message",
    "Model",
    "Need",
    "NotApplicable",
    "NotTaken",
    "NotTestable",
    "RequirementNotMet",
    "Response",
    "SmetsVersion",
    "Stage",
    "StagedDevice",
    "TestbedError",
    "Traffic",
    "Words",
    "applies_where",
    "await_giving_up",
    "await_set_time",
    "decode",
    "expect_accepted",
    "expect_accepted_for",
    "expect_activated",
    "expect_activation_without_success",
    "expect_as_for_a_twin",
    "expect_firmware_read",
    "expect_local_command",
    "expect_nothing_learnt",
    "expect_read_command",
    "expect_read_of",
    "expect_record",
    "expect_refused",
    "expect_rejected",
    "expect_rejected_for_device_status",
    "expect_same_record",
    "expect_status_not_shown",
    "expect_suspended_and_barred",
    "is_not_for_local_delivery",
    "is_same_record",
    "look_at",
    "looking_roles",
    "make_request",
    "needs",
    "new_stage",
    "new_version",
    "once",
    "opened_run",
    "read_firmware_response",
    "record_of",
    "request_body",
    "require_activated",
    "require_activation_alert",
    "require_decided",
    "require_display_known",
    "require_local_delivery",
    "require_twin_accepted",
    "send_and_look",
    "send_bad",
    "send_good",
    "sender_role",
    "service_request",
    "shows",
    "spelled_otherwise",
    "supplier_role",
    "translated",
    "usable",
    "version_missed",
    "wrong_variant_to_a_commissioned",
]
