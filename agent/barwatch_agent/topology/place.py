"""Where a function hangs, and the key that names it: both from the path of its folder, which holds its whole route.

``/sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0`` is a function behind a bridge. A host bridge may itself hang below
a function (Intel VMD): ``pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0``; that function is above the route, and
not a bridge on it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from barwatch_proto.fingerprint import function_key
from barwatch_proto.pci import ADDRESS, Address
from barwatch_proto.topology import Function

ROOT_BUS = re.compile(r"pci[0-9a-f]{4,8}:[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Place:
    """The route of a function, from its root bus."""

    chain: tuple[Address, ...]  # bridges, root port first, and at last the function itself
    root: str = ""  # the first root bus of the path: "pci0000:00"; empty when the path does not tell
    above: tuple[Address, ...] = ()  # functions above the last root bus

    @property
    def address(self) -> Address:
        """Where the function is now."""
        return self.chain[-1]

    @property
    def parent(self) -> Address | None:
        """The bridge upstream; None on a root bus."""
        return self.chain[-2] if len(self.chain) > 1 else None


def place_of(address: Address, path: str) -> Place:
    """The place that the folder of a function tells; only the address where it tells nothing."""
    parts = path.split("/")
    roots = [index for index, part in enumerate(parts) if ROOT_BUS.fullmatch(part)]
    if not roots:
        return Place((address,))
    chain = _addresses(parts[roots[-1] :])
    if not chain or chain[-1] != address:
        return Place((address,))
    return Place(chain, parts[roots[0]], _addresses(parts[: roots[-1]]))


def keys(places: Mapping[Address, Place], functions: Sequence[Function]) -> dict[Address, str]:
    """Function.key of each function.

    A serial number that several functions of this host share (ports of one switch, cards whose maker never set it)
    tells none of them apart: then the place does.
    """
    paths = _paths(places)
    first = {function.address: _key(function, function.serial_number, paths) for function in functions}
    shared = {key for key, count in Counter(first.values()).items() if count > 1}
    return {
        function.address: _key(function, None, paths) if first[function.address] in shared else first[function.address]
        for function in functions
    }


def _key(function: Function, serial_number: int | None, paths: Mapping[Address, Sequence[str]]) -> str:
    ids = (function.vendor, function.device, function.subsystem_vendor, function.subsystem_device)
    return function_key(ids, serial_number, function.address.function, paths[function.address])


def _paths(places: Mapping[Address, Place]) -> dict[Address, tuple[str, ...]]:
    """Device.function of each hop, with what else is needed to tell places of one host apart.

    Root buses after the first have their rank in front: servers have many, with equal functions at equal places. A
    function whose bus is not the first below its bridge (virtual functions) has the distance behind.
    """
    ranks = {root: rank for rank, root in enumerate(sorted({place.root for place in places.values()}))}
    lowest: dict[tuple[str, Address | None], int] = {}
    for place in places.values():
        below = (place.root, place.parent)
        lowest[below] = min(lowest.get(below, place.address.bus), place.address.bus)
    return {
        address: _path(place, ranks[place.root], place.address.bus - lowest[place.root, place.parent])
        for address, place in places.items()
    }


def _path(place: Place, rank: int, distance: int) -> tuple[str, ...]:
    hops = [hop.on_bus for hop in (*place.above, *place.chain)]
    if rank:
        hops.insert(0, f"root{rank}")
    if distance:
        hops[-1] += f"+{distance}"
    return tuple(hops)


def _addresses(parts: Sequence[str]) -> tuple[Address, ...]:
    return tuple(Address.parse(part) for part in parts if ADDRESS.fullmatch(part))
