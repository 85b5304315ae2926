"""Why a testbed did not do what it was asked; none of it says anything about the DSP's conformance."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsp_conformance.testbed.protocol import Capability
    from dsp_conformance.tls.troubles import TlsTrouble

__all__ = [
    "MissingCapability",
    "NotDoneByHand",
    "StoppedByHand",
    "TestbedAnswerUnusable",
    "TestbedError",
    "TestbedProgramFailed",
    "TestbedRefused",
    "TestbedUnreachable",
    "bounded",
]

_SHOWN = 600


class TestbedError(Exception):
    """The testbed did not do what it was asked.

    Attributes:
        operation: what was asked of it, such as "provide a Device".
    """

    __test__ = False  # the name is the field's; pytest is not to collect it

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation


class MissingCapability(TestbedError):  # noqa: N818 - the outcome it leads to is no error: "not testable"
    """The testbed does not offer what the operation needs: the scenario is not testable on it.

    Attributes:
        capability: what is missing.
    """

    def __init__(self, capability: Capability, operation: str) -> None:
        super().__init__(operation)
        self.capability = capability

    def __str__(self) -> str:
        return (
            f"cannot {self.operation}: the testbed does not offer {self.capability.value!r}; "
            "scenarios that need it are not testable on this testbed"
        )


class TestbedRefused(TestbedError):  # noqa: N818 - said of the testbed, as its siblings are
    """The testbed answered with a Problem, or with an HTTP status or exit code that is no success.

    Attributes:
        status: the HTTP status, or the exit code of the testbed's program.
        title: the Problem's title; the HTTP reason where the answer was no Problem.
        detail: the Problem's detail, or the beginning of an answer that was no Problem; may be empty.
        scale: what the status is: "HTTP" or "exit code".
    """

    def __init__(self, status: int, title: str, detail: str, operation: str, *, scale: str = "HTTP") -> None:
        super().__init__(operation)
        self.status, self.title, self.detail, self.scale = status, title, detail, scale

    def __str__(self) -> str:
        told = f"{self.title}: {self.detail}" if self.detail else self.title
        return f"the testbed refused to {self.operation}: {self.scale} {self.status}, {bounded(told)}"


class TestbedUnreachable(TestbedError):  # noqa: N818 - said of the testbed, as its siblings are
    """No answer came: no connection, a broken one, or none within the time allowed.

    Attributes:
        url: the address that was asked.
        cause: what went wrong, in the words of the layer that noticed.
        tls: what was wrong with TLS, where it was that.
    """

    def __init__(self, url: str, cause: str, operation: str, tls: TlsTrouble | None = None) -> None:
        super().__init__(operation)
        self.url, self.cause, self.tls = url, cause, tls

    def __str__(self) -> str:
        if self.tls is not None:
            return f"could not {self.operation}: no TLS connection to the testbed at {self.url}: {self.tls}"
        return (
            f"could not {self.operation}: no answer from the testbed at {self.url} ({self.cause}); "
            "check that it runs, and 'url' in the target file's section [testbed]"
        )


class TestbedAnswerUnusable(TestbedError):  # noqa: N818 - said of the testbed, as its siblings are
    """The testbed answered with success, but not with what testbed-control.openapi.yaml says.

    Attributes:
        url: the address that was asked.
        problems: what is wrong with the answer, a line each.
    """

    def __init__(self, url: str, problems: tuple[str, ...], operation: str) -> None:
        super().__init__(operation)
        self.url, self.problems = url, problems

    def __str__(self) -> str:
        return (
            f"could not {self.operation}: the testbed's answer from {self.url} "
            f"is not what the Testbed Control API says: {'; '.join(self.problems)}"
        )


class TestbedProgramFailed(TestbedError):  # noqa: N818 - said of the testbed, as its siblings are
    """The testbed's program did not do its work: it is missing, crashed, or was not done in time.

    Attributes:
        program: as it was called, without the operation.
        cause: what went wrong.
        said: what it wrote to its standard error.
    """

    def __init__(self, program: str, cause: str, said: str, operation: str) -> None:
        super().__init__(operation)
        self.program, self.cause, self.said = program, cause, said

    def __str__(self) -> str:
        said = f"; it said: {bounded(self.said)}" if self.said else "; it said nothing on its standard error"
        return f"could not {self.operation}: {self.cause} ({self.program}){said}"


class NotDoneByHand(TestbedError):  # noqa: N818 - said of the testbed, as its siblings are
    """The person at the terminal answered an instruction with "cannot".

    Attributes:
        reason: in the person's words; may be empty.
    """

    def __init__(self, reason: str, operation: str) -> None:
        super().__init__(operation)
        self.reason = reason

    def __str__(self) -> str:
        reason = f": {self.reason}" if self.reason else ""
        return f"the person at the terminal could not {self.operation}{reason}"


class StoppedByHand(TestbedError):  # noqa: N818 - said of the testbed, as its siblings are
    """The person at the terminal answered an instruction with "stop", or went away."""

    def __str__(self) -> str:
        return f"the person at the terminal stopped the run when asked to {self.operation}"


def bounded(text: str) -> str:
    """What a program or a server said, fit for a message: its end if it is long, on printable characters."""
    shown = "".join(
        each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text
    )
    return shown if len(shown) <= _SHOWN else f"...{shown[-_SHOWN:]}"
