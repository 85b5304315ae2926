"""Makes a pack of a reports folder."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from dsp_conformance.pack.archive import write_archive
from dsp_conformance.pack.errors import PackError
from dsp_conformance.pack.manifest import CERTIFICATE, MANIFEST, SIGNATURE, manifest_of
from dsp_conformance.record import journal
from dsp_conformance.record.results import results_text

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.pack.signing import Signer
    from dsp_conformance.record.source import ReportSource

REPORT: Final = "report/"
"""Where the reports folder is in a pack."""

RUN: Final = "run/"
"""Where the files are that the run rested on."""

JOURNAL: Final = REPORT + journal.NAME
RESULTS: Final = REPORT + "results.json"
PAGE: Final = REPORT + "index.html"
SUITE: Final = RUN + "suite.json"

_READ_ME: Final = """\
Evidence of one run of dsp-conformance.

report/index.html   the report; opens in any browser, offline
report/             the same run for programs, and the journal with every message
run/                what the run rested on: requirements, features, target file, version of the suite
MANIFEST.sha256     the SHA-256 digest of every other file

With the suite:     dsp-conformance verify PACK.zip
Without it, unpacked, in this folder:

    sha256sum --check --strict --quiet MANIFEST.sha256
"""
_READ_ME_SIGNED: Final = """\
    openssl x509 -in tester.pem -noout -pubkey > tester.pub
    openssl dgst -sha256 -verify tester.pub -signature MANIFEST.sha256.sig MANIFEST.sha256

tester.pem is the tester's certificate as the pack gives it: compare it with the one that the tester gave you.
"""


def make_pack(folder: Path, pack: Path, signer: Signer | None = None) -> ReportSource:
    """Put a reports folder, and what its run rested on, into one zip file.

    The same folder makes the same octets, but for an ECDSA signature, which holds a random number.

    Args:
        folder: the reports folder of one run.
        pack: the file to be written.
        signer: signs the manifest; None to leave it unsigned.

    Returns:
        The run, as its journal tells it.

    Raises:
        PackError: folder or pack cannot be used, or the reports are not of the journal beside them.
        JournalError: the journal cannot be used.
    """
    source = journal.read(folder / journal.NAME)
    reports = _reports(folder)
    if reports.get(RESULTS) is None or reports[RESULTS].read_bytes() != results_text(source.results).encode():
        raise PackError(
            f"the reports in {folder} are not those of the journal beside them",
            hint=f"run `dsp-conformance report --reports {folder}` first",
        )
    files: dict[str, Path | bytes] = {**reports}
    for name, text in source.files.items():
        files[RUN + name] = text.encode()
    files[SUITE] = _suite(source)
    files["README.txt"] = (_READ_ME + (_READ_ME_SIGNED if signer else "")).encode()
    if signer is not None:
        files[CERTIFICATE] = signer.certificate_pem
    manifest = manifest_of({name: _digest(content) for name, content in files.items()})
    files[MANIFEST] = manifest
    if signer is not None:
        files[SIGNATURE] = signer.sign(manifest)
    write_archive(pack, files)
    return source


def _reports(folder: Path) -> dict[str, Path]:
    """Every ordinary file of the folder; links and hidden files stay where they are."""
    found = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") for part in parts) or path.is_symlink() or not path.is_file():
            continue
        name = "/".join(parts)
        if "\\" in name or any(ord(one) < ord(" ") for one in name):
            raise PackError(f"{path} cannot be packed", expected="a plain file name")
        found[REPORT + name] = path
    return found


def _suite(source: ReportSource) -> bytes:
    told = source.results["run"]
    identity = {
        "suite": "dsp-conformance",
        "suite_version": told["suite_version"],
        "suite_commit": told["suite_commit"],
        "schema_origin": told["schema_origin"],
        "run": source.key,
        "started": told["started"],
        "finished": told["finished"],
        "complete": told["complete"],
    }
    return (json.dumps(identity, ensure_ascii=False, indent=1) + "\n").encode()


def _digest(content: Path | bytes) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    try:
        with content.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PackError(f"{content} cannot be read", found=error.strerror or str(error)) from None
