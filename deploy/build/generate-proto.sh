#!/usr/bin/env bash
# Makes proto/barwatch_proto/v1/*_pb2* from the .proto files; with --check only says whether the committed ones are fresh.
set -euo pipefail
python=.venv/protoc-environment/bin/python
out=proto
if [ "${1:-}" = --check ]; then
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi
v1=proto/barwatch_proto/v1
PATH="$PWD/.venv/protoc-environment/bin:$PATH" "$python" -m grpc_tools.protoc -I proto \
	--python_out="$out" --mypy_out="quiet:$out" "$v1"/*.proto
PATH="$PWD/.venv/protoc-environment/bin:$PATH" "$python" -m grpc_tools.protoc -I proto \
	--grpc_python_out="$out" --mypy_grpc_out="quiet:$out" "$v1/telemetry.proto"
if [ "$out" != proto ]; then
	for file in "$out"/barwatch_proto/v1/*; do
		cmp -s "$file" "$v1/$(basename "$file")" || { echo "$v1/$(basename "$file") is not what protoc makes of the .proto files: run 'make proto'" >&2; exit 1; }
	done
fi
