"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Outcome", "Status", "all_of", "error", "known", "ok", "skipped", "warning"]

_T = TypeVar("_T")


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """A run can go on, and may say less than it could."""
    ERROR = "error"
    """A run would say nothing about the product."""
    SKIPPED = "skipped"
    """Not looked at, as something it builds upon failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found.

    Attributes:
        status: how it ended.
        found: what is the case; one line or more. Never holds a secret.
        advice: what to do next; empty where nothing is to be done.
    """

    status: Status
    found: str
    advice: str = ""


def ok(found: str) -> Outcome:
    """Nothing is wrong."""
    return Outcome(Status.OK, found)


def warning(found: str, advice: str) -> Outcome:
    """A run can go on, and may say less than it could."""
    return Outcome(Status.WARNING, found, advice)


def error(found: str, advice: str) -> Outcome:
    """A run would say nothing about the product."""
    return Outcome(Status.ERROR, found, advice)


def skipped(reason: str) -> Outcome:
    """Not looked at."""
    return Outcome(Status.SKIPPED, reason)


_GRAVITY = (Status.ERROR, Status.WARNING, Status.OK, Status.SKIPPED)


def all_of(outcomes: Iterable[Outcome], otherwise: str) -> Outcome:
    """Put what was found of several things into one outcome: the gravest status, and all who have it.

    Args:
        outcomes: of each thing.
        otherwise: what is found where there is none.
    """
    found = tuple(outcomes)
    for status in _GRAVITY:
        those = [one for one in found if one.status is status]
        if those:
            advice = dict.fromkeys(one.advice for one in those if one.advice)
            return Outcome(status, "\n".join(one.found for one in those), " ".join(advice))
    return ok(otherwise)


def known(value: _T | None) -> _T:
    """Return what an earlier check has found out; `Check.needs` makes sure that it did."""
    assert value is not None, "the checks that a check needs come before it"
    return value
