#!/usr/bin/env bash
# Pins every dependency with its hashes: run.txt for users, test.txt for us, protoc.txt for the generator.
set -euo pipefail
compile=(.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade)
"${compile[@]}" --extra agent --extra collector pyproject.toml --output-file deploy/lock/run.txt
"${compile[@]}" --all-extras --group test pyproject.toml --output-file deploy/lock/test.txt
"${compile[@]}" deploy/lock/protoc.in --output-file deploy/lock/protoc.txt
