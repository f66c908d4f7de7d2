"""The request checker of both drivers, in user space: against a second opinion, sanitised, measured and fuzzed."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SANITIZED = ("-g", "-O1", "-fsanitize=address,undefined")
FUZZ_SECONDS = 10


def _run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    return done.stdout


def test_the_checker_agrees_with_a_second_opinion_at_every_boundary(compiled: Callable[..., Path]) -> None:
    """checker/check.c says the contract again in other words; sanitisers watch."""
    program = compiled("gcc", HERE / "checker/check.c", *SANITIZED, "-fno-sanitize-recover=all")

    assert int(_run(program, cwd=program.parent).split()[0]) > 400_000


def test_the_second_opinion_asks_about_every_branch(
    compiled: Callable[..., Path], tool: Callable[[str, str], str]
) -> None:
    """100 % of branches and lines of what the drivers are made of, as gcov counts them."""
    program = compiled("gcc", HERE / "checker/check.c", "-O0", "--coverage")
    _run(program, cwd=program.parent)
    notes = next(program.parent.glob("*.gcda"))
    files = json.loads(_run(tool("gcov", "gcc"), "--json-format", "-b", "-t", notes, cwd=program.parent))["files"]
    checked = {Path(file["file"]).name: file["lines"] for file in files if "driver/common" in file["file"]}
    lines = [(f"{name}:{line['line_number']}", line) for name, found in checked.items() for line in found]
    branches = [(where, branch["count"]) for where, line in lines for branch in line["branches"]]

    assert set(checked) == {"bw_check.h", "bw_policy.h"}
    assert len(branches) > 150
    assert [where for where, count in branches if count == 0] == []
    assert [where for where, line in lines if line["count"] == 0] == []


def test_no_bytes_from_user_space_get_more_than_a_rule_grants(compiled: Callable[..., Path], tmp_path: Path) -> None:
    """LibFuzzer on policies and requests, for a bounded time; what it finds is a file that fails from then on."""
    program = compiled("clang", HERE / "checker/fuzz.c", "-g", "-O1", "-fsanitize=fuzzer,address,undefined")
    seconds = int(os.environ.get("BARWATCH_FUZZ_SECONDS", FUZZ_SECONDS))  # noqa: TID251 - longer runs by hand

    _run(program, f"-max_total_time={seconds}", "-max_len=1200", f"-artifact_prefix={tmp_path}/", cwd=tmp_path)


@pytest.mark.parametrize("target", ["x86_64-linux-gnu", "i386-linux-gnu", "aarch64-linux-gnu", "x86_64-windows-gnu"])
def test_the_contract_has_one_layout_for_all(
    target: str, tmp_path: Path, driver: Path, tool: Callable[[str, str], str]
) -> None:
    """The checker asserts the size of each struct when it is compiled; here for 32 bits, another CPU, and Windows."""
    source = tmp_path / "target.c"
    windows = (
        "#define CTL_CODE(type, number, method, access) ((type) << 16 | (access) << 14 | (number) << 2 | (method))\n"
    )
    standard = "#define static_assert _Static_assert\n#define assert_h\n"
    source.write_text((windows if "windows" in target else "") + standard + '#include "bw_policy.h"\n')
    (tmp_path / "assert.h").write_text("")
    command = [tool("clang", "clang"), f"--target={target}", "-fsyntax-only", "-ffreestanding", "-nostdinc"]
    kernel = () if "windows" in target else ("-isystem", str(tmp_path))
    _linux_types(tmp_path)
    flags = [f"-I{driver / 'include'}", f"-I{driver / 'common'}", f"-I{tmp_path}", "-Wall", "-Wextra", "-Wpadded"]

    assert _run(*command, *kernel, *flags, "-Werror", source, cwd=tmp_path) == ""


def _linux_types(folder: Path) -> None:
    """The two headers of the kernel that the contract includes, as far as it needs them."""
    (folder / "linux").mkdir()
    types = "typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32;"
    (folder / "linux/types.h").write_text(f"#pragma once\n{types}\ntypedef unsigned long long __u64;\n")
    (folder / "linux/ioctl.h").write_text("#pragma once\n#define _IO(type, number) ((type) << 8 | (number))\n")
