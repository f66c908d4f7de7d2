"""What bytes of Windows say about the platform, and that what it does not tell is never off."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agent.windows.smbios import machine, structure, table
from tests.agent.windows.told_by_windows import uint32

from barwatch_agent.settings import PROBES as LINUX_PROBES
from barwatch_agent.settings.windows import PROBES, Told, read_windows_settings
from barwatch_agent.settings.windows.host import windows_host_facts
from barwatch_agent.windows.facts import Devnode, Property, Refusal
from barwatch_agent.windows.smbios import anonymous, structures
from barwatch_agent.windows.sources import NAMES
from barwatch_proto.words import State

NO_SUCH_CLASS = Refusal(0xC0000003, "NTSTATUS")
ACPI = b"FACPDMARSDEV"
DMAR = b"DMAR" + bytes(33) + bytes([0b101]) + bytes(26)
REFUSALS = st.builds(Refusal, st.integers(0, 1 << 32))
VERSION = struct.pack("<5I", 276, 10, 0, 22631, 2) + bytes(256)
GUARD = b"VirtualizationBasedSecurityStatus=2\nSecurityServicesRunning=1,2\nAvailableSecurityProperties=1,2,99\n"


def settings(devices=(), **facts):
    return {each.name: each for each in read_windows_settings(Told(facts, devices))}


def states(**facts):
    return {name: each.state for name, each in settings(**facts).items()}


def test_every_setting_of_linux_is_there_under_its_name():
    linux = {name for probe in LINUX_PROBES for name in probe.sources}

    assert linux <= {name for probe in PROBES for name in probe.sources}


def test_the_names_and_their_order_are_always_the_same():
    declared = [name for probe in PROBES for name in probe.sources]

    assert sorted(settings()) == sorted(declared)
    assert list(settings()) == list(settings(dma_guard_policy=b"\1", smbios=machine(), acpi_tables=ACPI))


@given(st.dictionaries(st.sampled_from(NAMES), st.one_of(st.binary(max_size=300), REFUSALS)))
def test_no_rubbish_costs_a_setting(facts):
    found = settings(**facts)

    assert len(found) == len(settings())
    assert not [each for each in found.values() if each.reason and each.reason.startswith("the probe failed")]


def test_what_windows_does_not_tell_is_never_off():
    facts = dict.fromkeys(NAMES, NO_SUCH_CLASS)

    assert State.OFF not in states(**facts).values()
    assert State.OFF not in states().values()


@pytest.mark.parametrize(
    ("name", "facts", "state"),
    [
        ("secure_boot", {"secure_boot": b"\1\1"}, State.ON),
        ("secure_boot", {"secure_boot": b"\0\1"}, State.OFF),
        ("secure_boot", {"secure_boot": b"\0\0"}, State.ABSENT),
        ("kernel_dma_protection", {"dma_guard_policy": b"\1"}, State.ON),
        ("kernel_dma_protection", {"dma_guard_policy": b"\0"}, State.OFF),
        ("kernel_dma_protection", {"dma_guard_policy": b"\2"}, State.UNREADABLE),
        ("iommu", {"dma_guard_policy": b"\1"}, State.ON),
        ("iommu", {"dma_guard_policy": b"\0", "acpi_tables": b"FACPDMAR"}, State.UNREADABLE),
        ("iommu", {"dma_guard_policy": b"\0", "acpi_tables": b"FACPSSDT"}, State.OFF),
        ("vbs", {"isolated_user_mode": bytes([3]) + bytes(15)}, State.ON),
        ("hvci", {"isolated_user_mode": bytes([3]) + bytes(15)}, State.ON),
        ("hvci", {"isolated_user_mode": bytes([1]) + bytes(15)}, State.OFF),
        ("hvci", {"isolated_user_mode": bytes([2]) + bytes(15)}, State.OFF),
        ("vbs", {"isolated_user_mode": NO_SUCH_CLASS, "device_guard": GUARD}, State.ON),
        ("hvci", {"isolated_user_mode": NO_SUCH_CLASS, "device_guard": GUARD}, State.ON),
        ("vbs", {"device_guard": b"VirtualizationBasedSecurityStatus=1\n"}, State.OFF),
        ("vbs", {"device_guard": b"VirtualizationBasedSecurityStatus=7\n"}, State.UNREADABLE),
        ("credential_guard", {"device_guard": GUARD}, State.ON),
        ("credential_guard", {"device_guard": b"SecurityServicesRunning=\n"}, State.OFF),
        ("credential_guard", {"device_guard": b"SecurityServicesConfigured=1\n"}, State.UNREADABLE),
        ("dma_remapping_opt_in", {"acpi_tables": ACPI, "acpi_dmar": DMAR}, State.ON),
        ("dma_remapping_opt_in", {"acpi_tables": ACPI, "acpi_dmar": DMAR[:37] + bytes(27)}, State.OFF),
        ("dma_remapping_opt_in", {"acpi_tables": b"FACP"}, State.ABSENT),
        ("dma_remapping_opt_in", {"acpi_tables": ACPI, "acpi_dmar": DMAR[:20]}, State.UNREADABLE),
        ("sdev_table", {"acpi_tables": ACPI}, State.ON),
        ("ivrs_table", {"acpi_tables": ACPI}, State.ABSENT),
        ("ivrs_table", {"acpi_tables": b""}, State.UNREADABLE),
        ("tpm", {"tpm": Refusal(0x8028400F, "TBS")}, State.ABSENT),
        ("tpm", {"tpm": Refusal(0x80284001, "TBS")}, State.UNREADABLE),
        ("test_signing", {"code_integrity": struct.pack("<II", 8, 0x2403)}, State.ON),
        ("kernel_debugger", {"code_integrity": struct.pack("<II", 8, 0x2403)}, State.OFF),
        ("code_integrity", {"code_integrity": b"\x08"}, State.UNREADABLE),
        ("virtual_machine", {"smbios": machine()}, State.OFF),
        ("virtual_machine", {"smbios": table()}, State.UNREADABLE),
        ("virtual_machine", {"smbios": machine(), "hyperv_guest": b""}, State.ON),
        ("power_source", {"power_status": bytes([1, 0x80]) + bytes(10)}, State.ABSENT),
        ("power_source", {"power_status": bytes([255, 255]) + bytes(10)}, State.UNREADABLE),
    ],
)
def test_a_state_is_what_its_bytes_say(name, facts, state):
    assert settings(**facts)[name].state is state


@pytest.mark.parametrize(
    ("name", "facts", "value"),
    [
        ("tpm", {"tpm": struct.pack("<4I", 1, 2, 1, 2)}, "2.0"),
        ("chassis", {"smbios": machine(chassis=10)}, "laptop"),
        ("chassis", {"smbios": machine(chassis=0x83)}, "desktop"),
        ("chassis", {"smbios": machine(chassis=1), "acpi_facp": bytes(45) + b"\2"}, "laptop"),
        ("chassis", {"smbios": machine("QEMU", "Standard PC")}, "virtual"),
        ("virtual_machine", {"smbios": machine("Microsoft Corporation", "Virtual Machine")}, "hyperv"),
        ("virtual_machine", {"smbios": machine("innotek GmbH", "VirtualBox")}, "virtualbox"),
        ("bios_version", {"smbios": machine()}, "N24ET76W (1.51 )"),
        ("machine_model", {"smbios": machine()}, "20L5CTO1WW"),
        ("power_source", {"power_status": bytes([0, 1]) + bytes(10)}, "battery"),
        ("aspm_policy", {"aspm": struct.pack("<II", 0, 2)}, "off"),
        ("aspm_policy", {"aspm": struct.pack("<II", 0, 2), "power_status": bytes(12)}, "maximum"),
        ("kernel_version", {"version": VERSION, "update_revision": struct.pack("<I", 3880)}, "10.0.22631.3880"),
        ("os_build", {"version": VERSION, "display_version": "23H2".encode("utf-16-le")}, "Windows 10.0.22631 (23H2)"),
        ("vbs_available", {"device_guard": GUARD}, "hypervisor+secure_boot+99"),
    ],
)
def test_a_value_is_what_its_bytes_say(name, facts, value):
    assert settings(**facts)[name].value == value


def test_a_refusal_is_told_with_its_number():
    found = settings(dma_guard_policy=Refusal(0xC0000022, "NTSTATUS"), tpm=Refusal(0x80284001, "TBS"))

    assert found["kernel_dma_protection"].reason == "Windows refuses it to this user (0xc0000022 NTSTATUS)"
    assert found["tpm"].reason == "Windows answers 0x80284001 TBS"


def test_policies_of_dma_remapping_are_counted():
    devices = [Devnode(f"PCI\\{each}", {"dma_remapping_policy": uint32(each)}) for each in (2, 2, 1)]
    rubbish = Devnode("PCI\\x", {"dma_remapping_policy": Property(7, b"")})
    found = settings([*devices, rubbish, Devnode("PCI\\y")])["dma_remapping_policy"]

    assert (found.value, found.raw) == ("opted in,opted out", "opted in 2, opted out 1")


def test_the_hardware_uuid_is_the_one_that_linux_shows():
    """The first three fields are little-endian in SMBIOS; Linux and Windows both show them the other way round."""
    facts = windows_host_facts({"smbios": machine()}, "box")

    assert facts.hardware_uuid == "03020100-0504-0706-0809-0a0b0c0d0e0f"
    assert (facts.system, facts.machine_vendor) == ("windows", "LENOVO")


def test_a_table_without_what_names_the_machine_says_the_same():
    bare = anonymous(machine())

    assert not [secret for secret in (b"SERIAL", b"ASSET", b"SKU") if secret in bare]
    assert windows_host_facts({"smbios": bare}, "box").hardware_uuid is None
    assert {name: each.value for name, each in settings(smbios=bare).items()} == {
        name: each.value for name, each in settings(smbios=machine()).items()
    }


@given(st.binary(max_size=400))
def test_a_table_of_rubbish_has_what_can_be_had_of_it(raw):
    assert len(anonymous(raw)) <= 8 + 4 * 400
    assert all(kind == each.kind for kind, each in structures(raw).items())


def test_a_structure_that_ends_in_the_middle_ends_the_table():
    whole = table(structure(0, bytes(14), "a"))

    assert set(structures(whole[:12])) == set()
