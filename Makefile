# Every target works in a fresh clone: the virtual environment is made, and made anew when the pins change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: conformance test selfcheck lint format types imports wheel bench docs constraints clean

conformance: $(INSTALLED)  ## run the suite against the bundled stub; results in reports/latest/
	$(BIN)/dsp-conformance run -n auto

test: $(INSTALLED)  ## run the project's own tests
	$(BIN)/pytest -n 2 --dist loadfile

selfcheck: $(INSTALLED)  ## prove that the suite can fail; the kill matrix in reports/selfcheck/
	$(BIN)/dsp-conformance selfcheck

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(INSTALLED)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(INSTALLED)
	$(BIN)/mypy

imports: $(INSTALLED)  ## check who may know whom (ARCHITECTURE.md)
	$(BIN)/lint-imports

wheel: $(INSTALLED)  ## build dist/dsp_conformance-*.whl, which runs without a checkout
	$(BIN)/python -m hatchling build -t wheel

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

docs: $(INSTALLED)  ## make anew what is made of the target file's form
	$(BIN)/python -m dsp_conformance.target src/dsp_conformance/base/schemas/target.schema.json docs/target-file.md

constraints:  ## choose the pinned versions anew; needs the program `uv`
	uv pip compile --quiet --universal --upgrade --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--extra test pyproject.toml -o constraints.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find reports -mindepth 1 ! -name README.md -delete

# `--clear` drops what an older set of pins, or an install that was broken off, may have left behind.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("needs Python 3.11 or newer: make PYTHON=python3.x" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -e '.[test]' -c constraints.txt
	touch $(INSTALLED)
