"""`dsp-conformance stub`: the bundled reference DSP."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

__all__ = ["stub"]


@click.group()
def stub() -> None:
    """The bundled reference DSP."""


@stub.command()
@click.option("--host", metavar="ADDRESS", help="The address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port", type=int, metavar="N", help="The port to listen on; 0 for any free one.  [default: 0]"
)
@click.option("--before-mp105", is_flag=True, help="Be the DSP as it was before the change.")
@click.option(
    "--rejection-code",
    metavar="CODE",
    help="The code for a device status that does not allow a request.  [default: E51]",
)
@click.option(
    "--schema-folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The published DUIS schema files, instead of the bundled profile.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Holds the bearer token of the Testbed Control API; needed where others can reach the stub.",
)
@click.option(
    "--max-message-size",
    type=int,
    metavar="OCTETS",
    help="The largest message that is read.  [default: 16 MiB]",
)
@click.option(
    "--delivery-attempts",
    type=int,
    metavar="N",
    help="How often a response is posted to a User that does not take it.",
)
@click.option(
    "--advertised-url",
    metavar="URL",
    help="The base of the addresses told to others, where they reach the stub by another name.",
)
@click.option(
    "--tls",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Speak https, by the certificates in this folder; they are made if it has none. A target file for"
    " the suite is put there too.",
)
@click.option("--mutual-tls", is_flag=True, help="With --tls: demand client certificates.")
@click.option(
    "--deviation",
    "deviations",
    multiple=True,
    metavar="ID",
    help="Differ from that DSP in one named way; may be given several times.",
)
def serve(**given: Any) -> None:
    """Serve the reference DSP until SIGTERM or SIGINT.

    When it is ready, one line of JSON on standard output tells its addresses.
    """
    from dsp_conformance.stub.server import serve as serve_stub  # noqa: PLC0415 - see the package
    from dsp_conformance.stub.settings import StubSettings  # noqa: PLC0415 - see the package

    # Each option has the name of its setting; what is not given keeps the setting's own default.
    chosen = {name: value for name, value in given.items() if value not in {None, ()}}
    sys.exit(serve_stub(StubSettings(**chosen)))
