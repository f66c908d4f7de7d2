#!/usr/bin/env bash
# Makes a virtual environment and installs a lock file into it: environment.sh PYTHON FOLDER LOCK
set -euo pipefail
python=$1 folder=$2 lock=$3

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
	echo "barwatch needs Python 3.11 or newer, and '$python' is not: install it, or name it with 'make PYTHON=/path/to/python3.11'" >&2
	exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "barwatch: installing Debian's python3-venv" >&2
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
	else
		echo "barwatch: '$python' cannot make virtual environments; as root run: apt-get install python3-venv" >&2
		exit 1
	fi
fi
# An interrupted venv has a python and no pip: what does not answer is made anew.
if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
	"$python" -m venv --clear "$folder"
fi
echo "barwatch: installing $lock into $folder" >&2
"$folder/bin/python" -m pip --disable-pip-version-check install --quiet --require-hashes --requirement "$lock"
# Our own packages run from the checkout: one .pth file, no build.
site=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$PWD/agent" "$PWD/collector" "$PWD/proto" >"$site/barwatch.pth"
# And the commands that an installation would have.
for command in barwatch=barwatch_collector.ask.__main__:main barwatch-agent=barwatch_agent.__main__:entry \
	barwatch-collector=barwatch_collector.__main__:entry; do
	entry=${command#*=} file=$folder/bin/${command%%=*}
	# Worker processes of Python's import this file again, and must not run it.
	printf '#!%s\nfrom %s import %s\n\nif __name__ == "__main__":\n    %s()\n' \
		"$PWD/$folder/bin/python" "${entry%:*}" "${entry#*:}" "${entry#*:}" >"$file"
	chmod 755 "$file"
done
