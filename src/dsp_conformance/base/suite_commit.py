"""Which commit of the suite runs."""

import subprocess
from functools import cache
from pathlib import Path

_PATIENCE = 5


@cache
def suite_commit(root: Path) -> str:
    """Return the commit that is checked out in `root`, with " and changes" where tracked files differ.

    Empty where `root` is no checkout of its own, or git is not there to tell.
    """
    told = _git(root, "rev-parse", "--show-toplevel", "HEAD").split()
    if len(told) != 2 or Path(told[0]).resolve() != root:  # noqa: PLR2004 - one line for each question
        return ""
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{told[1]} and changes" if changed else told[1]


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", str(root), *arguments],  # noqa: S607 - whichever git the tester has
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
