"""Whatever a topology holds: columns have their form, never raise, and do not depend on names and numbers of buses."""

import math
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.collector.attributes.made import CARD, HIGH, LOW, ROOT_PORT

from barwatch_collector.attributes import Form, columns, of_access, of_function, of_functions, of_host
from barwatch_proto.pci import Address, BarKind, PortType, WindowKind
from barwatch_proto.snapshot import HostFacts, Setting, Snapshot
from barwatch_proto.topology import Bar, ThunderboltDevice, ThunderboltDomain, Topology, Window
from barwatch_proto.words import Access, State

FORMS = {attribute.name: attribute.form for attribute in columns()}
SETTINGS = sorted({"kernel_tainted", "bios_date", *FORMS})
TEXTS = (
    "",
    "x",
    "6.12.48",
    "10.0.22631",
    "PWO bit20",
    "pci=nocrs iommu=pt pcie_aspm",
    "02/27/2024",
    "simulated",
    "10",
    "é",
)
BARS = (
    Bar(0, BarKind.IO, is_prefetchable=False, length_bytes=128, start=0x3000),
    Bar(1, BarKind.MEMORY_32, is_prefetchable=False, length_bytes=1, start=None),
    Bar(
        2, BarKind.MEMORY_64, is_prefetchable=True, length_bytes=1 << 40, start=HIGH, resizable_bytes=(1 << 20, 1 << 34)
    ),
)
WINDOWS = (
    Window(WindowKind.MEMORY, 0, (1 << 64) - 1),
    Window(WindowKind.PREFETCHABLE, HIGH, LOW),  # closed, and listed all the same
    Window(WindowKind.IO, 0, 0),
)
CHOICES = {
    "class_code": (0x060401, 0x060000, 0x123456, 0),
    "revision": (None, 0),
    "subsystem_vendor": (None, 0),
    "port_type": (None, *PortType),
    "bars": ((), BARS[:1], BARS[:2], BARS[1:], BARS),
    "windows": ((), WINDOWS[:1], WINDOWS[1:], WINDOWS),
    "max_link_speed_gts": (None, 2.5, 64.0),
    "max_link_width": (None, 1),
    "capabilities": ((), ("express",), ("express", "aer", "usb4", "thunderbolt"), ("vendor_specific", "dpc")),
    "is_hotplug_capable": (True, False),
    "is_external_facing": (True, False),
    "is_removable": (True, False),
    "is_tunnelled": (True, False),
    "is_d3cold_allowed": (None, False),
    "iommu_group": (None, 0, 1),
    "driver": (None, "", "vfio-pci"),
    "driver_version": (None, ""),
    "max_payload_bytes": (None, 128),
    "max_read_request_bytes": (None, 128),
    "aspm": (None, "l0s", "l0s+l1"),
    "l1_substates": (None, "aspm_l1.1", "pci_pm_l1.2+aspm_l1.1"),
    "acs": (None, "sv+rr"),
    "has_dpc_enabled": (True, False),
    "is_ari_enabled": (None, True),
    "problems": (("resource: missing", "driver: EACCES"), ("config: memory window reads all ones", "iommu_group: EIO")),
}
CHANGES = [(name, choice) for name, choices in CHOICES.items() for choice in choices]
flags = st.none() | st.booleans()
texts = st.none() | st.sampled_from(TEXTS)
addresses = st.builds(Address, st.just(0), st.integers(0, 3), st.integers(0, 1), st.integers(0, 1))
functions = st.builds(
    lambda base, address, parent, changes: replace(base, address=address, parent=parent, **dict(changes)),
    st.sampled_from([ROOT_PORT, CARD]),
    addresses,
    st.none() | addresses,
    st.lists(st.sampled_from(CHANGES), max_size=8),
)
domains = st.builds(ThunderboltDomain, st.just("domain0"), texts, flags)
routers = st.builds(
    ThunderboltDevice,
    st.sampled_from(["0-0", "0-1", "1-0", "0-301", "", "rubbish"]),
    vendor_name=texts,
    generation=st.none() | st.integers(0, 9),
    authorized=st.none() | st.integers(0, 3),
    is_authorized_at_boot=flags,
    nvm_version=texts,
)
topologies = st.builds(
    Topology,
    st.lists(functions, max_size=5).map(tuple),
    st.lists(domains, max_size=2).map(tuple),
    st.lists(routers, max_size=3).map(tuple),
)
settings = st.builds(Setting, st.sampled_from(SETTINGS), st.sampled_from(State), st.sampled_from(TEXTS), texts, texts)
hosts = st.builds(
    Snapshot,
    st.just(0),
    st.builds(HostFacts, st.just("lab"), st.sampled_from(["linux", "windows", "other"]), texts, texts, texts),
    topologies,
    st.lists(settings, max_size=8).map(tuple),
)


def everything(host: Snapshot) -> list[Mapping[str, str | None]]:
    """All values of a host: its own, those of each function and of each access."""
    each = [values for _, values in of_functions(host)]
    return [of_host(host), *each, *(of_access(host, access) for access in Access)]


def has_form(name: str, value: str | None) -> bool:
    match FORMS[name]:
        case _ if value is None:
            return True
        case Form.NUMBER:
            return math.isfinite(float(value)) and "e" not in value
        case Form.SWITCH:
            return value in {"yes", "no", "absent"}
        case _:
            return bool(value)


@given(hosts)
def test_values_have_the_form_that_the_table_says(host: Snapshot) -> None:
    wrong = {name: value for values in everything(host) for name, value in values.items() if not has_form(name, value)}

    assert wrong == {}


@given(hosts)
def test_one_function_alone_has_the_values_that_it_has_among_all(host: Snapshot) -> None:
    for function, values in of_functions(host):
        if [each.address for each in host.topology.functions].count(function.address) == 1:
            assert of_function(host, function) == values


@given(hosts, st.integers(1, 100))
def test_names_of_hosts_and_numbers_of_buses_change_nothing(host: Snapshot, shift: int) -> None:
    def moved(address: Address | None) -> Address | None:
        return address and replace(address, bus=address.bus + shift)

    elsewhere = tuple(
        replace(each, address=moved(each.address), parent=moved(each.parent), key=f"{each.key}-2", serial_number=shift)
        for each in host.topology.functions
    )
    other = Snapshot(
        shift,
        replace(host.host, hostname=f"lab-{shift}", hardware_uuid="other"),
        replace(host.topology, functions=elsewhere),
        host.settings,
    )

    assert everything(other) == everything(host)
