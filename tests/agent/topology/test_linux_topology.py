"""Scans of small sysfs trees: whole ones, and ones with every kind of damage."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.topology.linux import LinuxScanner, asleep, read_config, scan
from barwatch_agent.topology.sysfs import Folder
from barwatch_proto.pci import Address, BarKind, PortType, WindowKind
from barwatch_proto.topology import Bar, Function, FunctionState, Window

NOW_NS = 1_700_000_000_000_000_000
BRIDGE = "pci0000:00/0000:00:02.0"
CARD = "pci0000:00/0000:00:02.0/0000:03:00.0"
HOST_BRIDGE = "pci0000:00/0000:00:00.0"
AER = "RxErr 0\nBadTLP 2\nTOTAL_ERR_COR {}"

Config = Callable[..., bytes]
Dump = Callable[[str], bytes]


class Tree(Protocol):
    """The fixture of conftest.py."""

    sys: Path

    @property
    def roots(self) -> Roots: ...
    def folder(self, path: str) -> Path: ...
    def function(self, path: str, config: bytes | None = None, **texts: str) -> Path: ...
    def write(self, file: Path, text: str) -> None: ...
    def link(self, name: str, target: Path) -> None: ...
    def unreadable(self, file: Path) -> None: ...


def address(path: str) -> Address:
    return Address.parse(path.rpartition("/")[2])


def found(tree: Tree, path: str) -> Function:
    """The function at that path in a scan made now."""
    return scan(tree.roots, NOW_NS).topology.by_address()[address(path)]


def state(tree: Tree, path: str) -> FunctionState:
    """The state of the function at that path in a scan made now."""
    result = scan(tree.roots, NOW_NS)
    return result.states[[function.address for function in result.topology.functions].index(address(path))]


@pytest.fixture
def desktop(tree: Tree, dump: Dump) -> Tree:
    """A host bridge, a root port and a network card behind it."""
    tree.function(HOST_BRIDGE, **{"class": "0x060000"})
    tree.function(BRIDGE, dump("haswell_root_port"), device="0x2f04", **{"class": "0x060400"})
    tree.function(CARD, dump("intel_7265_wireless"), device="0x095a", **{"class": "0x028000"})
    return tree


def test_a_machine_without_pci_has_an_empty_topology_and_says_why(tmp_path: Path) -> None:
    result = scan(Roots.beside(tmp_path / "sys"), NOW_NS)

    assert result.topology.functions == ()
    assert result.topology.problems == ("bus/pci/devices: No such file or directory (ENOENT)",)


def test_a_whole_tree_has_all_functions_in_order_and_no_problems(desktop: Tree) -> None:
    result = scan(desktop.roots, NOW_NS)

    assert [function.address for function in result.topology.functions] == [
        address(HOST_BRIDGE),
        address(BRIDGE),
        address(CARD),
    ]
    assert [function.problems for function in result.topology.functions] == [(), (), ()]
    assert result.topology.problems == ()
    assert [each.key for each in result.states] == [function.key for function in result.topology.functions]
    assert {each.taken_at_ns for each in result.states} == {NOW_NS}


def test_a_bridge_is_described_by_its_configuration_space(desktop: Tree) -> None:
    bridge = found(desktop, BRIDGE)

    assert bridge.is_bridge
    assert bridge.parent is None
    assert (bridge.port_type, bridge.secondary_bus, bridge.subordinate_bus) == (PortType.ROOT_PORT, 3, 3)
    assert bridge.windows == (Window(WindowKind.MEMORY, 0xBE000000, 0xC01FFFFF),)
    assert (bridge.max_link_speed_gts, bridge.max_link_width) == (8.0, 8)
    assert (bridge.subsystem_vendor, bridge.subsystem_device) == (0x8086, 0)
    assert bridge.acs == "sv+tb+rr+cr+uf"
    assert bridge.is_hotplug_capable is None
    assert bridge.aspm == "disabled"
    assert "aer" in bridge.capabilities


def test_a_card_hangs_below_its_bridge(desktop: Tree) -> None:
    topology = scan(desktop.roots, NOW_NS).topology
    card = topology.by_address()[address(CARD)]

    assert card.parent == address(BRIDGE)
    assert [hop.address for hop in topology.route(card)] == [address(BRIDGE), address(CARD)]
    assert card.serial_number == 0x185E0FFFFF619B49
    assert (card.max_payload_bytes, card.max_read_request_bytes) == (128, 128)
    assert card.aspm == "l1"
    assert card.l1_substates == "pci_pm_l1.2+pci_pm_l1.1+aspm_l1.2+aspm_l1.1"
    assert card.is_tunnelled is False


def test_a_function_without_pci_express_is_conventional(desktop: Tree) -> None:
    assert found(desktop, HOST_BRIDGE).port_type is PortType.CONVENTIONAL


def test_what_linux_adds_to_a_function_is_taken(tree: Tree) -> None:
    folder = tree.function(CARD, removable="removable", d3cold_allowed="1", ari_enabled="0", subsystem_vendor="0x1028")
    driver = tree.sys / "bus/pci/drivers/igb"
    tree.write(driver / "module/version", "5.6.0-k")
    (folder / "driver").symlink_to(driver)
    group = tree.sys / "kernel/iommu_groups/17"
    group.mkdir(parents=True)
    (folder / "iommu_group").symlink_to(group)

    card = found(tree, CARD)

    assert (card.driver, card.driver_version, card.iommu_group) == ("igb", "5.6.0-k", 17)
    assert (card.is_removable, card.is_d3cold_allowed, card.is_ari_enabled) == (True, True, False)
    assert (card.subsystem_vendor, card.subsystem_device) == (0x1028, 0)
    assert (card.vendor, card.device, card.class_code, card.revision) == (0x8086, 0x1234, 0x020000, 1)


def test_what_linux_does_not_tell_is_unknown(tree: Tree) -> None:
    tree.function(CARD)

    card = found(tree, CARD)

    assert {card.driver, card.driver_version, card.iommu_group, card.is_removable, card.is_ari_enabled} == {None}
    assert (card.subsystem_vendor, card.subsystem_device) == (None, None)
    assert card.problems == ()


def test_a_driver_that_is_part_of_the_kernel_has_no_version(tree: Tree) -> None:
    folder = tree.function(CARD)
    driver = tree.sys / "bus/pci/drivers/nvme"
    driver.mkdir(parents=True)
    (folder / "driver").symlink_to(driver)

    assert (found(tree, CARD).driver, found(tree, CARD).driver_version) == ("nvme", None)


def test_bars_have_the_sizes_that_they_could_take(tree: Tree, dump: Dump) -> None:
    resource = "0x0000000000000000 0x0000000000000000 0x0000000000000000"
    bar_0, bar_2 = (
        "0x00000000e0000000 0x00000000efffffff 0x000000000014220c",
        "0x00000000f0000000 0x00000000f01fffff 0x000000000014220c",
    )
    tree.function(CARD, dump("radeon_fiji"), resource="\n".join([bar_0, resource, bar_2, *[resource] * 4]))

    assert found(tree, CARD).bars == (
        Bar(
            index=0,
            kind=BarKind.MEMORY_64,
            is_prefetchable=True,
            length_bytes=256 << 20,
            start=0xE0000000,
            resizable_bytes=tuple(1 << shift for shift in range(28, 33)),
        ),
        Bar(index=2, kind=BarKind.MEMORY_64, is_prefetchable=True, length_bytes=2 << 20, start=0xF0000000),
    )


def test_the_state_is_what_comes_and_goes(desktop: Tree) -> None:
    folder = desktop.folder(CARD)
    for name, count in (("correctable", 3), ("nonfatal", 1), ("fatal", 0)):
        desktop.write(folder / f"aer_dev_{name}", AER.format(count))

    now = state(desktop, CARD)

    assert (now.power_state, now.runtime_status) == ("D0", "active")
    assert (now.link_speed_gts, now.link_width) == (2.5, 1)
    assert now.is_memory_decoding is True
    assert (now.aer_correctable, now.aer_nonfatal, now.aer_fatal) == (3, 1, 0)


def test_a_state_that_linux_does_not_tell_is_unknown_and_not_zero(tree: Tree) -> None:
    tree.function(CARD, power_state="unknown")

    now = state(tree, CARD)

    assert {now.power_state, now.link_speed_gts, now.link_width, now.aer_correctable, now.aer_fatal} == {None}


def test_an_ordinary_user_sees_64_bytes_and_the_function_says_so(tree: Tree, dump: Dump) -> None:
    tree.function(
        CARD,
        dump("intel_82576")[:64],
        current_link_speed="2.5 GT/s PCIe",
        current_link_width="4",
        max_link_speed="5.0 GT/s PCIe",
        max_link_width="8",
    )

    card, now = found(tree, CARD), state(tree, CARD)

    assert card.problems == ("config: 64 of 256 bytes or more (not root?): capabilities unknown",)
    assert (card.port_type, card.capabilities, card.serial_number, card.max_payload_bytes) == (None, (), None, None)
    assert (card.max_link_speed_gts, card.max_link_width) == (5.0, 8)
    assert (now.link_speed_gts, now.link_width, now.is_memory_decoding) == (2.5, 4, True)


def test_an_ordinary_user_sees_the_windows_of_bridges(tree: Tree, dump: Dump) -> None:
    tree.function(BRIDGE, dump("haswell_root_port")[:64], **{"class": "0x060400"})

    bridge = found(tree, BRIDGE)

    assert bridge.windows == (Window(WindowKind.MEMORY, 0xBE000000, 0xC01FFFFF),)
    assert (bridge.secondary_bus, bridge.subordinate_bus) == (3, 3)


@pytest.mark.parametrize("length", [1, 63, 128])
def test_other_short_configuration_spaces_are_told_without_a_guess(tree: Tree, dump: Dump, length: int) -> None:
    tree.function(CARD, dump("intel_82576")[:length])

    assert found(tree, CARD).problems == (f"config: {length} of 256 bytes or more: capabilities unknown",)


def test_an_empty_configuration_space_leaves_what_linux_knows(tree: Tree) -> None:
    tree.function(CARD, b"")

    card = found(tree, CARD)

    assert card.ids == "8086:1234"
    assert card.problems == ("config: 0 of 256 bytes or more: capabilities unknown",)


def test_a_function_that_answers_all_ones_keeps_what_linux_knows(tree: Tree) -> None:
    tree.function(BRIDGE, b"\xff" * 4096, **{"class": "0x060400"})

    bridge, now = found(tree, BRIDGE), state(tree, BRIDGE)

    assert (bridge.ids, bridge.is_bridge, bridge.port_type, bridge.secondary_bus) == ("8086:1234", True, None, None)
    assert bridge.problems == ("config: reads all ones: the function does not answer",)
    assert now.is_memory_decoding is None


def test_a_capability_loop_is_a_problem_and_what_came_before_it_counts(tree: Tree, config: Config) -> None:
    tree.function(CARD, config({0x06: "1000", 0x34: "40", 0x40: "0550", 0x50: "1140"}))

    card = found(tree, CARD)

    assert card.capabilities == ("msi", "msi_x")
    assert card.problems == ("config: capability at 0x40: the list loops",)
    assert card.port_type is None


def test_an_extended_capability_loop_ends(tree: Tree, config: Config) -> None:
    tree.function(CARD, config({0x100: "03000120", 0x200: "18000110"}, length=4096))

    card = found(tree, CARD)

    assert card.capabilities == ("serial_number", "ltr")
    assert card.problems == ("config: capability at 0x100: the list loops",)


def test_a_window_that_reads_all_ones_is_a_problem(tree: Tree, config: Config) -> None:
    tree.function(BRIDGE, config({0x0E: "01", 0x20: "ffff0000"}), **{"class": "0x060400"})

    assert found(tree, BRIDGE).problems == ("config: memory window reads all ones",)


def test_only_capabilities_are_read_beyond_the_first_256_bytes(tree: Tree, config: Config) -> None:
    """Some devices do not like reads of registers that they do not have."""
    space = config({0x100: "03000140", 0x104: "01000000 02000000", 0x200: "aa", 0x400: "18000100"}, length=4096)
    tree.function(CARD, space)

    seen = read_config(tree.roots, found(tree, CARD))

    assert seen[:0x140] == space[:0x140]
    assert seen[0x140:0x400] == b"\xff" * (0x400 - 0x140)
    assert seen[0x400:] == space[0x400:0x440]


def test_the_whole_of_a_real_configuration_space_is_found_by_reading_its_capabilities_only(
    tree: Tree, dump: Dump
) -> None:
    tree.function(CARD, dump("intel_integrated_endpoint"))

    card = found(tree, CARD)

    assert card.capabilities[-3:] == ("vendor_specific", "designated_vendor_specific", "serial_number")
    assert card.serial_number == 0x1234567890000000
    assert card.problems == ()


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [
        ("revision", "new", "revision"),
        ("revision", "0x100", "revision"),
        ("subsystem_device", "", "subsystem_device"),
        ("subsystem_vendor", "0x10000", "subsystem_vendor"),
        ("subsystem_device", "0xffffffffff", "subsystem_device"),
        ("removable", "perhaps", "is_removable"),
        ("d3cold_allowed", "7", "is_d3cold_allowed"),
        ("ari_enabled", "no", "is_ari_enabled"),
    ],
)
def test_a_file_of_rubbish_is_a_problem_and_costs_only_its_field(tree: Tree, name: str, text: str, field: str) -> None:
    tree.function(CARD, b"", **{name: text})

    card = found(tree, CARD)

    assert getattr(card, field) is None
    assert any(problem.startswith(f"{name}: ") for problem in card.problems)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("power_state", "power_state"),
        ("runtime_status", "runtime_status"),
        ("current_link_speed", "link_speed_gts"),
        ("current_link_width", "link_width"),
        ("aer_dev_correctable", "aer_correctable"),
    ],
)
def test_a_state_of_rubbish_is_a_problem_of_its_function(tree: Tree, name: str, field: str) -> None:
    tree.function(CARD, **{name: "rubbish"})

    assert getattr(state(tree, CARD), field) is None
    assert any("'rubbish' is not" in problem for problem in found(tree, CARD).problems)


def test_rubbish_in_resource_leaves_no_bars(tree: Tree) -> None:
    tree.function(CARD, resource="rubbish")

    card = found(tree, CARD)

    assert card.bars == ()
    assert card.problems == ("resource: 'rubbish' is not start, end and flags",)


def test_missing_files_that_every_function_has_are_problems(tree: Tree) -> None:
    folder = tree.function(CARD)
    (folder / "resource").unlink()
    (folder / "config").unlink()

    assert found(tree, CARD).problems == ("resource: missing", "config: missing")


def test_files_that_cannot_be_read_are_problems(tree: Tree) -> None:
    folder = tree.function(CARD)
    for name in ("config", "revision", "aer_dev_fatal"):
        tree.unreadable(folder / name)
    (folder / "driver").mkdir()

    card = found(tree, CARD)

    assert set(card.problems) == {
        "config: Is a directory (EISDIR)",
        "revision: Is a directory (EISDIR)",
        "aer_dev_fatal: Is a directory (EISDIR)",
        "driver: Invalid argument (EINVAL)",
    }
    assert card.ids == "8086:1234"


def test_a_file_that_is_not_for_us_is_a_problem(tree: Tree) -> None:
    folder = tree.function(CARD)
    (folder / "config").chmod(0)
    if os.access(folder / "config", os.R_OK):
        pytest.skip("this user may read everything (root): a folder in place of the file stands for it elsewhere")

    assert found(tree, CARD).problems == ("config: Permission denied (EACCES)",)


def test_ids_that_linux_lost_come_from_configuration_space(tree: Tree, dump: Dump) -> None:
    tree.function(CARD, dump("intel_82576"), vendor="rubbish", **{"class": ""})

    card = found(tree, CARD)

    assert (card.vendor, card.class_code) == (0x8086, 0x020000)
    assert card.problems == (
        "vendor: 'rubbish' is not a number such as 0x10de",
        "class: empty, expected a number such as 0x10de",
    )


def test_a_function_without_ids_is_left_out_and_the_others_stay(desktop: Tree) -> None:
    desktop.function("pci0000:00/0000:00:05.0", b"", vendor="rubbish")

    topology = scan(desktop.roots, NOW_NS).topology

    assert len(topology.functions) == 3
    assert topology.problems == ("0000:00:05.0: left out: vendor: 'rubbish' is not a number such as 0x10de",)


@pytest.mark.parametrize(
    ("name", "text", "bits"), [("vendor", "0x10000", 16), ("device", "0x1ffffffff", 16), ("class", "0x1000000", 24)]
)
def test_a_function_whose_ids_do_not_fit_their_registers_is_left_out(
    desktop: Tree, name: str, text: str, bits: int
) -> None:
    desktop.function("pci0000:00/0000:00:05.0", b"", **{name: text})

    topology = scan(desktop.roots, NOW_NS).topology

    assert len(topology.functions) == 3
    assert topology.problems == (f"0000:00:05.0: left out: {name}: {text!r} is not a number of {bits} bits",)


def test_ids_that_do_not_fit_come_from_configuration_space_when_it_can_be_read(tree: Tree, dump: Dump) -> None:
    tree.function(CARD, dump("intel_82576"), vendor="0x18086")

    card = found(tree, CARD)

    assert card.vendor == 0x8086
    assert card.problems == ("vendor: '0x18086' is not a number of 16 bits",)


def test_the_greatest_ids_are_ids(tree: Tree) -> None:
    tree.function(CARD, b"", vendor="0xffff", device="0xffff", revision="0xff", **{"class": "0xffffff"})

    card = found(tree, CARD)

    assert (card.vendor, card.device, card.class_code, card.revision) == (0xFFFF, 0xFFFF, 0xFFFFFF, 0xFF)


def test_a_bar_of_the_whole_address_space_is_rubbish(tree: Tree) -> None:
    """Its length would need 65 bits."""
    tree.function(CARD, resource="0x0000000000000000 0xffffffffffffffff 0x0000000000000200")

    card = found(tree, CARD)

    assert card.bars == ()
    assert card.problems[0].endswith("is not a range: it is all there is")


def test_an_iommu_group_that_is_no_group_is_unknown(tree: Tree) -> None:
    folder = tree.function(CARD)
    (folder / "iommu_group").symlink_to("9" * 10)

    assert found(tree, CARD).iommu_group is None


def test_a_function_without_any_ids_is_left_out(tree: Tree) -> None:
    folder = tree.function(CARD, b"")
    (folder / "device").unlink()

    topology = scan(tree.roots, NOW_NS).topology

    assert topology.functions == ()
    assert topology.problems == ("0000:03:00.0: left out: vendor, device or class: missing",)


def test_a_function_that_vanishes_during_the_scan_is_left_out_and_noted(desktop: Tree) -> None:
    """Its link is there when the folder is listed, and leads nowhere when it is followed."""
    desktop.link("bus/pci/devices/0000:09:00.0", desktop.folder("pci0000:00/0000:00:03.0/0000:09:00.0"))

    topology = scan(desktop.roots, NOW_NS).topology

    assert len(topology.functions) == 3
    assert topology.problems == ("0000:09:00.0: vanished during the scan",)


def test_a_folder_that_cannot_be_listed_is_noted(desktop: Tree) -> None:
    loop = desktop.sys / "bus/pci/devices/0000:09:00.0"
    loop.symlink_to(loop)

    topology = scan(desktop.roots, NOW_NS).topology

    assert len(topology.functions) == 3
    assert topology.problems == ("0000:09:00.0: Too many levels of symbolic links (ELOOP)",)


def test_a_name_that_is_no_address_is_noted(desktop: Tree) -> None:
    (desktop.sys / "bus/pci/devices/rubbish").mkdir()

    assert scan(desktop.roots, NOW_NS).topology.problems == ("bus/pci/devices: 'rubbish' is not a PCI address",)


def test_a_function_whose_bridge_vanished_keeps_its_parent(desktop: Tree) -> None:
    (desktop.sys / "bus/pci/devices/0000:00:02.0").unlink()

    card = found(desktop, CARD)

    assert card.parent == address(BRIDGE)
    assert card.is_tunnelled is None


def test_a_copy_of_sysfs_without_links_does_not_know_the_routes(tree: Tree) -> None:
    folder = tree.function(CARD)
    link = tree.sys / "bus/pci/devices/0000:03:00.0"
    link.unlink()
    folder.rename(link)

    card = found(tree, CARD)

    assert card.parent is None
    assert card.problems == ("place: the path of its folder does not tell where it hangs, so its parent is unknown",)


@pytest.mark.parametrize(
    ("path", "power"),
    [
        (BRIDGE, {"runtime_status": "suspended"}),
        (CARD, {"runtime_status": "suspended"}),
        (CARD, {"power_state": "D3cold"}),
        (BRIDGE, {"power_state": "D3cold"}),
    ],
)
def test_configuration_space_is_not_read_when_that_would_wake_something(
    tree: Tree, dump: Dump, path: str, power: dict[str, str]
) -> None:
    """The folders in place of files would be problems if anybody read them."""
    for each in (BRIDGE, CARD):
        folder = tree.function(each, dump("haswell_root_port"), **(power if each == path else {}))
    for name in ("config", "current_link_speed", "max_link_width"):
        tree.unreadable(folder / name)

    card, now = found(tree, CARD), state(tree, CARD)

    assert card.problems == (f"config: not read: {address(path)} is asleep, reading would wake it",)
    assert (now.link_speed_gts, now.is_memory_decoding) == (None, None)


def test_a_function_in_d3hot_is_awake_enough_to_be_read(tree: Tree, dump: Dump) -> None:
    tree.function(CARD, dump("intel_82576"), power_state="D3hot")

    assert found(tree, CARD).serial_number == 0x001B21FFFF12174C


def test_a_scanner_remembers_what_a_sleeping_function_looked_like(desktop: Tree) -> None:
    """Otherwise a machine would be another one each time a bridge falls asleep."""
    scanner = LinuxScanner(desktop.roots, lambda: NOW_NS)
    awake = scanner.scan()
    desktop.write(desktop.folder(BRIDGE) / "power/runtime_status", "suspended")
    suspended = scanner.scan()

    assert suspended.topology == awake.topology
    assert [each.runtime_status for each in suspended.states] == ["active", "suspended", "active"]
    assert [each.is_memory_decoding for each in suspended.states] == [False, None, None]
    assert scanner.scan().topology == awake.topology


def test_a_scanner_remembers_what_a_function_looked_like_that_does_not_answer_now(desktop: Tree) -> None:
    scanner = LinuxScanner(desktop.roots, lambda: NOW_NS)
    before = scanner.scan()
    (desktop.folder(CARD) / "config").write_bytes(b"\xff" * 4096)
    hung = scanner.scan()

    assert hung.topology == before.topology
    assert (hung.states[2].link_speed_gts, hung.states[2].is_memory_decoding) == (None, None)


def test_a_scanner_does_not_take_another_card_for_the_one_that_it_remembers(desktop: Tree) -> None:
    scanner = LinuxScanner(desktop.roots, lambda: NOW_NS)
    scanner.scan()
    desktop.write(desktop.folder(CARD) / "device", "0x2222")
    desktop.write(desktop.folder(BRIDGE) / "power/runtime_status", "suspended")

    card = scanner.scan().topology.functions[2]

    assert card.serial_number is None
    assert card.problems == ("config: not read: 0000:00:02.0 is asleep, reading would wake it",)


def test_a_configuration_space_that_may_not_be_read_is_an_error_with_the_reason(desktop: Tree) -> None:
    card = found(desktop, CARD)
    desktop.write(desktop.folder(BRIDGE) / "power/runtime_status", "suspended")

    assert asleep(desktop.roots, card.address) == "not read: 0000:00:02.0 is asleep, reading would wake it"
    with pytest.raises(BlockingIOError, match="is asleep, reading would wake it"):
        read_config(desktop.roots, card)


def test_a_configuration_space_that_is_gone_is_an_error(desktop: Tree) -> None:
    gone = replace(found(desktop, CARD), address=Address.parse("0000:09:00.0"))

    assert asleep(desktop.roots, gone.address) is None
    with pytest.raises(OSError, match="missing"):
        read_config(desktop.roots, gone)


def test_a_laptop_with_a_thunderbolt_box_knows_what_is_in_it(tree: Tree, config: Config, dump: Dump) -> None:
    hot_plug = config(
        {
            0x06: "1000",
            0x08: "00000406",
            0x0E: "01",
            0x34: "40",
            0x40: "10004201",
            0x54: "60000000",
        }
    )
    port = tree.function("pci0000:00/0000:00:07.0", hot_plug, **{"class": "0x060400"})
    host = tree.function("pci0000:00/0000:00:0d.2", **{"class": "0x0c0340"})
    (port / "supplier:pci:0000:00:0d.2").symlink_to(host)
    (port / "supplier:pci:rubbish").symlink_to(host)
    box = "pci0000:00/0000:00:07.0/0000:20:00.0"
    tree.function(box, dump("intel_82576"), removable="removable")
    tree.write(tree.sys / "devices/domain0/security", "user")
    tree.link("bus/thunderbolt/devices/domain0", tree.sys / "devices/domain0")

    topology = scan(tree.roots, NOW_NS).topology
    root, interface, inside = topology.functions

    assert (root.is_hotplug_capable, root.is_external_facing, root.is_tunnelled) == (True, True, False)
    assert (interface.is_tunnelled, interface.is_external_facing) == (False, None)
    assert (inside.is_tunnelled, inside.is_removable) == (True, True)
    assert topology.thunderbolt_domains[0].security == "user"
    assert topology.problems == ()


def test_problems_of_the_thunderbolt_side_are_among_those_of_the_topology(tree: Tree) -> None:
    tree.unreadable(tree.sys / "bus/thunderbolt")
    (tree.sys / "bus/thunderbolt/devices").symlink_to("devices")

    assert scan(tree.roots, NOW_NS).topology.problems == (
        "bus/thunderbolt/devices: Too many levels of symbolic links (ELOOP)",
    )


def test_a_link_that_goes_away_between_listing_and_reading_is_no_problem(tree: Tree) -> None:
    """A driver that is unbound in mid-scan."""
    folder = Folder(str(tree.sys), frozenset({"driver", "version"}))

    assert (folder.link("driver"), folder.text("version")) == (None, None)
    assert folder.problems == []
