from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import virtual_machine
from barwatch_agent.settings.virtual_machine import CLOCKS, CPUINFO, DEVICE_TREE, DMI, FUNCTIONS, XEN
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

REAL_CPU = "processor\t: 0\nflags\t\t: fpu vme sse2\n\nprocessor\t: 1\n"
GUEST_CPU = "processor\t: 0\nflags\t\t: fpu hypervisor sse2\n"
ARM_CPU = "processor\t: 0\nFeatures\t: fp asimd\n"


def probe(tree: Callable[..., Roots], files: dict[str, str | bytes | None]) -> Setting:
    (found,) = virtual_machine.probe(tree(files))
    return found


@pytest.mark.parametrize(
    ("files", "name", "source"),
    [
        ({f"{XEN}/type": "xen", CPUINFO: GUEST_CPU}, "xen", f"{XEN}/type"),
        ({CLOCKS: "tsc kvm-clock acpi_pm \n", f"{DMI}/sys_vendor": "QEMU"}, "kvm", CLOCKS),
        ({CLOCKS: "hyperv_clocksource_tsc_page acpi_pm\n"}, "hyperv", CLOCKS),
        ({f"{DMI}/sys_vendor": "QEMU", CPUINFO: REAL_CPU}, "qemu", f"{DMI}/sys_vendor"),
        ({f"{DMI}/product_name": "VMware20,1"}, "vmware", f"{DMI}/product_name"),
        (
            {f"{DMI}/product_name": "VirtualBox", f"{DMI}/sys_vendor": "innotek GmbH"},
            "virtualbox",
            f"{DMI}/product_name",
        ),
        (
            {f"{DMI}/product_name": "Virtual Machine", f"{DMI}/sys_vendor": "Microsoft Corporation"},
            "hyperv",
            f"{DMI}/product_name",
        ),
        ({f"{DEVICE_TREE}/hypervisor/compatible": "linux,kvm\0"}, "kvm", f"{DEVICE_TREE}/hypervisor/compatible"),
        (
            {f"{DEVICE_TREE}/hypervisor/compatible": "xen,xen-4.17\0xen,xen\0"},
            "xen",
            f"{DEVICE_TREE}/hypervisor/compatible",
        ),
        ({f"{DEVICE_TREE}/hypervisor/compatible": "acme,vmm"}, None, f"{DEVICE_TREE}/hypervisor/compatible"),
        ({CPUINFO: GUEST_CPU}, None, CPUINFO),
        (
            {CPUINFO: ARM_CPU, f"{FUNCTIONS}/0000:00:01.0/vendor": "0x1af4"},
            None,
            f"{FUNCTIONS}/0000:00:01.0/vendor",
        ),
    ],
)
def test_a_clue_makes_it_a_virtual_machine_and_is_the_source(
    tree: Callable[..., Roots], files: dict[str, str | bytes | None], name: str | None, source: str
) -> None:
    found = probe(tree, files)

    assert (found.state, found.value, found.source) == (State.ON, name, source)
    assert found.raw


@pytest.mark.parametrize(
    "files",
    [
        {CPUINFO: REAL_CPU},
        {CPUINFO: REAL_CPU, CLOCKS: "tsc hpet acpi_pm"},
        {CPUINFO: REAL_CPU, f"{FUNCTIONS}/0000:00:01.0/vendor": "0x1af4"},
        {CPUINFO: REAL_CPU, f"{DMI}/sys_vendor": "Oracle Corporation", f"{DMI}/product_name": "SUN SERVER X4-2"},
        {CPUINFO: REAL_CPU, f"{DMI}/sys_vendor": "Microsoft Corporation", f"{DMI}/product_name": "Surface Laptop 5"},
        {CPUINFO: ARM_CPU, f"{DMI}/sys_vendor": "LENOVO"},
        {CPUINFO: ARM_CPU, f"{DEVICE_TREE}/compatible": "raspberrypi,4-model-b\0"},
    ],
)
def test_a_real_machine_is_off(tree: Callable[..., Roots], files: dict[str, str | bytes | None]) -> None:
    found = probe(tree, files)

    assert (found.state, found.value, found.reason) == (State.OFF, None, None)


def test_the_domain_that_owns_the_hardware_is_not_a_virtual_machine(tree: Callable[..., Roots]) -> None:
    """Xen's dom0 has the hypervisor flag and sees the real PCI hierarchy."""
    files = {f"{XEN}/type": "xen", f"{XEN}/properties/features": "00000000000028fd", CPUINFO: GUEST_CPU}

    assert probe(tree, files).state is State.OFF


def test_a_guest_of_xen_does_not_own_the_hardware(tree: Callable[..., Roots]) -> None:
    files = {f"{XEN}/type": "xen", f"{XEN}/properties/features": "00000000000020fd"}

    assert probe(tree, files).value == "xen"


@pytest.mark.parametrize("content", [ARM_CPU, "", b"\xff\x00" * 9000])
def test_no_clue_where_none_could_be_is_not_a_real_machine(tree: Callable[..., Roots], content: str | bytes) -> None:
    found = probe(tree, {CPUINFO: content})

    assert (found.state, found.value) == (State.UNREADABLE, None)
    assert "nothing here tells" in found.reason


def test_a_cpuinfo_that_cannot_be_read_is_unreadable(tree: Callable[..., Roots]) -> None:
    assert probe(tree, {CPUINFO: None}).state is State.UNREADABLE


def test_a_clue_that_cannot_be_read_does_not_hide_the_next(tree: Callable[..., Roots]) -> None:
    files = {f"{XEN}/type": None, CLOCKS: None, f"{DMI}/product_name": None, f"{DMI}/sys_vendor": "Parallels"}

    assert probe(tree, files).value == "parallels"


def test_nothing_at_all_is_absent(tree: Callable[..., Roots]) -> None:
    found = probe(tree, {})

    assert (found.state, found.reason) == (State.ABSENT, "nothing here tells")
