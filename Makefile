# The commands of the project. Everything happens in .venv; see README.md.

PYTHON ?= python3
PORT ?= 8000
PY := .venv/bin/python
PIP := .venv/bin/pip --disable-pip-version-check --quiet

RUN_STAMP := .venv/.runtime
DEV_STAMP := .venv/.development

.PHONY: run setup test check bench drill lock format

run: setup
	@PATHWAY_DEMO=1 .venv/bin/pathway upgrade
	@PATHWAY_DEMO=1 .venv/bin/pathway demo --if-empty
	@PATHWAY_DEMO=1 exec .venv/bin/pathway serve --port $(PORT)

setup: $(RUN_STAMP)
	@$(PY) assets/build.py

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit("Pathway needs Python 3.11 or newer." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

# A development environment holds everything that running needs, so the two
# stamps stand for each other only in that direction.
$(RUN_STAMP): requirements/runtime.txt pyproject.toml | $(PY)
	$(PIP) install --require-hashes -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(RUN_STAMP)
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

test: setup $(DEV_STAMP)
	$(PY) -m pytest

check: setup $(DEV_STAMP)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m pytest -q -p no:cacheprovider -n 0 tests/house/test_migrations.py -k "match or linear"

format:
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: setup $(DEV_STAMP)
	$(PY) -m bench

# Two hundred rounds of what kills processes; set PATHWAY_ROUNDS for another number.
drill: setup $(DEV_STAMP)
	PATHWAY_ROUNDS=$${PATHWAY_ROUNDS:-200} $(PY) -m pytest -m drill

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml requirements/build.in -o requirements/runtime.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --extra dev requirements/build.in -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q requirements/assets.in -o requirements/assets.txt
