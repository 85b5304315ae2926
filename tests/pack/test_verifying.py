"""A pack verifies as it was made, and whatever was done to it is named."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from dsp_conformance.cli import main
from dsp_conformance.pack.making import JOURNAL, PAGE, RESULTS, make_pack
from dsp_conformance.pack.manifest import CERTIFICATE, MANIFEST, SIGNATURE, manifest_of
from dsp_conformance.pack.signing import Signer, load_pem, load_signer, why_not_issued
from dsp_conformance.pack.verifying import Trust, verify
from dsp_conformance.record import journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Files = dict[str, bytes]
    Editor = Callable[[Callable[[Files], None]], Path]


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def resealed(files: Files) -> None:
    """What a forger without the key can do: a manifest that fits again, and no signature."""
    del files[SIGNATURE]
    digests = {name: hashlib.sha256(octets).hexdigest() for name, octets in files.items() if name != MANIFEST}
    files[MANIFEST] = manifest_of(digests)


def problems(path: Path, trust: Trust | None = None) -> list[str]:
    return list(verify(path, trust).problems())


def test_a_pack_verifies_and_tells_its_verdict(packed: Path, keys: Path) -> None:
    trusts: list[list[str | Path]] = [[], ["--certificate", keys / "ec.pem"], ["--ca", keys / "ca.pem"]]
    for more in trusts:
        done = command("verify", packed, *more)
        assert done.exit_code == 0, done.output
        assert "Example DSP 9.8: non-conformant" in done.output
        assert "signed by CN=tester ec" in done.output
        assert ("whom you trust" in done.output) == bool(more)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_openssl_and_sha256sum_agree(kind: str, reports: Path, keys: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    make_pack(reports, pack, load_signer(keys / f"{kind}.key", keys / f"{kind}.pem", None))
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
        commands = [
            line for line in archive.read("README.txt").decode().splitlines() if line.startswith("    ")
        ]
    assert len(commands) == 3
    said = ""
    for line in commands:
        done = subprocess.run(
            line, shell=True, cwd=folder, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        said += done.stdout
    assert "Verified OK" in said
    (folder / RESULTS).write_bytes(b"{}")
    done = subprocess.run(
        commands[0], shell=True, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1


def test_the_same_reports_make_the_same_octets(reports: Path, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        make_pack(reports, tmp_path / name)
    shutil.copytree(reports, tmp_path / "copy")
    make_pack(tmp_path / "copy", tmp_path / "c.zip")
    assert len({(tmp_path / name).read_bytes() for name in ("a.zip", "b.zip", "c.zip")}) == 1


def test_each_altered_missing_and_added_file_is_named(edited: Editor) -> None:
    def change(files: Files) -> None:
        files["report/summary.txt"] += b" "
        del files["README.txt"]
        files["report/notes.txt"] = b"all is well"

    done = command("verify", edited(change))
    assert done.exit_code == 1
    assert "altered: report/summary.txt" in done.output
    assert "missing: README.txt" in done.output
    assert "added: report/notes.txt" in done.output
    assert "verification failed" in done.output


def test_any_file_altered_in_one_octet_is_named(packed: Path, edited: Editor) -> None:
    with zipfile.ZipFile(packed) as archive:
        names = [name for name in archive.namelist() if name not in {MANIFEST, SIGNATURE}]

    def change(name: str) -> Callable[[Files], None]:
        def flip(files: Files) -> None:
            files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])

        return flip

    for name in names:
        assert f"altered: {name}" in problems(edited(change(name)))


def test_a_manifest_that_was_written_anew_does_not_fit_the_signature(edited: Editor, keys: Path) -> None:
    def change(files: Files) -> None:
        signature = files[SIGNATURE]
        files["report/summary.txt"] += b" "
        resealed(files)
        files[SIGNATURE] = signature

    assert problems(edited(change)) == ["signature: it is not that of CN=tester ec"]
    unsigned = edited(resealed)
    assert problems(unsigned) == []
    assert problems(unsigned, Trust(tester=load_pem(keys / "ec.pem"))) == [
        "signature: it is not signed, and was expected to be"
    ]


def test_a_stranger_s_signature_is_not_trusted(reports: Path, keys: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    make_pack(reports, pack, load_signer(keys / "stranger.key", keys / "stranger.pem", None))
    assert problems(pack) == []
    assert "it was not issued by CN=ca" in problems(pack, Trust(authority=load_pem(keys / "ca.pem")))[0]
    assert len(problems(pack, Trust(tester=load_pem(keys / "ec.pem")))) == 2
    done = command("verify", pack, "--certificate", keys / "ec.pem")
    assert done.exit_code == 1


def test_a_certificate_that_had_expired_before_the_run_ended_is_not_trusted(keys: Path) -> None:
    tester, authority = load_pem(keys / "ec.pem"), load_pem(keys / "ca.pem")
    end = min(tester.not_valid_after_utc, authority.not_valid_after_utc)
    assert why_not_issued(tester, authority, end) == ""
    assert why_not_issued(tester, authority, None) == "", "when the run ended is not known"
    assert "CN=tester ec had expired" in why_not_issued(tester, authority, end + timedelta(days=2))
    assert "was not issued by" in why_not_issued(tester, load_pem(keys / "stranger.pem"), end)


def issued(authority: Path, subject: str, last: datetime) -> Signer:
    """A tester whose certificate an authority issued, good for the ten years before that instant."""
    key, issuer = (
        ec.generate_private_key(ec.SECP256R1()),
        load_signer(authority, authority.with_suffix(".pem"), None),
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(last - timedelta(days=3650))
        .not_valid_after(last)
        .sign(issuer.key, SHA256())
    )
    return Signer(key, certificate)


def test_a_pack_signed_with_a_certificate_that_had_expired_before_its_run_ended_is_not_trusted(
    reports: Path, keys: Path, tmp_path: Path
) -> None:
    trust = Trust(authority=load_pem(keys / "ca.pem"))
    for last, good in (
        (datetime(2020, 1, 1, tzinfo=UTC), False),
        (datetime.now(UTC) + timedelta(days=9), True),
    ):
        pack = tmp_path / "pack.zip"
        make_pack(reports, pack, issued(keys / "ca.key", "late", last))
        found = verify(pack, trust)
        assert (found.good, found.trusted, found.signed_by) == (good, good, "CN=late" if good else "")
        assert good or "that of CN=late had expired before the run ended" in found.contradictions[0]


def test_a_signature_is_looked_at_where_the_journal_cannot_be_used(
    edited: Editor, signer: Signer, keys: Path
) -> None:
    def change(files: Files) -> None:
        files[JOURNAL] = b"nothing"
        resealed(files)
        files[SIGNATURE] = signer.sign(files[MANIFEST])

    found = verify(edited(change), Trust(authority=load_pem(keys / "ca.pem")))
    assert [one.partition(":")[0] for one in found.problems()] == [JOURNAL]
    assert (found.source, found.signed_by, found.trusted) == (None, "CN=tester ec", True)


def test_only_a_good_signature_that_was_held_against_a_given_certificate_is_trusted(
    packed: Path, edited: Editor, keys: Path
) -> None:
    def garbled(files: Files) -> None:
        files[CERTIFICATE] = b"nothing"
        signature = files[SIGNATURE]
        resealed(files)
        files[SIGNATURE] = signature

    tester, stranger = Trust(tester=load_pem(keys / "ec.pem")), Trust(tester=load_pem(keys / "stranger.pem"))
    for pack, trust, told in (
        (packed, tester, ("CN=tester ec", True)),
        (packed, Trust(), ("CN=tester ec", False)),
        (packed, stranger, ("", False)),
        (packed, Trust(authority=stranger.tester), ("", False)),
        (edited(resealed), tester, ("", False)),
        (edited(garbled), tester, ("", False)),
    ):
        found = verify(pack, trust)
        assert (found.signed_by, found.trusted) == told
        assert found.good == bool(found.signed_by)
    [said] = problems(edited(garbled))
    assert said.startswith(f"signature: {CERTIFICATE} holds no certificate that can be read")


def better(files: Files) -> None:
    told = json.loads(files[RESULTS])
    told["verdict"]["verdict"] = "conformant"
    for one in [*told["requirements"], *told["scenarios"]]:
        one["verdict"] = "pass"
    files[RESULTS] = json.dumps(told).encode()
    resealed(files)


def prettier(files: Files) -> None:
    page = files[PAGE].replace(b": non-conformant", b": conformant")
    assert page != files[PAGE]
    files[PAGE] = page.replace(
        b'id="CORE-01" class="requirement fail"', b'id="CORE-01" class="requirement pass"'
    )
    resealed(files)


def test_verdicts_that_do_not_follow_from_the_journal_are_named(edited: Editor) -> None:
    said = problems(edited(better))
    assert "verdict of the run: report/results.json says conformant, the evidence non-conformant" in said
    assert "verdict of CORE-01: report/results.json says pass, the evidence fail" in said
    said = problems(edited(prettier))
    assert any(one.startswith("report/index.html: it does not say what the evidence says") for one in said)
    assert "report/index.html: it says pass of CORE-01, the evidence fail" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda told: next(one for one in told["scenarios"] if one["verdict"] == "fail").update(
                verdict="pass"
            ),
            "verdict of SCENARIO 0001: report/results.json says pass, the evidence fail",
        ),
        (
            lambda told: told["requirements"].append(told["requirements"][0] | {"id": "CORE-99"}),
            "verdict of CORE-99: report/results.json says fail, the evidence nothing",
        ),
        (
            lambda told: told["requirements"].pop(0),
            "verdict of CORE-01: report/results.json says nothing, the evidence fail",
        ),
        (
            lambda told: told["scenarios"].pop(0),
            "verdict of SCENARIO 0000: report/results.json says nothing, the evidence pass",
        ),
        (
            lambda told: told["verdict"].update(exit_code=0),
            "report/results.json does not follow from report/journal.jsonl, though all of its verdicts do",
        ),
        (lambda told: told.pop("verdict"), "report/results.json is not of the form that the suite writes"),
    ],
    ids=["scenario", "more", "less", "a scenario less", "no verdict", "another form"],
)
def test_one_thing_that_does_not_follow_from_the_journal_is_named_alone(
    change: Callable[[Any], object], said: str, edited: Editor
) -> None:
    def edit(files: Files) -> None:
        told = json.loads(files[RESULTS])
        change(told)
        files[RESULTS] = json.dumps(told).encode()
        resealed(files)

    assert problems(edited(edit)) == [said.replace("SCENARIO", "features/made_up.feature::scenario")]


def test_a_journal_that_was_edited_is_named_though_the_manifest_fits(edited: Editor) -> None:
    def change(files: Files) -> None:
        files[JOURNAL] = files[JOURNAL].replace(b'"status":"failed"', b'"status":"passed"', 1)
        resealed(files)

    assert "it was changed after it was written" in problems(edited(change))[0]

    def lose(files: Files) -> None:
        del files[JOURNAL]
        resealed(files)

    assert problems(edited(lose)) == ["no evidence: the manifest does not list report/journal.jsonl"]


def zipped(path: Path, *entries: tuple[str, bytes], mode: int = stat.S_IFREG) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr, entry.compress_type = (mode | 0o777) << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, octets)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_is_not_safe_or_no_pack_is_refused_with_the_reason(tmp_path: Path) -> None:
    empty = (MANIFEST, b"")
    bad: dict[str, tuple[bytes | Path, str]] = {
        "no zip": (b"PK nothing", "no zip file"),
        "nothing": (b"", "no zip file"),
        "foreign": (zipped(tmp_path / "a", ("word/document.xml", b"<a/>")), f"it holds no {MANIFEST}"),
        "traversal": (zipped(tmp_path / "b", empty, ("../../etc/passwd", b"")), "which is no plain path"),
        "absolute": (zipped(tmp_path / "c", empty, ("/etc/passwd", b"")), "which is no relative path"),
        "backslash": (zipped(tmp_path / "d", empty, ("a\\..\\b", b"")), "which is no relative path"),
        "twice": (zipped(tmp_path / "e", empty, ("a", b"1"), ("a", b"2")), "more than once"),
        "case": (zipped(tmp_path / "f", empty, ("a", b"1"), ("A", b"2")), "more than once"),
        "link": (zipped(tmp_path / "g", empty, ("a", b"/etc/passwd"), mode=stat.S_IFLNK), "no ordinary file"),
        "bomb": (zipped(tmp_path / "h", empty, ("a", bytes(80 << 20))), "would unpack to far more"),
        "manifest": (zipped(tmp_path / "i", (MANIFEST, b"nothing  here\n")), f"{MANIFEST}, line 1,"),
        "listed twice": (zipped(tmp_path / "j", (MANIFEST, (b"0" * 64 + b"  a\n") * 2)), "line 2,"),
    }
    for octets, reason in bad.values():
        path = tmp_path / "pack.zip"
        path.write_bytes(octets if isinstance(octets, bytes) else octets.read_bytes())
        done = command("verify", path)
        assert (done.exit_code, reason in done.output) == (2, True), done.output
    for path in (tmp_path, tmp_path / "missing"):
        assert command("verify", path).exit_code == 2


def test_any_octet_of_the_zip_file_may_be_damaged(packed: Path, tmp_path: Path) -> None:
    octets = packed.read_bytes()
    path = tmp_path / "pack.zip"
    for place in range(7, len(octets), len(octets) // 60):
        path.write_bytes(octets[:place] + bytes([octets[place] ^ 0x55]) + octets[place + 1 :])
        done = command("verify", path)
        assert done.exit_code in {0, 1, 2}, done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)
    for length in range(0, len(octets), len(octets) // 20):
        path.write_bytes(octets[:length])
        assert command("verify", path).exit_code == 2


def test_reports_of_another_journal_are_not_packed(reports: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    shutil.copytree(reports, folder)
    results = folder / "results.json"
    results.write_bytes(results.read_bytes().replace(b'"fail"', b'"pass"'))
    done = command("pack", "--reports", folder, "--output", tmp_path / "pack.zip")
    assert done.exit_code == 2
    assert "dsp-conformance report --reports" in done.output
    assert not (tmp_path / "pack.zip").exists()


def test_a_killed_run_can_be_packed_and_says_so(reports: Path, tmp_path: Path) -> None:
    lines = (reports / journal.NAME).read_bytes().splitlines(keepends=True)
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / journal.NAME).write_bytes(b"".join(lines[:-4]))
    assert command("report", "--reports", tmp_path / "r").exit_code == 0
    assert command("pack", "--reports", tmp_path / "r", "--output", tmp_path / "p.zip").exit_code == 0
    done = command("verify", tmp_path / "p.zip")
    assert done.exit_code == 0
    assert "the run did not come to its end" in done.output
    assert "no verdict" in done.output


def test_key_and_certificate_are_checked(
    reports: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = ("pack", "--reports", reports, "--output", tmp_path / "p.zip")
    locked = ("--key", keys / "locked.key", "--certificate", keys / "ec.pem")
    assert command(*base, "--key", keys / "ec.key").exit_code == 2
    wrong = command(*base, "--key", keys / "ec.key", "--certificate", keys / "rsa.pem")
    assert (wrong.exit_code, "does not belong to" in wrong.output) == (2, True)
    assert command(*base, *locked).exit_code == 2
    assert command(*base, *locked, "--key-password-env", "PACK_PASSWORD").exit_code == 2
    monkeypatch.setenv("PACK_PASSWORD", "open sesame")
    done = command(*base, *locked, "--key-password-env", "PACK_PASSWORD")
    assert done.exit_code == 0, done.output
    assert "open sesame" not in done.output
    assert b"PRIVATE KEY" not in (tmp_path / "p.zip").read_bytes()
    assert command("verify", tmp_path / "p.zip", "--ca", keys / "ca.pem").exit_code == 0
