"""Has a run's journal take down what its receiver gets and what its testbed is asked to do."""

from dsp_conformance.running.opening import Opener
from dsp_conformance.running.recorder import RunRecorder
from dsp_conformance.scenario.wires import operation_of, to_journal
from dsp_conformance.testbed.by_operations import Answer
from dsp_conformance.testbed.errors import TestbedError
from dsp_conformance.testbed.operations import Operation


def take_down(opener: Opener, recorder: RunRecorder) -> None:
    """Have everything taken down from the moment on at which the run is opened or joined.

    Args:
        opener: opens the run.
        recorder: holds the journal, and knows which scenario is running.
    """

    def watch(asked: Operation, seconds: float, answer: Answer | None, error: TestbedError | None) -> None:
        recorder.operation(operation_of(asked, seconds, answer, error))

    opener.inbox.on_arrival = to_journal(recorder.journal)
    opener.watcher = watch
