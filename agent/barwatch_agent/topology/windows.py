"""The topology of a Windows machine, from what the configuration manager tells and the driver reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from barwatch_agent.topology import Scan
from barwatch_agent.topology.assemble import Material, NotAFunctionError, function_of, state_of
from barwatch_agent.topology.place import Place, keys
from barwatch_agent.topology.sleep import Power
from barwatch_agent.topology.tunnels import Hints, external_facing, tunnelled
from barwatch_agent.topology.windows_material import Told, buses_below, completed, material_of, state_completed
from barwatch_agent.topology.windows_place import Found, found_of, is_function, places
from barwatch_agent.windows import properties
from barwatch_agent.windows.facts import Devnode, Source
from barwatch_proto.pci import ADDRESS, Address
from barwatch_proto.topology import Function, FunctionState, Topology

ReadConfigs = Callable[[Sequence[Found], Mapping[Address, Place]], Mapping[Address, bytes]]
NO_ANSWER = b"\xff" * 4
# Services of drivers of Thunderbolt and USB4 host interfaces: Intel's, and the two that come with Windows 11.
HOST_INTERFACE_SERVICES = frozenset({"nhi", "usb4hostrouter", "tbthostcontroller"})


@dataclass(slots=True)
class Latest:
    """What the latest look found.

    Configuration spaces are as they were when functions last answered, by address and instance id: as on Linux, what
    sleeps or hangs now must not pass for another configuration.
    """

    found: Mapping[Address, Found] = field(default_factory=dict)
    places: Mapping[Address, Place] = field(default_factory=dict)
    configs: Mapping[tuple[Address, str], bytes] = field(default_factory=dict)

    def config(self, found: Found) -> bytes:
        """The configuration space of a function; empty when it never answered."""
        return self.configs.get((found.address, found.node.instance_id), b"")


@dataclass(frozen=True, slots=True)
class WindowsScanner:
    """Looks at a Windows machine. ``read_configs`` gives the configuration spaces that may be read now."""

    source: Source
    read_configs: ReadConfigs
    now_ns: Callable[[], int]
    latest: Latest = field(default_factory=Latest)

    def scan(self) -> Scan:
        """The machine as it is now."""
        nodes, reasons = self.source.devices()
        problems = list(reasons)
        found = _found(nodes, problems)
        routes = places(found)
        configs = self.read_configs(found, routes)
        made = {each.address: self._material(each, routes[each.address], configs) for each in found}
        self._remember(found, routes, configs)
        return self._assembled(made, routes, problems)

    def _assembled(
        self, made: Mapping[Address, tuple[Material, Told]], routes: Mapping[Address, Place], problems: list[str]
    ) -> Scan:
        functions = dict(_functions(made, problems))
        finished = _finished(functions, {address: told for address, (_, told) in made.items()}, routes)
        corrected = corrected_by_address(self.source.corrected_errors())
        now_ns = self.now_ns()
        states = tuple(_state(function, *made[function.address], corrected, now_ns) for function in finished)
        return Scan(Topology(finished, problems=tuple(problems)), states)

    def _material(self, found: Found, place: Place, configs: Mapping[Address, bytes]) -> tuple[Material, Told]:
        config = configs.get(found.address, b"")
        remembered = self.latest.config(found)
        is_fresh = bool(config) and (config[:4] != NO_ANSWER or not remembered)
        return material_of(found, place, config if is_fresh else remembered, is_fresh=is_fresh)

    def _remember(
        self, found: Sequence[Found], routes: Mapping[Address, Place], configs: Mapping[Address, bytes]
    ) -> None:
        known = {}
        for each in found:
            config = configs.get(each.address, b"")
            is_answer = bool(config) and config[:4] != NO_ANSWER
            known[each.address, each.node.instance_id] = config if is_answer else self.latest.config(each)
        self.latest.found = {each.address: each for each in found}
        self.latest.places = routes
        self.latest.configs = known


def corrected_by_address(fact: object) -> Mapping[Address, int] | None:
    """Events of corrected errors by address; None when Windows did not tell."""
    if not isinstance(fact, bytes):
        return None
    lines = (line.split(" ") for line in fact.decode(errors="replace").splitlines())
    return {
        Address.parse(line[0]): int(line[1])
        for line in lines
        if len(line) == 2 and ADDRESS.fullmatch(line[0]) and line[1].isdecimal()  # noqa: PLR2004 address and count
    }


def _found(nodes: Sequence[Devnode], problems: list[str]) -> list[Found]:
    """Functions in the order of their addresses, one at each."""
    found: dict[Address, Found] = {}
    for node in nodes:
        if not is_function(node):
            continue
        try:
            each = found_of(node)
        except ValueError as error:
            problems.append(f"{node.instance_id}: left out: {error}")
            continue
        if each.address in found:
            problems.append(f"{node.instance_id}: left out: {each.address} is another one's address")
            continue
        found[each.address] = each
    return [found[address] for address in sorted(found)]


def _functions(
    made: Mapping[Address, tuple[Material, Told]], problems: list[str]
) -> Sequence[tuple[Address, Function]]:
    functions = []
    for address, (material, told) in made.items():
        try:
            functions.append((address, completed(function_of(material), material, told)))
        except NotAFunctionError as error:
            problems.append(f"{address}: left out: {error}")
    return functions


def _finished(
    functions: Mapping[Address, Function], told: Mapping[Address, Told], routes: Mapping[Address, Place]
) -> tuple[Function, ...]:
    """Functions with their keys, and with what only their neighbours tell."""
    known = {address: routes[address] for address in functions}
    key = keys(known, list(functions.values()))
    through_tunnel = _tunnelled(list(functions.values()), told, known)
    facing = external_facing(functions.values())
    return tuple(
        replace(
            _with_buses(function, list(functions.values())),
            key=key[address],
            is_tunnelled=through_tunnel[address],
            is_external_facing=True if address in facing else None,
        )
        for address, function in functions.items()
    )


def _with_buses(function: Function, functions: Sequence[Function]) -> Function:
    """A bridge whose bus numbers were not read has those that are in use below it."""
    if not function.is_bridge or function.secondary_bus is not None:
        return function
    lowest, highest = buses_below(function, functions) or (None, None)
    return replace(function, secondary_bus=lowest, subordinate_bus=highest)


def _tunnelled(
    functions: Sequence[Function], told: Mapping[Address, Told], routes: Mapping[Address, Place]
) -> dict[Address, bool | None]:
    """What Windows says itself; else yes below a USB4 port; else the rule that both systems share.

    That rule knows the driver of a host interface by its name on Linux.
    """
    hints = Hints(suppliers={}, chains={address: place.chain for address, place in routes.items()}, has_domains=False)
    shared = tunnelled([_as_on_linux(function) for function in functions], hints)
    return {
        function.address: _first(
            told[function.address].take("is_tunneled", properties.boolean),
            _is_below_usb4(routes[function.address], told),
            shared[function.address],
        )
        for function in functions
    }


def _is_below_usb4(place: Place, told: Mapping[Address, Told]) -> bool | None:
    above = (told[hop] for hop in place.chain[:-1] if hop in told)
    return True if any(each.number("usb_dvsec_port_type") is not None for each in above) else None


def _as_on_linux(function: Function) -> Function:
    is_host_interface = (function.driver or "").lower() in HOST_INTERFACE_SERVICES
    return replace(function, driver="thunderbolt") if is_host_interface else function


def _first(*answers: bool | None) -> bool | None:
    return next((answer for answer in answers if answer is not None), None)


def _state(
    function: Function, material: Material, told: Told, corrected: Mapping[Address, int] | None, now_ns: int
) -> FunctionState:
    state = replace(state_of(material, Power(None, None), now_ns), key=function.key)
    count = None if corrected is None else corrected.get(function.address, 0)
    return state_completed(state, told, count)
