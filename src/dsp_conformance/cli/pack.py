"""`dsp-conformance pack` and `dsp-conformance verify`: evidence to give away, and what it is worth."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsp_conformance.cli.usage import Unusable

if TYPE_CHECKING:
    from dsp_conformance.pack.signing import Signer
    from dsp_conformance.pack.verifying import Trust, Verification

__all__ = ["pack", "verify"]

_FAILED = 1


@click.command()
@click.option(
    "--reports",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("reports/latest"),
    show_default=True,
    help="The reports of the run.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="PACK", required=True, help="The zip file to write."
)
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="The tester's private key.")
@click.option(
    "--certificate", type=click.Path(path_type=Path), metavar="FILE", help="The certificate of that key."
)
@click.option(
    "--key-password-env",
    metavar="VARIABLE",
    help="The environment variable that holds the key's password, if it has one.",
)
def pack(
    *,
    reports: Path,
    output: Path,
    key: Path | None,
    certificate: Path | None,
    key_password_env: str | None,
) -> None:
    """Put the evidence of a run into one zip file that anybody can verify offline.

    It holds the reports, the journal, what the run rested on, and a SHA-256 digest of each file; signed, if
    a key is given.

    \b
    Exit codes:
      0  the pack is written
      2  the command, the reports, the key or the certificate cannot be used
    """  # noqa: D301 - the backslash is click's sign for lines to be kept as they are
    from dsp_conformance.pack.errors import PackError  # noqa: PLC0415 - see the package
    from dsp_conformance.pack.making import make_pack  # noqa: PLC0415 - see the package
    from dsp_conformance.record.journal import JournalError  # noqa: PLC0415 - see the package

    if (key is None) != (certificate is None):
        raise click.UsageError("--key and --certificate go together: give both or none.")
    if output.is_dir() or output.resolve().is_relative_to(reports.resolve()):
        raise click.UsageError(f"--output: expected a file outside of the reports, found {output}.")
    try:
        signer = _signer(key, certificate, key_password_env)
        source = make_pack(reports, output, signer)
    except (PackError, JournalError) as error:
        raise Unusable(str(error)) from None
    signed = f"signed by {signer.certificate.subject.rfc4514_string()}" if signer else "not signed"
    click.echo(source.results["verdict"]["sentence"])
    click.echo(f"{output}: {output.stat().st_size} octets, {signed}")


def _signer(key: Path | None, certificate: Path | None, variable: str | None) -> Signer | None:
    from dsp_conformance.pack.signing import load_signer  # noqa: PLC0415 - see the package

    password = None
    if variable is not None:
        password = os.environ.get(variable)
        if password is None:
            raise Unusable(f"--key-password-env: expected a password in {variable}, found nothing there.")
    return None if key is None or certificate is None else load_signer(key, certificate, password)


@click.command()
@click.argument("pack", type=click.Path(path_type=Path))
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The tester's certificate, as you have it from the tester: the pack must be signed with its key.",
)
@click.option(
    "--ca",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The certificate of the authority that must have issued the tester's.",
)
def verify(*, pack: Path, certificate: Path | None, ca: Path | None) -> None:
    """Verify an evidence pack, offline.

    Its files are held against its manifest, the manifest against its signature, and the verdicts in its
    reports against those that follow from its journal.

    \b
    Exit codes:
      0  nothing is wrong with it
      1  verification failed: each altered, missing or added file and each contradiction is named
      2  it cannot be used: no pack, or one that is not safe to look at
    """  # noqa: D301 - the backslash is click's sign for lines to be kept as they are
    from dsp_conformance.pack.errors import PackError  # noqa: PLC0415 - see the package
    from dsp_conformance.pack.verifying import verify as verified  # noqa: PLC0415 - see the package

    try:
        found = verified(pack, _trust(certificate, ca))
    except PackError as error:
        raise Unusable(f"the pack {pack} cannot be used: {error}") from None
    for problem in found.problems():
        click.echo(problem)
    if not found.good:
        click.echo(f"{pack}: verification failed")
        sys.exit(_FAILED)
    _tell(pack, found)


def _trust(certificate: Path | None, ca: Path | None) -> Trust:
    from dsp_conformance.pack.signing import load_pem  # noqa: PLC0415 - see the package
    from dsp_conformance.pack.verifying import Trust  # noqa: PLC0415 - see the package

    return Trust(None if certificate is None else load_pem(certificate), None if ca is None else load_pem(ca))


def _tell(pack: Path, found: Verification) -> None:
    click.echo(f"{pack}: all {found.files} files are as the manifest says")
    if found.trusted:
        click.echo(f"signed by {found.signed_by}, whom you trust")
    elif found.signed_by:
        click.echo(
            f"signed by {found.signed_by}, says the pack itself: to be sure, give --certificate or --ca"
        )
    else:
        click.echo("not signed: whoever altered it may have written the manifest anew")
    assert found.source is not None, "a good pack has a journal that was read"
    click.echo("the verdicts follow from the journal:")
    click.echo(f"  {found.source.results['verdict']['sentence']}")
    if not found.source.complete:
        click.echo(f"  {found.source.run.suite_errors[0]}")
