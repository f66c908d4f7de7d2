"""The contract in driver/include: where everything is, which numbers mean what, and that Python means the same."""

import importlib.util
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STRUCT = re.compile(r"^struct (bw_\w+) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^\t(?:struct )?\w+ (\w+)(?:\[\w+\])?;", re.MULTILINE)
ENUM = re.compile(r"^enum (bw_\w+) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"^\t(BW_\w+)", re.MULTILINE)
COMMAND = re.compile(r"^#define (BW_IOCTL_\w+)", re.MULTILINE)


@pytest.fixture
def layout(driver: Path, tmp_path: Path, compiled: Callable[..., Path]) -> dict[str, dict[str, int | list[int]]]:
    """What a C compiler makes of the header: structs as field: [offset, size], enums and commands as name: number."""
    header = (driver / "include/barwatch_ioctl.h").read_text(encoding="utf-8")
    source = tmp_path / "layout.c"
    source.write_text(_program(header), encoding="utf-8")
    return json.loads(subprocess.run([compiled("gcc", source)], capture_output=True, check=True).stdout)


def _program(header: str) -> str:
    lines = []
    for name, body in STRUCT.findall(header):
        whole = f'"\\"{name}\\": {{\\"sizeof\\": %zu", sizeof(struct {name})'
        lines.append(f"PUT({whole});")
        for field in FIELD.findall(body):
            place = f"offsetof(struct {name}, {field}), sizeof(((struct {name} *)0)->{field})"
            lines.append(f'printf(", \\"{field}\\": [%zu, %zu]", {place});')
        lines.append('printf("}");')
    for name, body in [
        *ENUM.findall(header),
        ("bw_command", "\n".join(f"\t{each}" for each in COMMAND.findall(header))),
    ]:
        lines.append(f'PUT("\\"{name}\\": {{\\"\\": 0");')
        lines += [f'printf(", \\"{each}\\": %lu", (unsigned long){each});' for each in NAME.findall(body)]
        lines.append('printf("}");')
    return (
        "#include <stddef.h>\n#include <stdio.h>\n"
        '#include "barwatch_ioctl.h"\n#define PUT(...) (printf("%s", first++ ? ",\\n" : "{"), printf(__VA_ARGS__))\n'
        "int main(void)\n{\nint first = 0;\n" + "\n".join(lines) + '\nprintf("}\\n");\nreturn 0;\n}\n'
    )


@pytest.fixture(scope="module")
def device():
    """inside/device.py, which runs in guests."""
    spec = importlib.util.spec_from_file_location("device", HERE / "inside/device.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_contract_stays_as_it_is(layout, golden: Callable[[str, str], None]) -> None:
    """A difference here is a new version of the contract: fields are added at the end, numbers are never reused."""
    structs = {name: [f"{field}: {place}" for field, place in fields.items()] for name, fields in layout.items()}

    golden("driver/contract.txt", "".join(f"{name}\n  " + "\n  ".join(lines) + "\n" for name, lines in structs.items()))


def test_no_struct_has_a_hole(layout) -> None:
    """A hole would carry what was in the kernel's memory."""
    for name in (name for name, fields in layout.items() if "sizeof" in fields):
        end = 0
        for offset, size in _places(layout[name]):
            assert offset == end, f"{name}: a hole before offset {offset}"
            end = offset + size
        assert layout[name]["sizeof"] == end, f"{name}: a hole at its end"


def _places(fields: dict[str, int | list[int]]) -> list[list[int]]:
    return sorted(place for place in fields.values() if isinstance(place, list))


def test_python_packs_what_c_declares(layout, device) -> None:
    sizes = {
        "bw_address": device.ADDRESS,
        "bw_info": device.INFO_STRUCT,
        "bw_policy": device.POLICY_STRUCT,
        "bw_rule": device.RULE_STRUCT,
        "bw_batch": device.BATCH_STRUCT,
        "bw_read": device.READ_STRUCT,
        "bw_config": device.CONFIG_STRUCT,
        "bw_map": device.MAP_STRUCT,
        "bw_bars": device.BARS_STRUCT,
        "bw_bar": device.BAR_STRUCT,
        "bw_write": device.WRITE_STRUCT,
        "bw_bench": device.BENCH_STRUCT,
    }

    assert {name: layout[name]["sizeof"] for name in sizes} == {name: each.size for name, each in sizes.items()}


def test_python_means_the_same_numbers(layout, device) -> None:
    status = layout["bw_status"]
    commands = layout["bw_command"]

    assert (status["BW_UNREACHABLE_GONE"], status["BW_UNREACHABLE_INTERRUPTED"]) == (device.GONE, device.INTERRUPTED)
    assert (status["BW_UNREACHABLE_LINK_DOWN"], status["BW_UNREACHABLE_NO_BAR"]) == (device.LINK_DOWN, device.NO_BAR)
    assert (status["BW_DENIED_POLICY"], status["BW_DENIED_LIMIT"]) == (device.DENIED_POLICY, device.DENIED_LIMIT)
    assert (status["BW_WRONG_RESERVED"], status["BW_WRONG_MASK"]) == (device.WRONG_RESERVED, device.WRONG_MASK)
    assert (commands["BW_IOCTL_INFO"], commands["BW_IOCTL_BENCH"]) == (device.INFO, device.BENCH)
