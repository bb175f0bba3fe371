# What people and CI type. Every target sets up what it needs first: tools/setup.sh.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-unit test-marked lint benchmark mutate clean lock
SHELL := /bin/sh
python := .venv/bin/python
# Python's modules are compiled once, not at each start of the thousands of processes that the tests begin.
export PYTHONDONTWRITEBYTECODE :=
# Machines boot as root on Linux alone; elsewhere the other tests still run.
slow := $(if $(filter Linux-0,$(shell uname -s)-$(shell id -u)),machines or engine or build or slow or browser,(engine or build or slow or browser) and not machines)

help: ## Shows this list.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

setup: ## Makes this machine ready: Debian packages, .venv, Go, the Pulumi CLI.
	@tools/setup.sh

demo: ## Places, provisions, configures, loses a provider and rebalances, on real machines (root on Linux).
	@tools/setup.sh machines
	@$(python) examples/demo/run.py

test: test-unit test-marked ## Runs all tests: the fast ones, then machines, engine and builds.

test-unit: setup ## Runs the fast tests.
	$(python) -m pytest -q -n auto -m "not machines and not engine and not build and not slow and not browser"

test-marked: setup build/benchmark/.installed # CP-SAT, which placement is held against
	@tools/setup.sh browser
	$(python) -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder -m "$(slow)"

lint: setup ## Style, types and import contracts.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy orchestrator tools tests stacks
	.venv/bin/lint-imports

benchmark: build/benchmark/.installed ## Measures placement beside CP-SAT and a greedy scheduler; docs/benchmarks.md.
	$(python) -m benchmarks.placement

# CP-SAT and HiGHS cannot share a process, nor an environment with what this project is pinned to.
build/benchmark/.installed: benchmarks/requirements.lock | setup
	$(python) -m venv --clear build/benchmark
	build/benchmark/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

mutate: build/mutate/.installed ## Changes policy and placement in thousands of small ways; some test must fail each time.
	$(python) -m tools.mutate

build/mutate/.installed: tools/mutate/requirements.lock | setup
	$(python) -m venv --clear build/mutate
	build/mutate/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

clean: ## Removes all that the project has put on this machine, rehearsals and caches too.
	@if [ -x $(python) ]; then $(python) -m orchestrator.rehearsal clean --all || true; fi
	@tools/clean.sh

lock: ## Resolves the Python packages anew (needs uv on PATH).
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml --all-extras --group dev -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 -c requirements.lock .github/actions/check/requirements.in -o .github/actions/check/requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 tools/go/requirements.in -o tools/go/requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 benchmarks/requirements.in -o benchmarks/requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 tools/mutate/requirements.in -o tools/mutate/requirements.lock
