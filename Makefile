# SPDX-License-Identifier: Apache-2.0
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup system demo test test-sqlite test-postgresql lint fix bench docs shots replay soak soak-mass migrations clean

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# else each of the many commands that tests start compiles every library anew
unexport PYTHONDONTWRITEBYTECODE
PORT ?= 8000
SERVE ?= 1
RUN := .venv/bin/python
PYTEST := $(RUN) -m pytest -q
WORKERS ?= 2
DEMO_HOME ?= var/demo

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

setup:  ## make .venv with everything from the lock file
	@scripts/setup.sh

system:  ## install what the browser tests need (Chromium, a Chinese font)
	@scripts/system_packages.sh

demo: setup  ## run the main job on the sample lender and serve the pages (SERVE=0 ends after the summary)
	@rm -rf $(DEMO_HOME)
	@RIGHTPARTY_HOME=$(DEMO_HOME) RIGHTPARTY_PUBLIC_URL=http://127.0.0.1:$(PORT) .venv/bin/rightparty demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve,)

test: setup system lint test-sqlite test-postgresql  ## everything: lint, all tests on SQLite with coverage, store tests on PostgreSQL

test-sqlite: setup
	$(RUN) -m coverage erase
	$(PYTEST) -n $(WORKERS) --dist loadgroup --cov --cov-report= --durations=8
	$(RUN) -m coverage report --skip-covered --sort=cover | tail -n 25

# what never touches the store is not run on the second one
STORE_TESTS := tests/integration tests/simulation tests/properties/correctable tests/properties/right_debt \
	tests/properties/right_party/test_merge_split_and_relink.py
NO_STORE := tests/integration/policy tests/integration/providers tests/integration/parties/test_linkage_on_spark.py

test-postgresql: setup
	RIGHTPARTY_TEST_STORE=postgresql $(PYTEST) -n $(WORKERS) --dist loadgroup $(STORE_TESTS) $(addprefix --ignore=,$(NO_STORE))

lint: setup  ## ruff, mypy, the rooms' import rules
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports --no-logo
	.venv/bin/mypy

fix: setup  ## let ruff repair what it can
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: setup  ## all benchmarks, each beside its floor
	for name in import_rows plan_accounts gate_releases; do $(RUN) -m benchmarks.$$name --json; done

docs: setup  ## build the pages of docs/ into site-docs/
	.bootstrap/bin/uv run --locked --group docs zensical build

shots: setup system  ## take pictures of a served demo: make shots PASSWORD=… (URL=http://127.0.0.1:8000)
	$(RUN) scripts/take_shots.py $(or $(URL),http://127.0.0.1:8000) "$(PASSWORD)" var/shots

replay: setup  ## run one history of the simulation again and print it: make replay SEED=… (GATE=whole, KIND=mass, PERSONS=…)
	RIGHTPARTY_SIM_SEED=$(SEED) RIGHTPARTY_SIM_GATE=$(GATE) RIGHTPARTY_SIM_KIND=$(KIND) RIGHTPARTY_SIM_PERSONS=$(PERSONS) $(PYTEST) -s tests/simulation/test_histories.py tests/simulation/test_mass_histories.py -k replay

soak: setup  ## run the simulation for hours, then kill workers; adds to docs/reference/soak-report.md: make soak HOURS=8 (KIND=light, whole or large)
	$(RUN) -W ignore -m tests.simulation.soak --hours $(or $(HOURS),1) --kind $(or $(KIND),light) --first $(or $(FIRST),1000000)
	$(MAKE) -j 2 drill-sqlite drill-postgresql

drill-%: setup  ## kill workers on one store: make drill-sqlite, make drill-postgresql (KILLS=5000 SEED=…)
	$(RUN) -W ignore -m tests.simulation.kill_drill --store $* --kills $(or $(KILLS),1000) --seed $(or $(SEED),1)

soak-mass: setup  ## simulate so many releases with faults, each judged: make soak-mass RELEASES=5000000 SEED=1000000 (GATE=light)
	$(RUN) -W ignore -m tests.simulation.soak --kind mass --hours 24 --releases $(or $(RELEASES),1000000) --seed $(or $(SEED),1000000) --gate $(or $(GATE),whole)

migrations: setup
	$(RUN) manage.py makemigrations --check --dry-run

clean:  ## remove what was built and stored here
	rm -rf .venv .bootstrap var site-docs .mypy_cache .ruff_cache .pytest_cache .hypothesis
