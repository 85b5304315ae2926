"""`python -m dsp_conformance` is `dsp-conformance`."""

from __future__ import annotations

from dsp_conformance.cli import main

if __name__ == "__main__":
    main(prog_name="dsp-conformance")
