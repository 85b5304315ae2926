"""The command line. Each command imports what it needs when it runs, so that `--help` answers at once.

Exit codes: 0 conformant, 1 non-conformant, 2 usage or configuration, 3 inconclusive, 4 the suite itself
failed, 5 nothing ran (requirement ledger, "Verdicts"), 6 conformant but not all added scenarios passed.
"""

from __future__ import annotations

import click

from dsp_conformance.cli.diff import diff
from dsp_conformance.cli.doctor import doctor
from dsp_conformance.cli.eject import eject
from dsp_conformance.cli.init import init
from dsp_conformance.cli.ledger import requirements, trace
from dsp_conformance.cli.pack import pack, verify
from dsp_conformance.cli.report import report
from dsp_conformance.cli.run import run
from dsp_conformance.cli.schema import schema
from dsp_conformance.cli.selfcheck import selfcheck
from dsp_conformance.cli.stub import stub
from dsp_conformance.cli.testbed import testbed

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dsp-conformance", message="%(prog)s %(version)s")
def main() -> None:
    """Tells whether a DSP does what Smart Energy Code modification MP105 asks."""


main.add_command(init)
main.add_command(doctor)
main.add_command(run)
main.add_command(report)
main.add_command(pack)
main.add_command(verify)
main.add_command(diff)
main.add_command(stub)
main.add_command(testbed)
main.add_command(selfcheck)
main.add_command(requirements)
main.add_command(trace)
main.add_command(schema)
main.add_command(eject)
