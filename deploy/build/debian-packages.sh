#!/usr/bin/env bash
# Installs the Debian packages that the tests use, where they are missing and we may. Tests that need a missing one skip and say so.
set -euo pipefail
declare -A provides=(
	[prometheus]=/usr/bin/promtool [postgresql]=/usr/lib/postgresql [pciutils]=/usr/bin/lspci
	# guests in which the kernel driver runs and reads fail
	[qemu-system-x86]=/usr/bin/qemu-system-x86_64 [linux-image-amd64]='/boot/vmlinuz-*'
	[linux-headers-amd64]='/lib/modules/*/build' [busybox-static]=/bin/busybox [cpio]=/usr/bin/cpio [kmod]=/sbin/modprobe
	[acpica-tools]=/usr/bin/iasl
	# Apache Spark runs on it
	[openjdk-17-jre-headless]=/usr/lib/jvm/java-17-openjdk-amd64/bin/java
	# Windows: the driver built and signed, the agent and the driver executed
	[gcc-mingw-w64-x86-64]=/usr/bin/x86_64-w64-mingw32-gcc [osslsigncode]=/usr/bin/osslsigncode [openssl]=/usr/bin/openssl
	[wine]=/usr/bin/wine [wine64]=/usr/lib/wine/wine64
	# its package
	[wixl]=/usr/bin/wixl [msitools]=/usr/bin/msibuild [faketime]=/usr/bin/faketime
	# the driver built, its request checker fuzzed
	[gcc]=/usr/bin/gcc [sparse]=/usr/bin/sparse [clang]=/usr/bin/clang
	[libclang-rt-14-dev]='/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a'
)
missing=()
for package in "${!provides[@]}"; do
	compgen -G "${provides[$package]}" >/dev/null || missing+=("$package")
done
[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "barwatch: not installed: ${missing[*]}; tests that need them will be skipped. As root: apt-get install ${missing[*]}" >&2
	exit 0
fi
echo "barwatch: installing Debian packages ${missing[*]}" >&2
# Servers are started by the tests, on ports of their own choice; Debian must not start its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
	trap 'rm -f $policy' EXIT
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
