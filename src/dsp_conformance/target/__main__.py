"""Writes what is made of the form: `python -m dsp_conformance.target SCHEMA REFERENCE` (see `make docs`)."""

from __future__ import annotations

import sys
from pathlib import Path

from dsp_conformance.target.json_schema import schema_text
from dsp_conformance.target.reference import reference

if __name__ == "__main__":
    schema, page = map(Path, sys.argv[1:])
    schema.write_text(schema_text(), encoding="utf-8")
    page.write_text(reference(), encoding="utf-8")
