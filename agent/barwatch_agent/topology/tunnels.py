"""Which functions are reached through a Thunderbolt or USB4 tunnel, and which ports lead out of the chassis.

Linux has no attribute for either, so this is the rule, first match wins. A **port** leads into a tunnel

1. yes, when the kernel linked it to a host interface (``supplier:pci:...``): the thunderbolt driver does so for ports
   that the firmware names in ``usb4-host-interface`` (Linux drivers/thunderbolt/acpi.c, tb_acpi_add_links);
2. yes, when it is a root port that its ids tell: Intel before Alder Lake (Linux arch/x86/pci/acpi.c,
   pcie_has_usb4_host_interface);
3. yes, when it belongs to a Thunderbolt or USB4 controller (VSEC 1234h, USB4 DVSEC) and its slot is hot-plug capable:
   the other downstream ports of such a controller lead to its own host interface and USB controller;
4. no, when this host has no host interface, or the ports of each one are known by 1 to 3;
5. unknown, when its configuration space is;
6. no, when it has no hot-plug capable slot: tunnels come and go;
7. unknown.

A **function** is tunnelled when a port above it leads into a tunnel. It is not when all ports above it do not. Where a
port is unknown, ``removable`` decides if the host has a host interface: the kernel says it of what hangs below a port
that the firmware calls external-facing. Otherwise nothing can be told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from barwatch_proto.pci import Address
from barwatch_proto.topology import Function

USB4_HOST_INTERFACE = 0x0C0340  # PCI Code and ID Assignment Specification 1.15, 1.13
SYSTEM_PERIPHERAL = 0x08  # base class of older Thunderbolt host interfaces
INTEL = 0x8086
INTEGRATED_PORTS = frozenset(
    {
        *(0x8A1D, 0x8A1F, 0x8A21, 0x8A23),  # Ice Lake
        *(0x9A23, 0x9A25, 0x9A27, 0x9A29),  # Tiger Lake-LP
        *(0x9A2B, 0x9A2D, 0x9A2F, 0x9A31),  # Tiger Lake-H
    }
)
CONTROLLER = frozenset({"thunderbolt", "usb4"})  # names of capabilities


@dataclass(frozen=True, slots=True)
class Hints:
    """What the kernel tells besides the functions themselves."""

    suppliers: Mapping[Address, Sequence[Address]]  # functions that a function cannot do without
    chains: Mapping[Address, Sequence[Address]]  # routes, root port first, the function last
    has_domains: bool  # whether the thunderbolt bus has a domain


@dataclass(frozen=True, slots=True)
class _Hosts:
    """The host interfaces of this machine: are there any, and are the ports of all of them known?"""

    exist: bool
    ports_are_known: bool


def tunnelled(functions: Iterable[Function], hints: Hints) -> dict[Address, bool | None]:
    """Whether each function is reached through a tunnel; None when that cannot be told."""
    known = {function.address: function for function in functions}
    hosts = _hosts(known, hints)
    leads = {
        address: _leads_into_tunnel(port, hosts, known, hints) for address, port in known.items() if port.is_bridge
    }
    return {address: _is_tunnelled(function, hosts, leads, hints) for address, function in known.items()}


def external_facing(functions: Iterable[Function]) -> frozenset[Address]:
    """The ports directly above what is removable: so the kernel calls what hangs below an external-facing port."""
    known = {function.address: function for function in functions}
    return frozenset(
        function.parent
        for function in known.values()
        if function.is_removable and function.parent in known and not known[function.parent].is_removable
    )


def _is_tunnelled(function: Function, hosts: _Hosts, leads: Mapping[Address, bool | None], hints: Hints) -> bool | None:
    above = [leads.get(hop) for hop in hints.chains[function.address][:-1]]
    if True in above:
        return True
    if None not in above:
        return False
    return True if function.is_removable and hosts.exist else None


def _leads_into_tunnel(port: Function, hosts: _Hosts, known: Mapping[Address, Function], hints: Hints) -> bool | None:
    if _is_named(port, known, hints) or (port.is_hotplug_capable and CONTROLLER & set(port.capabilities)):
        return True
    if not hosts.exist or hosts.ports_are_known:
        return False
    return None if port.port_type is None or port.is_hotplug_capable else False


def _is_named(port: Function, known: Mapping[Address, Function], hints: Hints) -> bool:
    """Whether the kernel or the ids say that this port belongs to a host interface."""
    suppliers = (known.get(supplier) for supplier in hints.suppliers.get(port.address, ()))
    return _is_integrated(port) or any(supplier and _is_host_interface(supplier) for supplier in suppliers)


def _is_integrated(port: Function) -> bool:
    return port.vendor == INTEL and port.device in INTEGRATED_PORTS


def _is_host_interface(function: Function) -> bool:
    return (
        function.class_code == USB4_HOST_INTERFACE
        or function.driver == "thunderbolt"
        or (function.class_code >> 16 == SYSTEM_PERIPHERAL and bool(CONTROLLER & set(function.capabilities)))
    )


def _hosts(known: Mapping[Address, Function], hints: Hints) -> _Hosts:
    hosts = [function for function in known.values() if _is_host_interface(function)]
    linked = {supplier for suppliers in hints.suppliers.values() for supplier in suppliers}
    has_integrated_ports = any(_is_integrated(function) for function in known.values())
    are_known = [
        host.address in linked or has_integrated_ports or _is_below_controller(host, known, hints) for host in hosts
    ]
    return _Hosts(bool(hosts) or hints.has_domains, bool(hosts) and all(are_known))


def _is_below_controller(host: Function, known: Mapping[Address, Function], hints: Hints) -> bool:
    """Whether the host interface sits on a discrete controller, whose ports rule 3 finds."""
    above = (known.get(hop) for hop in hints.chains[host.address][:-1])
    return any(port and CONTROLLER & set(port.capabilities) for port in above)
