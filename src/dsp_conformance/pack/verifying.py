"""Verifies a pack: nothing altered, signed by whom, and verdicts that follow from the evidence."""

from __future__ import annotations

import html
import json
import re
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dsp_conformance.pack.archive import Archive, opened
from dsp_conformance.pack.errors import PackError
from dsp_conformance.pack.making import JOURNAL, PAGE, RESULTS
from dsp_conformance.pack.manifest import CERTIFICATE, MANIFEST, OUTSIDE, SIGNATURE, read_manifest
from dsp_conformance.pack.signing import is_signed_by, read_certificate, why_not_issued
from dsp_conformance.record import journal
from dsp_conformance.record.results import results_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509

    from dsp_conformance.record.source import ReportSource

_MANIFEST_LIMIT: Final = 64 << 20
_SMALL: Final = 1 << 18
_KEPT: Final = frozenset({JOURNAL, RESULTS, PAGE})
_SENTENCE: Final = re.compile(r'<p class="sentence">(.*?)</p>', re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_REQUIREMENT: Final = re.compile(r'<article id="([A-Z][A-Z0-9]*-\d+)" class="requirement ([a-z -]+)"')


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier trusts; nothing of it need be given.

    Attributes:
        tester: the tester's own certificate.
        authority: the certificate of whoever issued it.
    """

    tester: x509.Certificate | None = None
    authority: x509.Certificate | None = None

    def __bool__(self) -> bool:
        return self.tester is not None or self.authority is not None


@dataclass(slots=True)
class Verification:
    """What a pack turned out to be.

    Attributes:
        altered: files that are not as the manifest says.
        missing: files that the manifest lists and the pack lacks.
        added: files that the pack holds and the manifest does not list.
        contradictions: what does not follow from the evidence, and what is wrong with the signature.
        signed_by: the subject of the certificate whose key signed it; empty if it is not signed.
        trusted: the signature was checked against a certificate that the verifier gave.
        files: how many files the manifest lists.
        source: the run as the journal tells it; None if the journal cannot be used.
    """

    altered: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    signed_by: str = ""
    trusted: bool = False
    files: int = 0
    source: ReportSource | None = None

    @property
    def good(self) -> bool:
        """Whether nothing at all is wrong."""
        return not (self.altered or self.missing or self.added or self.contradictions)

    def problems(self) -> Iterator[str]:
        """Everything that is wrong, one line each."""
        yield from (f"altered: {name}" for name in self.altered)
        yield from (f"missing: {name}" for name in self.missing)
        yield from (f"added: {name}" for name in self.added)
        yield from self.contradictions


def verify(path: Path, trust: Trust | None = None) -> Verification:
    """Verify a pack, offline.

    Args:
        path: the pack.
        trust: certificates that the verifier has from elsewhere.

    Raises:
        PackError: it is no pack, or one that is not safe to look at.
    """
    found = Verification()
    with opened(path) as archive, tempfile.TemporaryDirectory() as folder:
        manifest = archive.octets(MANIFEST, _MANIFEST_LIMIT)
        _check_files(archive, read_manifest(manifest), Path(folder), found)
        _check_verdicts(Path(folder), found)
        at = None if found.source is None else found.source.results["run"]["finished"]
        _check_signature(archive, manifest, trust or Trust(), at, found)
    return found


def _check_files(archive: Archive, listed: dict[str, str], folder: Path, found: Verification) -> None:
    """Hold every file against the manifest, and keep those that are looked at."""
    found.files = len(listed)
    held = set(archive.names)
    found.missing += sorted(listed.keys() - held)
    found.added += sorted(held - listed.keys() - OUTSIDE)
    for name in sorted(held & listed.keys()):
        if name in _KEPT:
            with (folder / name.rpartition("/")[2]).open("wb") as copy:
                digest = archive.digest(name, copy)
        else:
            digest = archive.digest(name)
        if digest != listed[name]:
            found.altered.append(name)
    for name in sorted({JOURNAL, RESULTS} - listed.keys()):
        found.contradictions.append(f"no evidence: the manifest does not list {name}")


def _check_verdicts(folder: Path, found: Verification) -> None:
    """Compute the verdicts anew, and hold what the reports say against them."""
    path = folder / journal.NAME
    if not path.exists():
        return
    try:
        source = journal.read(path)
    except journal.JournalError as error:
        found.contradictions.append(f"{JOURNAL}: {error.reason}")
        return
    found.source = source
    tree = folder / "results.json"
    if tree.exists() and (told := tree.read_bytes()) != results_text(source.results).encode():
        found.contradictions += _disagreements(told, source) or [
            f"{RESULTS} does not follow from {JOURNAL}, though all of its verdicts do"
        ]
    page = folder / "index.html"
    if page.exists():
        text = page.read_text(encoding="utf-8", errors="replace")
        found.contradictions += (f"{PAGE}: {what}" for what in _page_disagreements(text, source))


def _disagreements(octets: bytes, source: ReportSource) -> list[str]:
    try:
        told = json.loads(octets)
        said = {one["id"]: one["verdict"] for one in told["requirements"]}
        scenarios = {one["id"]: one["verdict"] for one in told["scenarios"]}
        verdict = told["verdict"]["verdict"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [f"{RESULTS} is not of the form that the suite writes"]
    mine = source.results
    pairs = [("the run", verdict, mine["verdict"]["verdict"])]
    pairs += [(one["id"], said.get(one["id"]), one["verdict"]) for one in mine["requirements"]]
    pairs += [(one["id"], scenarios.get(one["id"]), one["verdict"]) for one in mine["scenarios"]]
    known = {name for name, _, _ in pairs}
    pairs += [(name, said[name], None) for name in said if name not in known]
    return [
        f"verdict of {name}: {RESULTS} says {claimed or 'nothing'}, the evidence {shown or 'nothing'}"
        for name, claimed, shown in pairs
        if claimed != shown
    ]


def _page_disagreements(text: str, source: ReportSource) -> Iterator[str]:
    sentence = source.results["verdict"]["sentence"]
    told = _SENTENCE.search(text)
    if told is None or html.unescape(_TAG.sub("", told[1])).strip() != sentence:
        yield f"it does not say what the evidence says: {sentence}"
    shown = dict(_REQUIREMENT.findall(text))
    for one in source.results["requirements"]:
        verdict, claimed = one["verdict"], shown.get(one["id"], "nothing")
        certain = verdict in {"pass", "fail", "inconclusive", "error"}
        if (certain and claimed != verdict) or (not certain and claimed == "pass"):
            yield f"it says {claimed} of {one['id']}, the evidence {verdict}"


def _check_signature(
    archive: Archive, manifest: bytes, trust: Trust, at: str | None, found: Verification
) -> None:
    if SIGNATURE not in archive.names:
        if trust:
            found.contradictions.append("signature: it is not signed, and was expected to be")
        return
    signature = archive.octets(SIGNATURE, _SMALL)
    try:
        held = read_certificate(archive.octets(CERTIFICATE, _SMALL), CERTIFICATE)
    except PackError as error:
        found.contradictions.append(f"signature: {error}")
        return
    certificate = trust.tester or held
    if trust.tester is not None and trust.tester != held:
        who = held.subject.rfc4514_string()
        found.contradictions.append(f"signature: the pack names another tester's certificate: {who}")
    if not is_signed_by(certificate, signature, manifest):
        found.contradictions.append(f"signature: it is not that of {certificate.subject.rfc4514_string()}")
        return
    if trust.authority is not None:
        moment = None if at is None else datetime.fromisoformat(at)
        if reason := why_not_issued(certificate, trust.authority, moment):
            found.contradictions.append(f"signature: the tester's certificate is not trusted: {reason}")
            return
    found.signed_by = certificate.subject.rfc4514_string()
    found.trusted = bool(trust)
