# Requires only Python and make: `make setup` installs uv into .venv.
PYTHON ?= python3
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
unexport PYTHONDONTWRITEBYTECODE # tests start many processes, which reuse compiled files
RUN := .venv/bin
NPM := tests/slack/npm
ISSUE_FORMS = $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))

.PHONY: setup demo test test-all lint format bench screenshot clean

setup: .venv/.synced

.venv/.synced: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ecr-clean requires Python 3.11 or newer. Set one: make PYTHON=python3.12 ...")'
	@test -x $(RUN)/python || $(PYTHON) -m venv .venv
	@test -x $(RUN)/uv || $(RUN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(RUN)/uv sync --locked --all-extras --compile-bytecode --quiet
	@touch $@

demo: setup
	@$(RUN)/ecr-clean demo

test: setup
	$(RUN)/pytest -n auto --dist loadgroup -m "not slow"

test-all: setup $(NPM)/node_modules/.package-lock.json # what CI runs
	$(RUN)/pytest -n auto --dist loadgroup --cov --hypothesis-profile=thorough

$(NPM)/node_modules/.package-lock.json: $(NPM)/package-lock.json # if this fails, a test tells
	-@npm ci --prefix $(NPM) --ignore-scripts --no-audit --no-fund --loglevel=error

lint: setup
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/hadolint Dockerfile
	$(RUN)/cfn-lint deploy/cloudformation/*.yaml
	$(RUN)/kubernetes-validate --strict --quiet $$(find deploy/kubernetes deploy/example -name '*.yaml' ! -name kustomization.yaml)
	$(RUN)/zizmor --offline --quiet --persona=auditor --strict-collection .
	$(RUN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(RUN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(RUN)/check-jsonschema --builtin-schema vendor.github-issue-forms $(ISSUE_FORMS)
	$(RUN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml

format: setup
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

bench: setup
	$(RUN)/python -m benchmarks

screenshot: setup # updates docs/report.png and docs/cost.png
	$(RUN)/python docs/screenshot.py

clean:
	rm -rf .venv .coverage* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis $(NPM)/node_modules
