"""What a new target file is to say, as `SECTION.KEY=VALUE` or as answers, held to the form at once."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - part of the interface
from typing import TYPE_CHECKING, Any, Final

from dsp_conformance.ledger.switches import QUESTIONS
from dsp_conformance.target.errors import TargetError, TargetProblem
from dsp_conformance.target.form import SECTIONS
from dsp_conformance.target.json_schema import properties_of
from dsp_conformance.target.reading import form_problems
from dsp_conformance.target.template import form_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Draft", "Question"]

_SETTING: Final = "SECTION.KEY=VALUE, such as dsp.name=ACME"
_OFFERED: Final = (
    ("dsp", "base_url"),
    ("dsp", "dcc_id"),
    ("dsp", "signing_certificates"),
    ("dsp", "name"),
    ("dsp", "version"),
    ("users", "eui"),
)
_OF_USERS: Final = (
    "key_password_env",
    "gbcs_signing_certificate",
    "gbcs_signing_key",
    "gbcs_key_agreement_certificate",
    "gbcs_key_agreement_key",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A key that a person is asked for.

    Attributes:
        section: of the file.
        key: in that section.
        required: whether an answer has to be given.
    """

    section: str
    key: str
    required: bool = False


@dataclass(slots=True)
class Draft:
    """A target file in the making.

    Attributes:
        folder: where it is going to be; paths are made relative to it.
        answers: what it says so far, by section and key.
    """

    folder: Path
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        """Add what a preset knows."""
        for section, keys in answers.items():
            self.answers.setdefault(section, {}).update(keys)

    def set(self, setting: str) -> None:
        """Add one `SECTION.KEY=VALUE`.

        Raises:
            TargetError: it is no such setting, or the section has no such key.
        """
        name, equals, text = setting.partition("=")
        section, dot, key = name.strip().rpartition(".")
        if not equals or not dot or section not in SECTIONS:
            hint = f"The sections are {', '.join(SECTIONS)}."
            raise TargetError(None, (TargetProblem("", "--set", _SETTING, repr(setting), hint=hint),))
        self.put(section, key, text.strip())

    def put(self, section: str, key: str, text: str) -> None:
        """Add the value that a text means for a key; whether it may stand there, `problems` says."""
        said = properties_of(form_of(section, self.answers)).get(key, {})
        value = _value(text, said)
        if said.get("format") == "path":
            value = self._relative(value)
        elif said.get("items", {}).get("format") == "path" and isinstance(value, list):
            value = [self._relative(each) for each in value]
        self.answers.setdefault(section, {})[key] = value

    def problems(self) -> tuple[TargetProblem, ...]:
        """What the form objects to in the file so far."""
        return form_problems(self.tree())

    def problem_with(self, question: Question) -> TargetProblem | None:
        """What the form objects to in the answer to a question."""
        section = "users[1]" if question.section == "users" else question.section
        return next(
            (
                one
                for one in self.problems()
                if one.section == section and one.key.partition("[")[0] == question.key
            ),
            None,
        )

    def undeclared(self) -> tuple[str, ...]:
        """The switches of the profile that the file leaves open."""
        profile = self.answers.get("profile", {})
        return tuple(one for one in QUESTIONS if profile.get(one, "undeclared") == "undeclared")

    def drop(self, question: Question) -> None:
        """Take an answer back."""
        self.answers[question.section].pop(question.key)

    def tree(self) -> dict[str, Any]:
        """The file's content as TOML would be read."""
        tree: dict[str, Any] = {}
        for section, keys in self.answers.items():
            outer, _, inner = section.partition(".")
            if inner:
                tree.setdefault(outer, {})[inner] = dict(keys)
            elif section == "users":
                tree["users"] = [dict(keys)]
            else:
                tree.setdefault(section, {}).update(keys)
        return tree

    def questions(self) -> Iterator[Question]:
        """What to ask, one after the other: answers decide what comes next."""
        yield Question("testbed", "driver", required=True)
        for key, said in form_of("testbed", self.answers).model_fields.items():
            if said.is_required() and key != "driver":
                yield Question("testbed", key, required=True)
        for section, key in _OFFERED:
            yield Question(section, key)
        if self.answers.get("users"):
            for key in ("roles", "certificate", "key"):
                yield Question("users", key, required=True)
            for key in _OF_USERS:
                yield Question("users", key)
            yield Question("receiver", "bind")  # the DSP has to know where these users are reached
        yield Question("receiver", "public_url")
        if self._speaks_tls():
            yield from self._of_tls("tls", "ca")
            yield from self._of_tls("receiver.tls", "client_ca")
        yield Question("profile", "rejection_code")
        for switch in QUESTIONS:
            yield Question("profile", switch)

    def _of_tls(self, section: str, authorities: str) -> Iterator[Question]:
        yield Question(section, "certificate")
        own = "certificate" in self.answers.get(section, {})
        if own:
            yield Question(section, "key", required=True)
        if own or section == "tls":
            yield Question(section, authorities)

    def _speaks_tls(self) -> bool:
        """Whether an address that was given is an https one."""
        given = (value for keys in self.answers.values() for value in keys.values())
        return any(isinstance(value, str) and value.lower().startswith("https://") for value in given)

    def _relative(self, path: Any) -> Any:
        """A path as it reads from the file's folder; one that leads nowhere from here stays as it is."""
        if not isinstance(path, str) or not os.path.lexists(path):
            return path
        return os.path.relpath(path, self.folder).replace(os.sep, "/")


def _value(text: str, said: Mapping[str, Any]) -> Any:
    """What a text means, by what the schema says of the key."""
    try:
        read = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        read = text
    match said.get("type", "string"):
        case "string":
            return read if isinstance(read, str) else text
        case "array" if not isinstance(read, list):
            return [part.strip() for part in text.split(",")]
        case _:
            return read
