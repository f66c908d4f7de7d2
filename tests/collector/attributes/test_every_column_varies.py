"""A column that is the same everywhere would be a fault here: each one is seen with two values at least."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tests.collector.attributes.made import BOX, CARD, DOMAIN, GIB, HIGH, INSIDE, LOW, MIB, box, slot, snapshot, state
from tests.collector.attributes.made import value as setting

from barwatch_collector.attributes import columns, of_access, of_functions, of_host
from barwatch_proto.pci import BarKind, WindowKind
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.topology import Bar, Window
from barwatch_proto.words import Access, State

RESIZABLE = tuple(
    Bar(
        1,
        BarKind.MEMORY_64,
        is_prefetchable=True,
        length_bytes=256 * MIB,
        start=HIGH,
        resizable_bytes=(256 * MIB, most),
    )
    for most in (GIB, 16 * GIB)
)


def guarded(found: State) -> tuple[Setting, ...]:
    """Settings that recorded hosts all have alike."""
    names = ("vbs", "hvci", "credential_guard", "kernel_access", "user_access", "config_access", "setup_mode")
    return tuple(state(name, found) for name in names)


def variations() -> Iterator[Snapshot]:
    yield snapshot(settings=guarded(State.ON), system="windows")
    yield snapshot(settings=guarded(State.OFF))
    for version, policy, aspm in (("0.1", "none", "default"), ("0.2", "locked, 4 rules", "powersave")):
        told = (
            setting("driver_version", version),
            setting("driver_policy", policy),
            setting("aspm_policy", aspm),
            setting("kernel_options", f"pci={policy} pcie_ports={version} pcie_port_pm={aspm}"),
            Setting("user_access", State.ON, "/dev/barwatch, MAP" if version == "0.1" else "/sys"),
        )
        yield snapshot(settings=told)
    yield box(routers=(replace(INSIDE, nvm_version="21.0"), replace(BOX, generation=4, authorized=0)))
    yield box(routers=(replace(BOX, vendor_name="Razer", device_name="Core X", nvm_version="40.1"),))
    yield box(routers=(BOX, replace(BOX, name="0-3", is_authorized_at_boot=False)))
    yield box(domains=(replace(DOMAIN, security="none", has_iommu_dma_protection=False),))
    yield slot(aspm="l0s+l1", is_ari_enabled=True, driver_version="560.2")
    yield slot({"windows": (Window(WindowKind.MEMORY, HIGH, HIGH + GIB),)})
    yield slot({"windows": (Window(WindowKind.PREFETCHABLE, LOW, LOW + GIB),)})
    yield slot(bars=(replace(CARD.bars[0], start=None),))
    for bar in RESIZABLE:
        yield slot(bars=(bar,))


def seen(hosts: Iterable[Snapshot]) -> dict[str, set[str]]:
    """All values of each column that are known."""
    found: dict[str, set[str | None]] = defaultdict(set)
    for host in hosts:
        everything = [of_host(host), *(values for _, values in of_functions(host))]
        everything += [of_access(host, access) for access in Access]
        for values in everything:
            for name, value in values.items():
                found[name].add(value)
    return {name: {value for value in values if value is not None} for name, values in found.items()}


def test_every_column_has_two_values_and_more(recorded_snapshots: tuple[Snapshot, ...]) -> None:
    found = seen([*recorded_snapshots, *variations()])

    assert [attribute.name for attribute in columns() if len(found[attribute.name]) < 2] == []


def test_recorded_hosts_alone_tell_most_columns_apart(recorded_snapshots: tuple[Snapshot, ...]) -> None:
    found = seen(recorded_snapshots)

    assert sum(len(values) > 1 for values in found.values()) > 100
