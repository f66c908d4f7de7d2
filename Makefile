# make run · make test · make check · make bench: each does all of its own set-up.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
RUN_SECONDS ?=
GRPC_PORT ?= 7443
HTTP_PORT ?= 7480
AGENT_PORT ?= 7481
STATE ?= .barwatch
WINDOWS_PYTHON ?=
WINDOWS_DRIVER ?=

.PHONY: help run test test-guests lab check bench bench-triage bench-correlate bench-correlate-speed \
	bench-experiments format proto lock golden windows clean debian-packages

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: .venv/run ## start a collector and an agent here, and show what they find (RUN_SECONDS=N ends by itself)
	@$(BIN)/python deploy/run_here.py --state $(STATE) --grpc-port $(GRPC_PORT) --http-port $(HTTP_PORT) \
		--agent-port $(AGENT_PORT) $(if $(RUN_SECONDS),--seconds $(RUN_SECONDS))

test: check debian-packages ## make check, then every test
	$(BIN)/pytest -n 2 --dist loadgroup

test-guests: .venv/test debian-packages ## only the kernel driver and the lab, in guests of QEMU
	$(BIN)/pytest -n 2 --dist loadgroup tests/lab tests/driver

lab: .venv/test debian-packages ## boot the lab's hosts in QEMU, play every scenario, leave the collector up to be asked
	$(BIN)/python -m tests.lab

check: .venv/test .venv/protoc ## formatting, lint, types, import rules, protocol (under a minute)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --platform linux
	$(BIN)/mypy --platform win32 -p barwatch_agent -p barwatch_collector -p barwatch_proto
	$(BIN)/lint-imports
	$(BIN)/protolint lint -config_path proto/.protolint.yaml proto
	deploy/build/generate-proto.sh --check

bench: .venv/test ## figures, as ratios against a peer in the same run
	$(BIN)/python -m tests.bench

bench-triage: .venv/test ## how often triage is right on the evidence files of tests/triage: a confusion matrix
	$(BIN)/python -m tests.triage

bench-correlate: .venv/test ## how often the planted cause is found, beside peers where they are installed
	$(BIN)/python -m tests.bench_correlate

bench-correlate-speed: .venv/test ## how long and how much memory explaining large tables takes
	$(BIN)/python -m tests.bench_correlate_speed

bench-experiments: .venv/test ## how many experiments it takes to know the cause
	$(BIN)/python -m tests.bench_experiments

format: .venv/test ## apply the formatter and the safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

proto: .venv/protoc ## make the Python code of the protocol anew
	deploy/build/generate-proto.sh

golden: .venv/test ## rewrite the golden files; read the difference before you commit it
	$(BIN)/pytest -n 2 --update-golden

lock: .venv/test ## pin the newest allowed versions of everything
	$(BIN)/pip --quiet install uv && deploy/build/lock.sh

windows: .venv/test debian-packages ## dist/windows: MSI of the agent, and the driver (WINDOWS_PYTHON=FILE, WINDOWS_DRIVER=FOLDER)
	@$(BIN)/python -m deploy.windows $(if $(WINDOWS_PYTHON),--python "$(WINDOWS_PYTHON)") \
		$(if $(WINDOWS_DRIVER),--driver "$(WINDOWS_DRIVER)")

clean: ## remove what the project built; the state of make run stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist

debian-packages: ## Debian packages that tests use; says what it cannot install
	@deploy/build/debian-packages.sh

.venv/run: deploy/lock/run.txt
	@deploy/build/environment.sh "$(PYTHON)" .venv deploy/lock/run.txt
	@touch $@

.venv/test: .venv/run deploy/lock/test.txt
	@deploy/build/environment.sh "$(PYTHON)" .venv deploy/lock/test.txt
	@touch $@

.venv/protoc: .venv/run deploy/lock/protoc.txt
	@deploy/build/environment.sh "$(PYTHON)" .venv/protoc-environment deploy/lock/protoc.txt
	@touch $@
