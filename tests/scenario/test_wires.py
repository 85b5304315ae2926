"""What is taken down of messages and testbed operations: who, when, what came of it, and no secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.ledger.requirements import Ledger
from dsp_conformance.record.journal_writer import JournalWriter
from dsp_conformance.record.run import Run, RunIdentity
from dsp_conformance.scenario.wires import operation_of, to_journal
from dsp_conformance.testbed.by_operations import Answer, OperationsTestbed
from dsp_conformance.testbed.errors import TestbedUnreachable
from dsp_conformance.testbed.protocol import Capability
from dsp_conformance.user.checks import CheckOutcome
from dsp_conformance.user.exchange import Delivery
from dsp_conformance.user.inbox import Inbox

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.record.evidence import Operation
    from dsp_conformance.testbed.errors import TestbedError
    from dsp_conformance.testbed.operations import Operation as Asked

CAPABILITIES = {
    "capabilities": ["edit-cpl"],
    "dsp": {"name": "DSP", "version": "1"},
}


class Testbed(OperationsTestbed):
    """A testbed that removes CPL entries until it is gone."""

    def _carry_out(self, operation: Asked) -> Answer:
        if operation.about == "gone":
            raise TestbedUnreachable("http://testbed.example", "Bearer abcdefgh12345678", operation.sentence)
        return Answer(json.dumps(CAPABILITIES).encode(), "a test")


def test_every_testbed_operation_is_told_done_or_not() -> None:
    told: list[Operation] = []

    def watch(asked: Asked, seconds: float, answer: Answer | None, error: TestbedError | None) -> None:
        told.append(operation_of(asked, seconds, answer, error))

    testbed = Testbed()
    testbed.watcher = watch
    assert testbed.capabilities == {Capability.EDIT_CPL}
    testbed.remove_cpl_entry("cpl-7")
    with pytest.raises(TestbedUnreachable):
        testbed.remove_cpl_entry("gone")
    assert [(one.name, one.outcome, dict(one.arguments)) for one in told] == [
        ("capabilities", "done", {}),
        ("remove-cpl-entry", "done", {"about": "cpl-7"}),
        ("remove-cpl-entry", "failed", {"about": "gone"}),
    ]
    assert "no answer from the testbed" in told[2].result


def test_every_message_that_arrives_is_journalled_at_once_refused_ones_cut(tmp_path: Path) -> None:
    journal = JournalWriter(
        tmp_path / "j", Run(RunIdentity("1", "DSP", "1", "bundled"), Ledger((), {})), key="k"
    )
    inbox = Inbox()
    inbox.on_arrival = to_journal(journal)
    flaw = CheckOutcome("DUIS-01", passed=False, expected="XML", found="junk")
    headers = (("authorization", "Bearer abcdefgh12345678"), ("content-type", "text/plain"))
    junk = b"x" * 70_000
    inbox.put(
        Delivery(
            datetime.fromtimestamp(5, UTC),
            "text/plain",
            junk,
            len(junk),
            None,
            (flaw,),
            accepted=False,
            status=415,
            peer="192.0.2.1:99",
            headers=headers,
        )
    )
    (line,) = map(json.loads, (tmp_path / "j").read_bytes().splitlines())
    assert (line["at"], line["peer"], line["status"], line["came"]) == (5000, "192.0.2.1:99", 415, 70_000)
    assert line["message"]["size"] == 65_536
    assert line["refusal"] == "DUIS-01: junk"
    assert line["headers"]["content-type"] == "text/plain"
    assert "abcdefgh12345678" not in json.dumps(line)
    journal.close()
