"""`dsp-conformance schema`: prints the schemas of what the suite writes and reads."""

from __future__ import annotations

import click

from dsp_conformance.cli.usage import Unusable

__all__ = ["schema"]


@click.command()
@click.argument("name", required=False)
def schema(*, name: str | None) -> None:
    """Print the schema called NAME, or name the schemas that there are.

    They are published for whoever reads results.json and the other outputs, or writes a target file.
    """
    from dsp_conformance.base.published import (  # noqa: PLC0415 - see the package
        NoSuchSchema,
        schema_files,
        schema_text,
    )

    if name is None:
        for known, file in schema_files().items():
            click.echo(f"{known}  {file.name}")
        return
    try:
        click.echo(schema_text(name), nl=False)
    except NoSuchSchema as error:
        raise Unusable(str(error)) from None
