"""What can be changed in this fleet: settings on a host, cards and boxes between hosts, another way in."""

from collections.abc import Collection, Mapping

import numpy as np

from barwatch_collector.attributes import Attribute, columns
from barwatch_collector.correlate.table import MISSING, Bools, Column, Table
from barwatch_collector.experiment.lab import Lab, Scope, Trait
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.table import FleetTable
from barwatch_proto.words import Access

CHANGEABLE = frozenset(  # by firmware setup, kernel command line or control panel, and a boot
    {
        "aspm_policy",
        "credential_guard",
        "hvci",
        "iommu",
        "iommu_requested",
        "kernel_dma_protection",
        "lockdown",
        "option_iomem",
        "option_pci",
        "option_pcie_aspm",
        "option_pcie_port_pm",
        "option_pcie_ports",
        "power_source",
        "secure_boot",
        "thunderbolt_security",
        "vbs",
    }
)
CARDS = frozenset({"endpoint", "legacy endpoint"})  # port types of what may sit in a slot or a box
MAPPED = frozenset({Access.KERNEL.value, Access.USER.value})
PLUGS = ("route_removable", "route_external_facing", "route_hotplug")
NAME = ("function_ids", "function_base_class")  # of a card, for people


def lab_of(fleet: FleetTable, facts: Facts, table: Table) -> Lab:
    """The possibilities of the hosts behind a fleet.

    Args:
        fleet: the cells.
        facts: what is known of their hosts.
        table: the rows that experiments begin at: cells that nothing tells apart are one.
    """
    known = {column.name: column for column in table.columns}
    plugs = [_is(known[name], {"yes"}) for name in PLUGS]
    return Lab(
        {each.name: _trait(each) for each in columns()},
        fleet.names,
        _cards(known),
        _accesses(fleet, facts),
        _has_registers(known),
        _is(known["function_port_type"], CARDS),
        np.logical_or.reduce(plugs),
    )


def _trait(attribute: Attribute) -> Trait:
    return Trait(Scope(attribute.scope.value), attribute.name in CHANGEABLE)


def _cards(known: Mapping[str, Column]) -> tuple[str, ...]:
    """Of each row, what its function is called."""
    words = zip(*(_words(known[name]) for name in NAME), strict=True)
    return tuple(" ".join(filter(None, each)) or "card" for each in words)


def _is(column: Column, levels: Collection[str]) -> Bools:
    """Of each row, whether its value is one of these."""
    truth = np.array([*(level in levels for level in column.levels), False])
    return np.asarray(truth[column.codes])


def _words(column: Column) -> list[str]:
    """Of each row, its value; empty where it is not known."""
    return [column.levels[code] if code != MISSING else "" for code in column.codes.tolist()]


def _has_registers(known: Mapping[str, Column]) -> Bools:
    """Of each row, whether functions like it are read through a BAR somewhere: the plan has registers for them."""
    like, mapped = known["function_ids"].codes, _is(known["access"], MAPPED)
    return np.isin(like, like[mapped])


def _accesses(fleet: FleetTable, facts: Facts) -> Mapping[int, frozenset[str]]:
    """Of each host the ways in that work there: those that were used, and those that its settings say."""
    found: dict[int, set[str]] = {}
    for unit, cell in zip(fleet.table.units.tolist(), fleet.rows, strict=True):
        host = facts.hosts.get(cell.snapshot_id, {})
        works = {access.value for access in Access if host.get(f"{access.value}_access") == "on"}
        found.setdefault(unit, set()).update(works, (cell.access.value,))
    return {unit: frozenset(works) for unit, works in found.items()}
