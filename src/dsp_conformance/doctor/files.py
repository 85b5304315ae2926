"""Checks of what stands in files: the target file, the schema, keys and certificates."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from dsp_conformance.doctor.outcome import Outcome, all_of, error, known, ok, warning
from dsp_conformance.smki.errors import SmkiError
from dsp_conformance.target import Target, TargetError, load_target, with_rejection_code
from dsp_conformance.target.doubts import credentials_of, doubts_about
from dsp_conformance.tls.files import Purpose, check_authorities, check_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryptography.x509 import Certificate

    from dsp_conformance.doctor.examination import Examination
    from dsp_conformance.target import TargetProblem

__all__ = ["certificate_dates", "keys", "schema", "target_file"]

SOON: Final = timedelta(days=30)
"""How long before its end a certificate is warned of."""

_KEY_FILES: Final = re.compile(r"certificate|key|\bca\b|client_ca")
_ONLY_KEYS: Final = "Only its key is used, so a run can go on; the DSP decides what it makes of that."
_MEND: Final = "Mend the target file; docs/target-file.md explains every key."


def target_file(examination: Examination) -> Outcome:
    """The target file can be read, and says what it has to say."""
    given = known(examination.given)
    try:
        target = Target.bundled_stub() if given.path is None else load_target(given.path)
        if given.rejection_code is not None:
            target = with_rejection_code(target, given.rejection_code)
        examination.target = target
    except TargetError as unusable:
        examination.problems = unusable.problems
    wrong = [each for each in examination.problems if not _of_schema(each) and not _of_keys(each)]
    if wrong:
        return error("\n".join(map(str, wrong)), _MEND)
    if given.path is None:
        return ok("none: the bundled stub is examined")
    return ok(str(given.path))


def schema(examination: Examination) -> Outcome:
    """The schema that messages are validated against can be used."""
    wrong = [each for each in examination.problems if _of_schema(each)]
    if wrong:
        return error(
            "\n".join(map(str, wrong)), "Unpack the published schema files there, or leave [schema] out."
        )
    if examination.target is None:
        return ok("nothing is wrong with [schema]")
    return ok(examination.target.schema.origin)


def keys(examination: Examination) -> Outcome:
    """Keys and certificates fit each other and what they are for, and will do so for a while."""
    wrong = [each for each in examination.problems if _of_keys(each)]
    if wrong:
        return error("\n".join(map(str, wrong)), "Give the files and secrets that the target file names.")
    if examination.target is None:
        return ok("nothing is wrong with those that the target file names")
    now = datetime.now(UTC)
    try:
        dates = certificate_dates(_certificates(examination.target), now)
    except SmkiError as changed:  # since the target file was loaded
        return error(str(changed), "Give the files that the target file names.")
    return all_of([dates, *_doubts(examination.target, now)], "")


def _doubts(target: Target, now: datetime) -> Iterator[Outcome]:
    for number, user in enumerate(target.users, 1):
        for doubt in doubts_about(user, now):
            yield warning(f"[users[{number}]] {doubt}", _ONLY_KEYS)


def certificate_dates(certificates: Iterable[tuple[str, Certificate]], now: datetime) -> Outcome:
    """Warn of certificates that expire soon; of those that did, others tell.

    Args:
        certificates: each with the section and key of the target file that names it.
        now: with time zone.
    """
    found = []
    for where, certificate in certificates:
        end = certificate.not_valid_after_utc
        if end < now:
            continue
        if end - now < SOON:
            found.append(
                warning(
                    f"{where}: expires at {end.isoformat()}, in {(end - now).days} days",
                    "Have it renewed before a run that matters.",
                )
            )
        else:
            found.append(ok(f"{where}: valid until {end.date().isoformat()}"))
    return all_of(found, "the target names none")


def _certificates(target: Target) -> Iterator[tuple[str, Certificate]]:
    for number, certificate in enumerate(target.dsp.signing_certificates, 1):
        yield f"[dsp] signing_certificates[{number}]", certificate
    for number, user in enumerate(target.users, 1):
        for key, credential, _ in credentials_of(user):
            yield f"[users[{number}]] {key}", credential.certificate
    yield from _tls_certificates(target)


def _tls_certificates(target: Target) -> Iterator[tuple[str, Certificate]]:
    """The certificates of the suite's own as TLS client and server, and of the authorities that it trusts."""
    clients = {
        tls.section: tls for tls in (target.tls, getattr(target.testbed, "tls", None)) if tls is not None
    }
    for section, tls in clients.items():
        if tls.own is not None:
            yield f"[{section}] certificate", check_own(tls.own, Purpose.CLIENT)
        if tls.ca is not None:
            for number, certificate in enumerate(check_authorities(tls.ca), 1):
                yield f"[{section}] ca, certificate {number}", certificate
    server = target.receiver.tls
    if server is not None:
        yield f"[{server.section}] certificate", check_own(server.own, Purpose.SERVER)


def _of_schema(problem: TargetProblem) -> bool:
    return problem.section == "schema"


def _of_keys(problem: TargetProblem) -> bool:
    """Whether a problem is about a key, a certificate, or a secret that opens one."""
    return _KEY_FILES.search(problem.key) is not None and not problem.nearest
