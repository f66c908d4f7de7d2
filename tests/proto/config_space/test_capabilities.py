"""Walking capability lists, honest and lying ones."""

from collections.abc import Callable

import pytest

from barwatch_proto.config_space import Capability, Walk, extended_name, standard_name, walk

Config = Callable[..., bytes]
HAS_LIST = {0x06: "1000", 0x34: "40"}


def offsets(found: Walk) -> list[int]:
    return [capability.offset for capability in found.capabilities]


def test_both_lists_of_a_root_port_are_found_in_their_order(dump: Callable[[str], bytes]) -> None:
    found = walk(dump("haswell_root_port"))

    standard = ("subsystem_ids", "msi", "express", "power_management")
    assert found.names[:4] == standard
    assert found.names[4:] == (
        "vendor_specific",
        "acs",
        "aer",
        "vendor_specific",
        "secondary_express",
        "vendor_specific",
        "vendor_specific",
    )
    assert offsets(found) == [0x40, 0x60, 0x90, 0xE0, 0x100, 0x110, 0x148, 0x1D0, 0x250, 0x280, 0x300]
    assert found.problems == ()


def test_a_list_may_run_backwards(dump: Callable[[str], bytes]) -> None:
    found = walk(dump("virtio_net_legacy"))

    assert offsets(found) == [0x84, 0x70, 0x60, 0x50, 0x40]
    assert found.problems == ()


def test_an_extended_capability_has_its_version_and_a_standard_one_has_none(dump: Callable[[str], bytes]) -> None:
    found = walk(dump("radeon_fiji"))

    assert found.capabilities[0] == Capability(0x09, 0x48, "vendor_specific")
    assert not found.capabilities[0].is_extended
    assert Capability(0x01, 0x150, "aer", version=2) in found.capabilities
    assert found.offset_of("resizable_bar") == 0x200
    assert found.offset_of("no_such_capability") is None


def test_a_function_without_the_status_bit_has_no_list_whatever_its_pointer_says(config: Config) -> None:
    assert walk(config({0x34: "40", 0x40: "0100"})) == Walk()


def test_a_cardbus_bridge_keeps_its_pointer_elsewhere(config: Config) -> None:
    found = walk(config({0x06: "1000", 0x0E: "02", 0x14: "80", 0x34: "40", 0x80: "0100"}))

    assert offsets(found) == [0x80]


def test_an_empty_extended_list_is_no_problem(config: Config) -> None:
    assert walk(config({}, length=4096)) == Walk()


def test_null_capabilities_are_stepped_over(config: Config) -> None:
    found = walk(config({**HAS_LIST, 0x40: "0050", 0x50: "0500", 0x100: "00002000", 0x200: "03000100"}, length=4096))

    assert found.names == ("msi",)


def test_an_extended_null_capability_leads_on(config: Config) -> None:
    found = walk(config({0x100: "00000020", 0x200: "03000100"}, length=4096))

    assert found.names == ("serial_number",)


@pytest.mark.parametrize("length", [0, 1, 0x07, 0x0F, 0x37])
def test_a_header_that_is_cut_off_is_a_problem_not_an_error(config: Config, length: int) -> None:
    found = walk(config({0x06: "1000"}, length=0x40)[:length])

    assert found.capabilities == ()
    assert found.problems[0].startswith("capability pointer: config space ends at")


def test_what_an_ordinary_user_sees_has_no_capabilities_and_says_so(dump: Callable[[str], bytes]) -> None:
    found = walk(dump("intel_82576")[:64])

    assert found.capabilities == ()
    assert found.problems == ("capability at 0x40: config space ends at 0x40, the 2 bytes at 0x40 are not in it",)


def test_a_pointer_that_reads_all_ones_is_not_followed(config: Config) -> None:
    assert walk(config({0x06: "1000", 0x34: "ffffffff"})).problems == ("capability pointer: reads all ones",)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({0x34: "3c"}, "capability at 0x3c: the list points below 0x40"),
        ({0x40: "0150", 0x50: "0540"}, "capability at 0x40: the list loops"),
        ({0x40: "0140"}, "capability at 0x40: the list loops"),
        ({0x40: "0104"}, "capability at 0x4: the list points below 0x40"),
        ({0x40: "0150", 0x50: "ffff"}, "capability at 0x50: reads all ones"),
        ({0x40: "0150", 0x50: "ff60"}, "capability at 0x50: reads all ones"),
    ],
)
def test_a_lying_standard_list_ends_with_a_problem(config: Config, parts: dict[int, str], problem: str) -> None:
    found = walk(config({**HAS_LIST, **parts}))

    assert found.problems == (problem,)
    assert set(offsets(found)) <= {0x40, 0x50}


def test_the_two_low_bits_of_a_pointer_do_not_count(config: Config) -> None:
    found = walk(config({0x06: "1000", 0x34: "43", 0x40: "0152", 0x50: "0501"}))

    assert offsets(found) == [0x40, 0x50]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({0x100: "03000110"}, "capability at 0x100: the list loops"),
        ({0x100: "03000120", 0x200: "18000110"}, "capability at 0x100: the list loops"),
        ({0x100: "0300010c"}, "capability at 0xc0: the list points below 0x100"),
        ({0x100: "ffffffff"}, "capability at 0x100: reads all ones"),
        ({0x100: "03000140"}, "capability at 0x400: config space ends at 0x400, the 4 bytes at 0x400 are not in it"),
        (
            {0x100: "0300c13f", 0x3FC: "0b000100"},
            "capability at 0x3fc: config space ends at 0x400, the 4 bytes at 0x400",
        ),
    ],
)
def test_a_lying_extended_list_ends_with_a_problem(config: Config, parts: dict[int, str], problem: str) -> None:
    found = walk(config(parts, length=0x400))

    assert len(found.problems) == 1
    assert found.problems[0].startswith(problem)


def test_a_list_of_all_places_ends(config: Config) -> None:
    standard = {at: f"01{at + 4 if at < 0xFC else 0:02x}" for at in range(0x40, 0x100, 4)}
    following = {at: at + 4 if at < 0xFFC else 0 for at in range(0x100, 0x1000, 4)}
    extended = {at: (0x03 | 1 << 16 | to << 20).to_bytes(4, "little").hex() for at, to in following.items()}

    found = walk(config({0x06: "1000", 0x34: "40", **standard, **extended}, length=4096))

    assert len(found.capabilities) == 48 + 960
    assert all("lies inside" in problem for problem in found.problems)


def test_structures_that_overlap_are_found_and_the_overlap_is_told(config: Config) -> None:
    found = walk(config({**HAS_LIST, 0x40: "1044", 0x44: "0100"}))

    assert found.names == ("express", "power_management")
    assert found.problems == ("power_management at 0x44 lies inside express at 0x40",)


@pytest.mark.parametrize(
    ("vendor", "header", "name"),
    [
        ("8680", "34120110", "thunderbolt"),
        ("f41a", "34120110", "vendor_specific"),
        ("8680", "35120110", "vendor_specific"),
        ("8680", "ffffffff", "vendor_specific"),
    ],
)
def test_the_vsec_of_an_intel_thunderbolt_controller_has_its_own_name(
    config: Config, vendor: str, header: str, name: str
) -> None:
    assert walk(config({0: vendor, 0x100: "0b000100", 0x104: header}, length=4096)).names == (name,)


@pytest.mark.parametrize(
    ("header", "own_id", "name"),
    [
        ("86800001", "2300", "usb4"),
        ("c01e0001", "2300", "usb4"),
        ("861e0001", "2300", "designated_vendor_specific"),
        ("86800001", "2400", "designated_vendor_specific"),
    ],
)
def test_the_dvsec_of_usb4_has_its_own_name(config: Config, header: str, own_id: str, name: str) -> None:
    assert walk(config({0x100: "23000100", 0x104: header, 0x108: own_id}, length=4096)).names == (name,)


def test_capabilities_without_a_name_show_their_number() -> None:
    assert standard_name(0x2A) == "id_0x2a"
    assert extended_name(0x3A) == "ext_0x3a"
    assert extended_name(0x1234) == "ext_0x1234"
