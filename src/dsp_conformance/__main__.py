"""`dsp-conformance`, and `python -m dsp_conformance`: the program from its first line to its last.

An exit code is a verdict (requirement ledger, "Verdicts"), and 1 says that a product is non-conformant.
Python itself ends with 1 after any error that nobody caught, and click after an interrupt or where nobody
reads the output. So nothing leaves the program but what a command answered; all else ends with 4, which says
that the suite itself failed.
"""

from __future__ import annotations

import sys
import traceback
from typing import Final, NoReturn

__all__ = ["program"]

_UNUSABLE: Final = 2
_SUITE_FAILED: Final = 4


def program() -> NoReturn:
    """Run the command line, and end with the code that the command answered, or with 4."""
    try:
        code = _answer()
    except SystemExit as ended:
        code = _code_of(ended)
    except BaseException as failure:  # noqa: BLE001 - whatever it is, it is no verdict
        code = _failed(failure)
    sys.exit(code)


def _answer() -> int:
    import click  # noqa: PLC0415 - what cannot be imported is no verdict either

    from dsp_conformance.cli import main  # noqa: PLC0415 - as above

    try:
        answer = main.main(prog_name="dsp-conformance", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return max(error.exit_code, _UNUSABLE)  # click's own errors are about what was typed, and may say 1
    return answer if isinstance(answer, int) else 0


def _code_of(ended: SystemExit) -> int:
    """The code with which a command ended itself; a text instead of a code would become 1."""
    innermost = [frame for frame, _line in traceback.walk_tb(ended.__traceback__)][-1]
    if innermost.f_globals.get("__name__") == "click.core":
        return _SUITE_FAILED  # click's own end, as nobody reads the output
    if ended.code is None or isinstance(ended.code, int):
        return ended.code or 0
    print(ended.code, file=sys.stderr)  # noqa: T201 - as Python itself does
    return _SUITE_FAILED


def _failed(failure: BaseException) -> int:
    """Say on standard error what kept the program from an answer."""
    interrupted = isinstance(failure, KeyboardInterrupt) or type(failure).__name__ == "Abort"
    if not interrupted:
        traceback.print_exception(failure)
    what = "Interrupted" if interrupted else "The program failed"
    print(f"{what}: this says nothing about the product.", file=sys.stderr)  # noqa: T201 - the last word
    return _SUITE_FAILED


if __name__ == "__main__":
    program()
