"""Where functions of a Windows machine hang: addresses from bus number and address, routes from parents.

Source of the encodings: ntddk.h, PCI_SEGMENT_BUS_NUMBER; wdm.h, DEVPKEY_Device_Address of a PCI function.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from barwatch_agent.topology.place import Place
from barwatch_agent.windows.facts import Devnode
from barwatch_agent.windows.instance_id import ids_of
from barwatch_agent.windows.properties import number, text
from barwatch_proto.pci import Address
from barwatch_proto.topology import MAX_HOPS

MAX_DOMAIN, MAX_DEVICE, MAX_FUNCTION = 0xFFFF, 0x1F, 0x7
BRIDGE_CLASS = 0x06


@dataclass(frozen=True, slots=True)
class Found:
    """A function, and where it is now."""

    node: Devnode
    address: Address
    is_bridge: bool


def found_of(node: Devnode) -> Found:
    """The function that a device is.

    Raises:
        ValueError: it does not tell its address, or one that no function can have.
    """
    told = {name: node.properties.get(name) for name in ("bus_number", "address")}
    if not all(told.values()):
        missing = ", ".join(name for name, value in told.items() if value is None)
        msg = f"Windows does not tell its {missing.replace('_', ' ')}"
        raise ValueError(msg)
    bus, place = (number(value) for value in told.values() if value)
    domain, device, function = bus >> 8, place >> 16, place & 0xFFFF
    if not 0 <= domain <= MAX_DOMAIN or not 0 <= device <= MAX_DEVICE or function > MAX_FUNCTION:
        msg = f"bus number {bus:#x} and address {place:#x} are those of no function"
        raise ValueError(msg)
    return Found(node, Address(domain, bus & 0xFF, device, function), _is_bridge(node))


def places(found: Sequence[Found]) -> dict[Address, Place]:
    """The route of each function: a parent that is a bridge is a hop, a parent that is another function is above."""
    by_id = {each.node.instance_id.upper(): each for each in found}
    return {each.address: _place(each, by_id) for each in found}


def _place(found: Found, by_id: Mapping[str, Found]) -> Place:
    line = _line(found, by_id)
    bridges = 1
    while bridges < len(line) and line[bridges].is_bridge:
        bridges += 1
    chain = tuple(each.address for each in reversed(line[:bridges]))
    above = tuple(each.address for each in reversed(line[bridges:]))
    top = line[-1].address
    return Place(chain, f"pci{top.domain:04x}:{top.bus:02x}", above)


def _line(found: Found, by_id: Mapping[str, Found]) -> list[Found]:
    """The function and what is above it, upwards; it ends at the root bus, or where a tree that lies comes round."""
    line = [found]
    while len(line) < MAX_HOPS:
        parent = line[-1].node.properties.get("parent")
        try:
            above = by_id.get(text(parent).upper()) if parent else None
        except ValueError:
            above = None
        if above is None or above in line:
            break
        line.append(above)
    return line


def _is_bridge(node: Devnode) -> bool:
    """By its class; a device whose class is not told is none."""
    try:
        classes = [number(node.properties[name]) for name in ("base_class", "sub_class")]
    except (KeyError, ValueError):
        return False
    return classes[0] == BRIDGE_CLASS and classes[1] in {0x04, 0x07, 0x09}


def is_function(node: Devnode) -> bool:
    """Whether this is a function at all: the PCI enumerator also lists what only holds an interrupt."""
    return ids_of(node.instance_id) is not None
