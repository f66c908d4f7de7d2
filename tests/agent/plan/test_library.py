"""The built-in library, users' files over it, and the README that describes them."""

import re
from pathlib import Path

import pytest

from barwatch_agent.errors import ConfigError
from barwatch_agent.plan import load_plan
from barwatch_agent.plan.entry import Entry
from barwatch_agent.plan.library import built_in
from barwatch_agent.plan.schema import parse
from barwatch_agent.plan.structures import STRUCTURES
from barwatch_proto.words import Access

PLAN_FOLDER = Path(__file__).parents[3] / "agent/barwatch_agent/plan"
README = (PLAN_FOLDER / "README.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```toml\n(.*?)```", README, re.DOTALL)


def example() -> str:
    assert EXAMPLE is not None
    return EXAMPLE[1]


def test_the_built_in_library_covers_what_desktops_and_laptops_have() -> None:
    families = {register.name.split(".")[0] for register in built_in()}

    assert families >= {"config", "nvme", "xhci", "ahci", "hda", "sdhci", "ehci", "ohci", "virtio", "nvidia"}


def test_every_built_in_register_names_a_document_and_a_place_in_it() -> None:
    for register in built_in():
        assert re.search(r"\d\.\d|\.h\b|\.c\b", register.source), register.name
        assert len(register.summary) > 20, register.name


def test_the_ids_of_every_function_are_a_canary_of_configuration_space() -> None:
    ids = next(register for register in built_in() if register.name == "config.ids")

    assert ids.match.vendor is None
    assert ids.match.class_code is None
    assert ids.accesses == (Access.CONFIG,)
    assert ids.expects_ids
    assert ids.is_canary


def test_no_built_in_register_reads_eight_bytes_at_once() -> None:
    assert {register.width for register in built_in()} <= {1, 2, 4}


def test_the_example_of_the_readme_loads() -> None:
    (register,) = parse(example(), "README.md")

    assert (register.bar, register.offset, register.expect) == (0, 0x1F380, 0x7666)


def test_the_readme_names_every_key_and_every_structure() -> None:
    keys = {"class" if field == "class_" else field for field in Entry.__struct_fields__}
    documented = set(re.findall(r"`([a-z_]+)(?: = true)?`", README)) | set(re.findall(r'`"([a-z_0-9]+)"`', README))

    assert keys | set(STRUCTURES) <= documented


def test_the_error_that_the_readme_shows_is_the_one_that_comes() -> None:
    shown = re.search(r"^registers.toml:14: (register 'gpu.boot', width: .*)$", README, re.MULTILINE)
    text = example().replace("gpu.status", "gpu.boot").replace("width = 4", "width = 3")

    with pytest.raises(ConfigError) as caught:
        parse(text, "registers.toml")

    assert shown is not None
    assert str(caught.value) == f"registers.toml:10: {shown[1]}"


def test_a_users_register_is_added_after_the_built_in_ones(tmp_path: Path) -> None:
    file = tmp_path / "registers.toml"
    file.write_text(example())

    plan = load_plan([file])

    assert [register.name for register in plan.registers][-1] == "gpu.status"
    assert len(plan.registers) == len(built_in()) + 1


def test_a_users_register_replaces_the_built_in_one_of_its_name(tmp_path: Path) -> None:
    file = tmp_path / "registers.toml"
    file.write_text(example().replace("gpu.status", "nvidia.pmc_boot_0"))

    replaced = [register for register in load_plan([file]).registers if register.name == "nvidia.pmc_boot_0"]

    assert [register.offset for register in replaced] == [0x1F380]


def test_two_files_with_one_register_are_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text(example())
    second.write_text(example())

    with pytest.raises(ConfigError, match=r"b\.toml: register 'gpu\.status' is in .*a\.toml too"):
        load_plan([first, second])


def test_a_file_with_the_line_ends_of_windows_is_a_plan(tmp_path: Path) -> None:
    file = tmp_path / "registers.toml"
    file.write_bytes(example().replace("\n", "\r\n").encode())

    assert len(load_plan([file]).registers) == len(built_in()) + 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory (ENOENT)"),
        (b"#" * (1 << 20) + b"\n", "longer than 1048576 bytes"),
        (b"# first\n\xff\n", ":2: not UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "registers.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError, match=re.escape(reason)) as caught:
        load_plan([file])

    assert str(caught.value).startswith(str(file))


def test_more_registers_than_a_plan_may_hold_are_refused(tmp_path: Path) -> None:
    files = []
    for part in range(2):
        files.append(tmp_path / f"{part}.toml")
        files[-1].write_text("".join(example().replace("gpu.status", f"r{part}.{n}") for n in range(2048)))

    with pytest.raises(ConfigError, match="registers in the plan; at most 4096"):
        load_plan(files)
