"""What people paste becomes a recorded host: as much as the text tells, and not a bit more."""

import dataclasses
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests.agent.lspci.printed import CLOTHES, functions, hex_lines, printed, slot_line
from tests.agent.lspci.spaces import as_lspci, dumped
from tests.conftest import HOSTS, recorded_host

from barwatch_agent.errors import ConfigError
from barwatch_agent.lspci.command import import_lspci
from barwatch_agent.lspci.importing import import_text
from barwatch_agent.recorded import dump as dumped_text
from barwatch_agent.recorded import load, parse
from barwatch_agent.settings import read_settings
from barwatch_agent.topology.linux import scan
from barwatch_proto.pci import Address, PortType
from barwatch_proto.words import State

PASTED = Path(__file__).parent / "pasted"
NAMES = sorted(file.stem for file in HOSTS.glob("*.toml") if not file.stem.startswith("windows-"))  # lspci of Linux
# What lspci tells as sysfs does. A virtual function has no ids in configuration space, and lspci -nn does not show its
# subsystem; a bridge that sleeps was read by lspci, and is not read by the scanner.
SAME = ("address", "vendor", "device", "class_code", "revision", "driver", "iommu_group", "bars", "parent", "is_bridge")
WINDOWS_ONLY = {"vbs", "hvci", "credential_guard"}


def imported(text, number=1):
    return import_text(text if isinstance(text, bytes) else text.encode(), "report.txt", number)


def scanned(host, folder):
    return scan(host.unpack(folder), 0).topology


@pytest.mark.parametrize("name", NAMES)
def test_what_lspci_prints_of_a_host_becomes_the_same_topology(name, tmp_path):
    host = recorded_host(name)
    expected = scanned(host, tmp_path / "before").by_address()

    found = scanned(imported(printed(host)).host, tmp_path / "after").by_address()

    for address, function in expected.items():
        same = {field: getattr(function, field) for field in SAME}
        same["bars"] = tuple(dataclasses.replace(bar, resizable_bytes=()) for bar in function.bars)
        told = {field: getattr(found[address], field) for field in SAME}
        told["bars"] = tuple(dataclasses.replace(bar, resizable_bytes=()) for bar in found[address].bars)
        assert told == same
    assert len(found) == len(expected)


@pytest.mark.parametrize("clothes", CLOTHES)
def test_the_same_text_in_any_clothes_is_the_same_host(clothes):
    text = printed(recorded_host("desktop-gpu-slot"))

    assert imported(CLOTHES[clothes](text)) == imported(text)


def test_sixty_four_bytes_are_enough_for_ids_bars_and_bridges_and_it_says_what_is_missing(tmp_path):
    host = recorded_host("laptop-thunderbolt-box")
    made = imported(printed(host, most=64))
    expected, found = scanned(host, tmp_path / "a").by_address(), scanned(made.host, tmp_path / "b").by_address()

    assert {address: each.parent for address, each in found.items()} == {a: e.parent for a, e in expected.items()}
    assert all(each.capabilities == () for each in found.values())
    assert any("64 bytes: capabilities are unknown; lspci was not run as root" in line for line in made.told)


def test_without_v_nobody_knows_how_large_bars_are(tmp_path):
    """A BAR of no size would be a BAR that is not there."""
    made = imported(printed(recorded_host("desktop-gpu-slot"), is_verbose=False))
    gpu = scanned(made.host, tmp_path / "x").by_address()[Address.parse("0000:01:00.0")]

    assert gpu.bars == ()
    assert "resource: missing" in gpu.problems
    assert any("BARs without sizes: only -v tells them" in line for line in made.told)


def test_unnumbered_regions_are_found_by_their_addresses():
    text = printed(recorded_host("desktop-gpu-slot"))
    plain = text
    for index in range(6):
        plain = plain.replace(f"\tRegion {index}: ", "\t")

    assert imported(plain).host == imported(text).host


def test_names_details_and_hex_lines_one_after_the_other_are_one_machine():
    host = recorded_host("laptop-no-thunderbolt")
    folders = functions(host)
    names = "\n".join(slot_line(host, address, folder) for address, folder in folders.items())
    verbose, hexed = printed(host, most=64), printed(host, is_verbose=False)

    made = imported(f"$ lspci -nn\n{names}\n\n$ lspci -vvv -x\n{verbose}\n$ lspci -xxxx\n{hexed}")

    assert made.host == imported(printed(host)).host


def test_before_and_after_are_two_dumps():
    host = recorded_host("desktop-gpu-slot")
    dead = b"\xff" * 256
    folder = functions(host)["0000:01:00.0"]
    after = dataclasses.replace(host, config={**host.config, f"{folder}/config": dead})
    text = printed(host) + "\nand after the game crashed:\n\n" + printed(after)

    first, second = imported(text), imported(text, 2)

    assert [path for path, config in first.host.config.items() if config.startswith(b"\xff\xff")] == []
    assert [path.split("/")[-2] for path, config in second.host.config.items() if config == dead] == ["0000:01:00.0"]
    assert "They differ in 0000:01:00.0" in first.told[1]
    assert "0000:01:00.0: reads all ones: it did not answer" in second.told
    with pytest.raises(ConfigError, match="there is no dump 3; the text holds 2"):
        imported(text, 3)


def test_a_function_that_does_not_answer_keeps_the_ids_that_the_kernel_remembers(tmp_path):
    text = "05:00.0 VGA compatible controller [0300]: NVIDIA Corporation GP106 [10de:1c02] (rev ff) (prog-if ff)\n"
    text += "\t!!! Unknown header type 7f\n\tKernel driver in use: nvidia\n" + "\n".join(hex_lines(b"\xff" * 256))

    found = scanned(imported(text).host, tmp_path / "x").functions[0]

    assert (found.ids, found.class_code, found.driver) == ("10de:1c02", 0x0300FF, "nvidia")


def test_names_with_numbers_alone_are_a_host_without_configuration_spaces(tmp_path):
    made = imported(
        "00:1c.0 PCI bridge [0604]: Intel Corporation Thing [8086:9d10] (rev f1)\n01:00.0 0300: 10de:1c02\n"
    )

    assert [each.ids for each in scanned(made.host, tmp_path / "x").functions] == ["8086:9d10", "10de:1c02"]
    assert any("no hex lines" in line for line in made.told)


def test_a_function_is_placed_nowhere_where_no_bridge_leads_to_it(tmp_path):
    """On a root bus it would be another topology."""
    made = imported("05:00.0 Some device: x\n" + "\n".join(hex_lines(bytes.fromhex("de10021c") + bytes(252))))
    topology = scanned(made.host, tmp_path / "x")

    assert topology.functions[0].parent is None
    assert any("does not tell where it hangs" in problem for problem in topology.functions[0].problems)
    assert "0000:05:00.0: no bridge above it in the text: where it hangs is unknown" in made.told


def test_a_hole_in_the_hex_lines_ends_what_is_known():
    lines = hex_lines(bytes.fromhex("de10021c") + bytes(252))
    made = imported("\n".join(["00:02.0 Some device: x", *lines[:5], *lines[6:]]))

    assert [len(config) for config in made.host.config.values()] == [0x50]
    assert "0000:00:02.0: the hex lines have a hole at 0x50; what comes after it is left out" in made.told


def test_hex_lines_of_nobody_are_counted():
    made = imported("\n".join([*hex_lines(bytes(64)), "00:02.0 Some device: x", *hex_lines(b"\x86\x80" + bytes(62))]))

    assert any(line.startswith("4 hex lines come before any address") for line in made.told)


def test_settings_are_unknown_and_never_absent(tmp_path):
    roots = imported(printed(recorded_host("desktop-gpu-slot"))).host.unpack(tmp_path / "x")
    states = {setting.name: setting.state for setting in read_settings(roots)}

    assert {name for name, state in states.items() if state is not State.UNREADABLE} == WINDOWS_ONLY


@pytest.mark.parametrize("name", ["pciutils-tree-asus-p6t6", "pciutils-tree-fujitsu-p8010", "pciutils-cap-vc-and-rcl"])
def test_whole_machines_from_public_dumps_have_whole_routes(name, tmp_path):
    spaces = dumped(name)
    text = "\n".join(
        line for address, config in spaces.items() for line in (f"{address} Some device: x", *hex_lines(config))
    )
    topology = scanned(imported(text).host, tmp_path / "x")

    assert len(topology.functions) == len(spaces)
    for route in topology.routes():
        assert route[0].port_type in {PortType.ROOT_PORT, PortType.CONVENTIONAL, PortType.ROOT_COMPLEX_ENDPOINT}
        for above, below in pairwise(route):
            assert above.secondary_bus <= below.address.bus <= above.subordinate_bus


@pytest.mark.parametrize("name", ["mail-quoted-printable", "mail-two-machines", "this-vm"])
def test_what_people_are_told_of_a_pasted_text(name, golden):
    made = import_text((PASTED / f"{name}.txt").read_bytes(), f"{name}.txt")

    golden(f"lspci/{name}.txt", "\n".join(made.told) + "\n")


def test_a_message_as_it_was_sent_is_decoded(tmp_path):
    made = imported((PASTED / "mail-quoted-printable.txt").read_bytes())
    topology = scanned(made.host, tmp_path / "x").by_address()

    fpga = topology[Address.parse("0000:01:00.0")]
    assert [(bar.start, bar.length_bytes) for bar in fpga.bars] == [(0xD0400000, 4 << 20)]
    assert fpga.driver == "PLDA PCI"
    assert topology[Address.parse("0000:00:1c.0")].port_type is PortType.ROOT_PORT


def test_the_text_of_this_vm_is_the_recorded_one(tmp_path):
    made = imported((PASTED / "this-vm.txt").read_bytes())
    expected = scanned(recorded_host("this-vm"), tmp_path / "a").by_address()
    found = scanned(made.host, tmp_path / "b").by_address()

    assert {a: (f.ids, f.bars, f.driver, f.capabilities) for a, f in found.items()} == {
        a: (f.ids, f.bars, f.driver, f.capabilities) for a, f in expected.items()
    }


@given(st.lists(st.sampled_from(printed(recorded_host("this-vm")).splitlines()) | st.text(max_size=60), max_size=60))
def test_rubbish_is_an_error_with_a_reason_or_a_host(lines):
    """Lines in any order and between them anything."""
    try:
        made = imported("\n".join(lines).encode(errors="replace"))
    except ConfigError:
        return

    assert parse(dumped_text(made.host).encode(), "x") == made.host


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_do_no_harm(data):
    with pytest.raises(ConfigError, match="no output of lspci from which a function can be made"):
        imported(data)


def test_the_command_writes_a_file_that_loads_and_says_on_stderr_what_is_missing(tmp_path):
    text, _ = as_lspci(dumped("pciutils-cap-ht"))
    (tmp_path / "report.txt").write_text(text.replace(" Device\n", " Host bridge: x\n"))

    done = CliRunner().invoke(import_lspci, [str(tmp_path / "report.txt"), "--output", str(tmp_path / "host.toml")])

    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert done.stderr.startswith("imported: 2 functions\n")
    assert load(tmp_path / "host.toml").name == "report"


def test_the_command_reads_stdin_and_writes_stdout():
    done = CliRunner().invoke(import_lspci, ["-"], input=printed(recorded_host("this-vm")))

    assert done.exit_code == 0, done.output
    assert parse(done.stdout_bytes, "x").name == "stdin"
