"""Decoding single structures: real configuration spaces first, then the corners that they do not have."""

from collections.abc import Callable

import pytest

from barwatch_proto.config_space import (
    Acs,
    BarPlace,
    Buses,
    DecodeError,
    DesignatedVendorSpecific,
    Express,
    L1Substates,
    LatencyTolerance,
    Link,
    Msi,
    MsiX,
    PowerManagement,
    ResizableBar,
    Slot,
    SrIov,
    SubsystemIds,
    VendorSpecific,
    VirtioStructure,
    decode_acs,
    decode_aer,
    decode_dpc,
    decode_dvsec,
    decode_express,
    decode_header,
    decode_l1_substates,
    decode_latency_tolerance,
    decode_link,
    decode_msi,
    decode_msi_x,
    decode_power_management,
    decode_resizable_bars,
    decode_serial_number,
    decode_sr_iov,
    decode_subsystem_ids,
    decode_virtio,
    decode_vsec,
    decode_windows,
    overview,
    virtio_structure,
    walk,
)
from barwatch_proto.pci import PortType, WindowKind
from barwatch_proto.topology import Window

Config = Callable[..., bytes]
Dump = Callable[[str], bytes]
ONES = b"\xff" * 4096


def test_the_header_of_a_network_card(dump: Dump) -> None:
    header = decode_header(dump("intel_82576"))

    assert (header.vendor, header.device, header.revision, header.class_code) == (0x8086, 0x10C9, 1, 0x020000)
    assert (header.command, header.status) == (0x0407, 0x0010)
    assert header.is_memory_decoding is True
    assert header.is_multi_function is True
    assert header.bar_registers == (0xB1A60000, 0xB1A40000, 0x2021, 0xB1B04000, 0, 0)
    assert header.buses is None
    assert not header.is_bridge


def test_the_header_of_a_function_names_its_subsystem(dump: Dump) -> None:
    header = decode_header(dump("radeon_fiji"))

    assert (header.subsystem_vendor, header.subsystem_device) == (0x1002, 0x0B36)


def test_the_header_of_a_bridge_has_buses_and_two_bars_and_no_subsystem(dump: Dump) -> None:
    header = decode_header(dump("haswell_root_port"))

    assert header.is_bridge
    assert header.buses == Buses(0, 3, 3)
    assert header.bar_registers == (0, 0)
    assert (header.subsystem_vendor, header.subsystem_device) == (None, None)


def test_a_cardbus_bridge_has_buses_and_one_bar(config: Config) -> None:
    header = decode_header(config({0x0E: "02", 0x10: "00000080", 0x18: "020305"}))

    assert header.buses == Buses(2, 3, 5)
    assert header.bar_registers == (0x80000000,)


def test_an_unknown_header_layout_has_no_bars(config: Config) -> None:
    assert decode_header(config({0x0E: "03"})).bar_registers == ()


def test_a_header_that_reads_all_ones_says_nothing() -> None:
    header = decode_header(ONES)

    assert {header.vendor, header.device, header.command, header.revision, header.class_code, header.layout} == {None}
    assert header.is_memory_decoding is None
    assert header.is_multi_function is None
    assert not header.is_bridge


def test_a_virtual_function_shows_no_ids_and_still_has_a_class(config: Config) -> None:
    header = decode_header(config({0x00: "ffffffff", 0x08: "01000002"}))

    assert header.vendor is None
    assert header.class_code == 0x020000


def test_bus_255_is_a_bus(config: Config) -> None:
    assert decode_header(config({0x0E: "01", 0x18: "00feff00"})).buses == Buses(0, 254, 255)


def test_the_windows_of_a_root_port(dump: Dump) -> None:
    """I/O and prefetchable are closed there: base above limit."""
    found = decode_windows(dump("haswell_root_port"))

    assert found.windows == (Window(WindowKind.MEMORY, 0xBE000000, 0xC01FFFFF),)
    assert found.unknown == ()


def test_a_bridge_may_have_all_its_windows_closed(dump: Dump) -> None:
    assert decode_windows(dump("broadcom_reverse_bridge")).windows == ()


def test_upper_halves_count_when_the_bridge_says_so(config: Config) -> None:
    """Values as a Goshen Ridge bridge has them, lspci in a thread of linux-pci: 5000-5fff, 6000000000-601bffffff."""
    found = decode_windows(
        config(
            {0x1C: "5151", 0x20: "006c1078", 0x24: "0100f11b", 0x28: "60000000", 0x2C: "60000000", 0x30: "0100 0100"}
        )
    )

    assert found.windows == (
        Window(WindowKind.IO, 0x15000, 0x15FFF),
        Window(WindowKind.MEMORY, 0x6C000000, 0x781FFFFF),
        Window(WindowKind.PREFETCHABLE, 0x6000000000, 0x601BFFFFFF, is_64bit=True),
    )


def test_upper_halves_do_not_count_when_the_bridge_does_not_say_so(config: Config) -> None:
    found = decode_windows(
        config(
            {0x1C: "5050", 0x20: "10000000", 0x24: "00801080", 0x28: "60000000", 0x2C: "60000000", 0x30: "0100 0100"}
        )
    )

    assert found.windows == (
        Window(WindowKind.IO, 0x5000, 0x5FFF),
        Window(WindowKind.PREFETCHABLE, 0x80000000, 0x801FFFFF),
    )


def test_optional_windows_of_zeros_are_not_there_and_the_memory_window_always_is(config: Config) -> None:
    assert decode_windows(config({})).windows == (Window(WindowKind.MEMORY, 0, 0xFFFFF),)


@pytest.mark.parametrize(
    ("parts", "unknown"),
    [
        ({0x1C: "ffffffff"}, WindowKind.IO),
        ({0x1C: "5151", 0x30: "ffff0000"}, WindowKind.IO),
        ({0x1C: "5151", 0x30: "0000ffff"}, WindowKind.IO),
        ({0x20: "ffff0000"}, WindowKind.MEMORY),
        ({0x20: "0000ffff"}, WindowKind.MEMORY),
        ({0x24: "ffff0100"}, WindowKind.PREFETCHABLE),
        ({0x24: "0100ffff"}, WindowKind.PREFETCHABLE),
        ({0x24: "01000100", 0x28: "ffffffff"}, WindowKind.PREFETCHABLE),
        ({0x24: "01000100", 0x2C: "ffffffff"}, WindowKind.PREFETCHABLE),
    ],
)
def test_a_window_register_of_all_ones_makes_that_window_unknown(
    config: Config, parts: dict[int, str], unknown: WindowKind
) -> None:
    found = decode_windows(config(parts))

    assert found.unknown == (unknown,)
    assert unknown not in {window.kind for window in found.windows}


def test_the_express_capability_of_a_root_port(dump: Dump) -> None:
    assert decode_express(dump("haswell_root_port"), 0x90) == Express(
        version=2,
        port_type=PortType.ROOT_PORT,
        max_payload_bytes=256,
        max_read_request_bytes=128,
        link=Link(8.0, 8, 8.0, 8, "disabled", is_disabled=False, is_training=False, is_active=True),
        slot=None,
        is_ari_capable=True,
        is_ari_forwarding=True,
        is_ltr_capable=False,
        is_ltr_enabled=False,
    )


def test_the_express_capability_of_an_endpoint(dump: Dump) -> None:
    found = decode_express(dump("intel_82576"), 0xA0)

    assert found is not None
    assert found.port_type is PortType.ENDPOINT
    assert (found.max_payload_bytes, found.max_read_request_bytes) == (256, 512)
    assert found.link == Link(2.5, 4, 2.5, 4, "disabled", is_disabled=False, is_training=False, is_active=None)


def test_a_wireless_card_saves_power_on_its_link(dump: Dump) -> None:
    found = decode_express(dump("intel_7265_wireless"), 0x40)

    assert found is not None
    assert found.link is not None
    assert found.link.aspm == "l1"
    assert (found.is_ltr_capable, found.is_ltr_enabled) == (True, True)


def test_a_function_inside_the_root_complex_has_no_link(dump: Dump) -> None:
    found = decode_express(dump("intel_integrated_endpoint"), 0x40)

    assert found is not None
    assert found.port_type is PortType.ROOT_COMPLEX_ENDPOINT
    assert found.link is None


def test_a_link_without_a_speed_is_unknown_and_not_zero(dump: Dump) -> None:
    found = decode_express(dump("broadcom_reverse_bridge"), 0x40)

    assert found is not None
    assert found.port_type is PortType.PCI_TO_PCIE_BRIDGE
    assert found.max_read_request_bytes == 4096
    assert found.link == Link(None, None, None, None, "disabled", is_disabled=False, is_training=False, is_active=None)


def test_a_hot_plug_slot(config: Config) -> None:
    found = decode_express(config({0x42: "6201", 0x54: "60009000", 0x5A: "4000"}), 0x40)

    assert found is not None
    assert found.port_type is PortType.DOWNSTREAM_PORT
    assert found.slot == Slot(is_hotplug_capable=True, is_surprise_capable=True, number=18, is_occupied=True)


def test_an_upstream_port_with_the_slot_bit_has_no_slot(config: Config) -> None:
    found = decode_express(config({0x42: "5201"}), 0x40)

    assert found is not None
    assert found.slot is None


def test_reserved_values_of_the_express_capability_are_unknown(config: Config) -> None:
    found = decode_express(config({0x42: "3200", 0x48: "c070"}), 0x40)

    assert found is not None
    assert (found.port_type, found.max_payload_bytes, found.max_read_request_bytes) == (None, None, None)


def test_version_1_has_no_second_registers_even_where_other_bytes_are(config: Config) -> None:
    found = decode_express(config({0x40: "10000100", 0x4C: "12000000", 0x64: "ffffff7f ffffff7f ffffff7f"}), 0x40)

    assert found is not None
    assert (found.is_ari_capable, found.is_ltr_enabled) == (None, None)
    assert found.link is not None
    assert found.link.max_speed_gts == 5.0


def test_an_express_capability_that_reads_all_ones_is_none() -> None:
    assert decode_express(ONES, 0x40) is None


@pytest.mark.parametrize(
    ("limit", "vector", "speed"),
    [
        (1, 0b0, 2.5),
        (2, 0b0, 5.0),
        (3, 0b0, None),
        (0, 0b0, None),
        (3, 0b111, 8.0),
        (4, 0b1111, 16.0),
        (5, 0b11111, 32.0),
        (6, 0b111111, 64.0),
        (3, 0b1111, 8.0),
        (4, 0b111, 8.0),
        (1, 0b110, None),
        (7, 0b1111111, None),
    ],
)
def test_the_best_speed_is_the_highest_of_the_vector_up_to_the_limit(
    config: Config, limit: int, vector: int, speed: float | None
) -> None:
    """As Linux pcie_get_supported_speeds; a vector of zero is older than PCIe 3.0."""
    space = config({0x4C: f"{limit:02x}", 0x6C: f"{vector << 1:02x}"})

    assert decode_link(space, 0x40, version=2).max_speed_gts == speed


def test_a_vector_of_all_ones_says_nothing(config: Config) -> None:
    assert decode_link(config({0x4C: "03", 0x6C: "ffffffff"}), 0x40, version=2).max_speed_gts is None


def test_a_link_that_reads_all_ones_is_unknown() -> None:
    assert decode_link(ONES, 0x40, version=2) == Link(*[None] * 8)


def test_the_wildest_width_is_not_a_width(config: Config) -> None:
    assert decode_link(config({0x52: "f103"}), 0x40, version=2).width is None


def test_a_port_that_does_not_report_link_active_leaves_it_unknown(config: Config) -> None:
    reports = decode_link(config({0x4C: "00001000", 0x52: "0000"}), 0x40, version=2)
    does_not = decode_link(config({0x52: "0020"}), 0x40, version=2)

    assert reports.is_active is False
    assert does_not.is_active is None


def test_power_management_tells_the_state(dump: Dump, config: Config) -> None:
    assert decode_power_management(dump("haswell_root_port"), 0xE0) == PowerManagement(
        3, "D0", keeps_state=True, is_pme_enabled=False
    )
    assert decode_power_management(config({0x44: "0301"}), 0x40).state == "D3hot"


def test_a_power_state_of_all_ones_is_not_d3() -> None:
    assert decode_power_management(ONES, 0x40) == PowerManagement(None, None, None, None)


def test_l1_substates_of_a_wireless_card(dump: Dump) -> None:
    every = ("pci_pm_l1.2", "pci_pm_l1.1", "aspm_l1.2", "aspm_l1.1")

    assert decode_l1_substates(dump("intel_7265_wireless"), 0x154) == L1Substates(every, every)
    assert decode_l1_substates(ONES, 0x154) == L1Substates(None, None)


def test_latency_tolerance_is_in_nanoseconds(dump: Dump, config: Config) -> None:
    assert decode_latency_tolerance(dump("intel_7265_wireless"), 0x14C) == LatencyTolerance(3145728, 3145728)
    assert decode_latency_tolerance(config({0x104: "01180114"}, length=512), 0x100) == LatencyTolerance(None, 1 << 25)
    assert decode_latency_tolerance(ONES, 0x14C) == LatencyTolerance(None, None)


def test_aer_of_a_network_card_remembers_a_correctable_error(dump: Dump) -> None:
    found = decode_aer(dump("intel_82576"), 0x100, is_root=False)

    assert (found.uncorrectable_status, found.uncorrectable_mask, found.uncorrectable_severity) == (0, 0, 0x62011)
    assert (found.correctable_status, found.correctable_mask) == (0x2000, 0x2000)
    assert found.first_error == 0
    assert found.header_log == (0, 0, 0, 0)
    assert (found.root_status, found.error_source) == (None, None)


def test_aer_of_a_root_port_has_the_registers_of_the_root(dump: Dump) -> None:
    found = decode_aer(dump("haswell_root_port"), 0x148, is_root=True)

    assert (found.root_status, found.error_source) == (0, 0)


def test_aer_that_reads_all_ones_has_no_errors_to_tell() -> None:
    found = decode_aer(ONES, 0x100, is_root=True)

    assert {found.uncorrectable_status, found.correctable_status, found.control, found.root_status} == {None}
    assert found.first_error is None
    assert found.header_log == (None,) * 4


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (0b000_0000, None),
        (0b000_0001, "uncorrectable"),
        (0b000_0011, "nonfatal_message"),
        (0b000_0101, "fatal_message"),
        (0b000_0111, "rp_pio"),
        (0b010_0111, "software"),
        (0b100_0111, None),
    ],
)
def test_dpc_tells_why_it_cut_the_link_off(config: Config, status: int, reason: str | None) -> None:
    found = decode_dpc(config({0x104: "20000100", 0x108: f"{status:02x}000003", 0x10C: "00000400"}, length=512), 0x100)

    assert (found.is_triggered, found.reason) == (bool(status & 1), reason)
    assert (found.is_enabled, found.trigger, found.source) == (True, "fatal", 0x0300)
    assert found.rp_pio_status == 1 << 18


def test_dpc_without_root_port_extensions_has_no_rp_pio_status(config: Config) -> None:
    found = decode_dpc(config({0x10C: "00000400"}, length=512), 0x100)

    assert (found.has_rp_extensions, found.is_enabled, found.trigger, found.rp_pio_status) == (False, False, None, None)


def test_dpc_that_reads_all_ones_has_not_triggered() -> None:
    found = decode_dpc(ONES, 0x100)

    assert {found.is_enabled, found.trigger, found.is_triggered, found.reason, found.source, found.status} == {None}


def test_msi_of_real_functions(dump: Dump) -> None:
    assert decode_msi(dump("intel_7265_wireless"), 0xD0) == Msi(
        is_enabled=True, vectors_offered=1, vectors_enabled=1, is_64bit=True, is_maskable=False
    )
    assert decode_msi(dump("intel_integrated_endpoint"), 0x80) == Msi(
        is_enabled=False, vectors_offered=4, vectors_enabled=1, is_64bit=True, is_maskable=True
    )


def test_reserved_vector_counts_of_msi_are_unknown(config: Config) -> None:
    found = decode_msi(config({0x42: "6c00"}), 0x40)

    assert (found.vectors_offered, found.vectors_enabled) == (None, None)


def test_msi_x_of_real_functions(dump: Dump) -> None:
    assert decode_msi_x(dump("intel_82576"), 0x70) == MsiX(
        is_enabled=True, is_masked=False, vectors=10, table=BarPlace(3, 0), pending=BarPlace(3, 0x2000)
    )
    assert decode_msi_x(dump("virtio_fs"), 0x40).pending == BarPlace(0, 0x2000)


def test_msi_x_in_a_bar_that_cannot_be_is_nowhere(config: Config) -> None:
    found = decode_msi_x(config({0x44: "06100000", 0x48: "ffffffff"}), 0x40)

    assert (found.table, found.pending) == (None, None)
    assert decode_msi_x(ONES, 0x40) == MsiX(None, None, None, None, None)


def test_resizable_bars_of_real_functions(dump: Dump) -> None:
    """256 MB to 4 GB on the Radeon, 16 or 32 MB on the integrated endpoint."""
    assert decode_resizable_bars(dump("radeon_fiji"), 0x200) == (
        ResizableBar(0, 256 << 20, tuple(1 << shift for shift in (28, 29, 30, 31, 32))),
    )
    assert decode_resizable_bars(dump("intel_integrated_endpoint"), 0x700) == (
        ResizableBar(4, 16 << 20, (16 << 20, 32 << 20)),
    )


def test_sizes_above_128_tib_are_in_the_other_register(config: Config) -> None:
    found = decode_resizable_bars(config({0x104: "00000080", 0x108: "20000180"}, length=512), 0x100)

    assert found == (ResizableBar(0, 1 << 20, (1 << 47, 1 << 48, 1 << 63)),)


def test_no_more_than_six_bars_can_be_resized(config: Config) -> None:
    entries = {0x104 + 8 * n: f"10000000 {0xE0 | n:02x}000000" for n in range(8)}

    found = decode_resizable_bars(config(entries, length=512), 0x100)

    assert [each.bar for each in found] == [0, 1, 2, 3, 4, 5]


def test_resizable_entries_that_cannot_be_are_left_out(config: Config) -> None:
    found = decode_resizable_bars(
        config({0x104: "ffffffff 60000000", 0x10C: "10000000 06000000", 0x114: "10000000 ffffffff"}, length=512), 0x100
    )

    assert found == (ResizableBar(0, 1 << 20, None),)
    assert decode_resizable_bars(ONES, 0x100) == ()


def test_sr_iov_of_real_functions(dump: Dump) -> None:
    assert decode_sr_iov(dump("intel_82576"), 0x160) == SrIov(
        is_enabled=True,
        is_memory_decoding=True,
        total_vfs=8,
        num_vfs=4,
        first_vf_offset=128,
        vf_stride=2,
        vf_device=0x10CA,
    )
    assert decode_sr_iov(ONES, 0x160) == SrIov(*[None] * 7)


def test_acs_of_a_root_port(dump: Dump) -> None:
    controls = ("sv", "tb", "rr", "cr", "uf")

    assert decode_acs(dump("haswell_root_port"), 0x110) == Acs(controls, controls)
    assert decode_acs(ONES, 0x110) == Acs(None, None)


def test_serial_numbers_are_as_lspci_shows_them(dump: Dump) -> None:
    assert decode_serial_number(dump("intel_7265_wireless"), 0x140) == 0x185E0FFFFF619B49


def test_a_serial_number_of_zeros_or_ones_names_nothing(config: Config) -> None:
    assert decode_serial_number(config({}, length=512), 0x100) is None
    assert decode_serial_number(config({0x104: "ffffffff 01000000"}, length=512), 0x100) is None
    assert decode_serial_number(config({0x104: "01000000 ffffffff"}, length=512), 0x100) is None


def test_the_subsystem_of_a_bridge_is_in_a_capability(dump: Dump) -> None:
    assert decode_subsystem_ids(dump("haswell_root_port"), 0x40) == SubsystemIds(0x8086, 0)


def test_vendor_specific_structures_of_real_functions(dump: Dump) -> None:
    assert decode_vsec(dump("haswell_root_port"), 0x280) == VendorSpecific(5, 3, 0x18)
    assert decode_dvsec(dump("intel_integrated_endpoint"), 0xE00) == DesignatedVendorSpecific(0x8086, 0, 0, 0x38)
    assert decode_vsec(ONES, 0x100) == VendorSpecific(None, None, None)


@pytest.mark.parametrize(
    ("name", "cfg_type", "found"),
    [
        ("virtio_net_legacy", 1, VirtioStructure(1, 2, 0, 0x1000)),
        ("virtio_net_legacy", 2, VirtioStructure(2, 2, 0x3000, 0x40000)),
        ("virtio_fs", 1, VirtioStructure(1, 0, 0x3000, 0x3C)),
        ("virtio_fs", 3, VirtioStructure(3, 0, 0x303C, 4)),
        ("virtio_fs", 5, None),
        ("radeon_fiji", 8, None),
    ],
)
def test_virtio_structures_are_where_lspci_says(
    dump: Dump, name: str, cfg_type: int, found: VirtioStructure | None
) -> None:
    assert virtio_structure(dump(name), cfg_type) == found


def test_a_virtio_structure_in_a_reserved_bar_is_ignored(config: Config) -> None:
    """Virtio 1.2, 4.1.4.1: so that the next one is found."""
    space = config(
        {
            0x00: "f41a4110",
            0x06: "1000",
            0x34: "40",
            0x40: "09501001 06000000 00000000 38000000",
            0x50: "09601001 04000000 00100000 38000000",
            0x60: "09701002 04000000 ffffffff 38000000",
            0x70: "09f81002 04000000 00000000 ffffffff",
            0xF8: "09001003",
        }
    )

    assert virtio_structure(space, 1) == VirtioStructure(1, 4, 0x1000, 0x38)
    assert virtio_structure(space, 2) is None
    assert virtio_structure(space, 3) is None
    assert decode_virtio(ONES, 0x40) is None


def test_an_overview_has_what_a_topology_keeps(dump: Dump) -> None:
    port, card, endpoint = (overview(dump(name)) for name in ("haswell_root_port", "radeon_fiji", "intel_82576"))

    assert port.header is not None
    assert port.walk == walk(dump("haswell_root_port"))
    assert port.windows == decode_windows(dump("haswell_root_port"))
    assert port.acs is not None
    assert port.subsystem == SubsystemIds(0x8086, 0)
    assert (card.windows, card.serial_number) == (None, None)
    assert card.resizable_bars[0].bar == 0
    assert endpoint.serial_number == 0x001B21FFFF12174C
    assert port.problems == card.problems == endpoint.problems == ()


def test_a_structure_that_is_cut_off_costs_only_itself(config: Config) -> None:
    space = config({0x06: "1000", 0x34: "f0", 0xF0: "0df8", 0xF4: "28101234", 0xF8: "1000"})

    found = overview(space)

    assert found.subsystem == SubsystemIds(0x1028, 0x3412)
    assert found.express is None
    assert found.problems == ("express at 0xf8: config space ends at 0x100, the 2 bytes at 0x100 are not in it",)


def test_an_overview_of_too_little_says_so() -> None:
    assert overview(b"").problems == ("config space ends at 0x0, the 4 bytes at 0x3c are not in it",)


def test_a_function_that_does_not_answer_has_nothing_to_decode() -> None:
    found = overview(ONES)

    assert found.walk.capabilities == ()
    assert found.problems == ("reads all ones: the function does not answer",)


def test_what_is_beyond_the_end_is_an_error_that_says_where() -> None:
    with pytest.raises(DecodeError, match="config space ends at 0x42, the 2 bytes at 0x42 are not in it"):
        decode_msi(bytes(0x42), 0x40)
