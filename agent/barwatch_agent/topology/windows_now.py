"""How functions of a Windows machine stand at this moment: a few properties of those that are asked for, no scan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from barwatch_agent.topology.windows import Latest
from barwatch_agent.topology.windows_bars import bars
from barwatch_agent.topology.windows_material import Told
from barwatch_agent.windows import properties
from barwatch_agent.windows.facts import Devnode, Source
from barwatch_proto.config_space import DecodeError, decode_header
from barwatch_proto.pci import Address
from barwatch_proto.topology import Bar

OF_HOP, OF_FUNCTION, OF_BARS = ("power_data",), ("power_data", "service", "d3cold_support"), ("bar_types",)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one function stands now."""

    instance_id: str
    power: Mapping[Address, str | None]  # of each hop of its route, root port first, the function last
    can_be_cold: bool | None  # whether D3 may be D3cold; None: Windows does not tell
    problem: int | None  # problem code; None: Windows does not tell
    driver: str | None  # service; empty: none


@dataclass(frozen=True, slots=True)
class Now:
    """Asks for single functions that the latest look found; one that is not there any more has no standing.

    This is asked in each pass of the sampler: each property is a call into another process.
    """

    source: Source
    latest: Latest

    def look(self, addresses: Iterable[Address]) -> Mapping[Address, Standing]:
        """The functions among these that are still there; what several routes share is asked once."""
        hops: dict[Address, str | None] = {}
        found = ((address, self._standing(address, hops)) for address in addresses)
        return {address: standing for address, standing in found if standing is not None}

    def bars(self, address: Address) -> tuple[Bar, ...]:
        """The BARs of a function as they are assigned now; none where it is not there any more."""
        node = self._asked(address, OF_BARS, with_resources=True)
        if node is None:
            return ()
        told = Told(node)
        return bars(told.ranges() or (), self._registers(address), told.number("bar_types"))

    def _standing(self, address: Address, hops: dict[Address, str | None]) -> Standing | None:
        place = self.latest.places.get(address)
        node = self._asked(address, OF_FUNCTION)
        if place is None or node is None:
            return None
        told = Told(node)
        for hop in place.chain[:-1]:
            if hop not in hops:
                hops[hop] = self._power(hop)
        return Standing(
            instance_id=node.instance_id,
            power={**{hop: hops[hop] for hop in place.chain[:-1]}, address: told.power_state()},
            can_be_cold=told.is_d3cold_allowed(),
            problem=node.problem,
            driver=told.take("service", properties.text) or "",
        )

    def _power(self, hop: Address) -> str | None:
        node = self._asked(hop, OF_HOP)
        return None if node is None else Told(node).power_state()

    def _asked(self, address: Address, names: Sequence[str], *, with_resources: bool = False) -> Devnode | None:
        found = self.latest.found.get(address)
        if found is None:
            return None
        try:
            return self.source.device(found.node.instance_id, names, with_resources=with_resources)
        except OSError:
            return None

    def _registers(self, address: Address) -> tuple[int | None, ...]:
        """BAR registers as the latest look read them: which BAR is how wide does not change."""
        found = self.latest.found.get(address)
        try:
            return decode_header(self.latest.config(found)).bar_registers if found else ()
        except DecodeError:
            return ()
