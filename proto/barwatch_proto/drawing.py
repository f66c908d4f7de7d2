"""A topology as a rich tree: bus roots, bridges, functions, one line each. Pure: the caller prints it.

Lines are laid out when they are drawn: parts that do not fit go to a line below, whole, and a console that knows ASCII
only gets no other characters. Strings that devices and firmware supply lose what could steer a terminal.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text
from rich.tree import Tree

from barwatch_proto.class_words import function_in_words
from barwatch_proto.pci import Address, PortType
from barwatch_proto.topology import Function, FunctionState, ThunderboltDevice, ThunderboltDomain, Topology

LINKED_BY_THEIR_PORT = {PortType.ROOT_PORT, PortType.DOWNSTREAM_PORT}  # their link is told by what hangs below
NOTHING: Mapping[str, str | Text] = MappingProxyType({})
MAX_PROBLEMS = 5
BOLT = "⚡ "


def draw(
    topology: Topology,
    notes: Mapping[str, str | Text] = NOTHING,
    states: Iterable[FunctionState] = (),
    title: str = "PCI topology",
) -> Tree:
    """The tree of a host's functions as they hang on each other.

    Args:
        topology: what to draw; a function whose parent is not in it hangs on its own bus.
        notes: what to say about a function, by its key; the style of a Text colours the address too.
        states: current links, for ``x4 of x16``; without them the best that the function can is told.
        title: the first line, for example the host's name.
    """
    tree = Tree(Text(printable(title), "bold"))
    link_states = {state.key: state for state in states}
    nodes: dict[Address, Tree] = {}
    buses: dict[tuple[int, int], Tree] = {}
    for function in in_drawing_order(topology):
        above = nodes.get(function.parent) if function.parent else None
        branch = above or _bus(tree, buses, function.address)
        nodes[function.address] = branch.add(_line(function, notes.get(function.key), link_states.get(function.key)))
    _add_thunderbolt(tree, topology)
    _add_problems(tree, topology)
    return tree


def in_drawing_order(topology: Topology) -> list[Function]:
    """Every function once, each after its parent, siblings by address; at the end those whose parents form a loop."""
    known = topology.by_address()
    below: dict[Address | None, list[Function]] = {}
    for function in sorted(known.values(), key=lambda each: each.address):
        below.setdefault(function.parent if function.parent in known else None, []).append(function)
    drawn: dict[Address, Function] = {}
    waiting = below.get(None, [])[::-1]
    while waiting:
        function = waiting.pop()
        drawn[function.address] = function
        waiting += below.get(function.address, [])[::-1]
    return [*drawn.values(), *(function for address, function in sorted(known.items()) if address not in drawn)]


def printable(text: str) -> str:
    """The text without characters that could steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


@dataclass(frozen=True, slots=True)
class Line:
    """Parts that follow each other, two spaces between them; parts that do not fit go below, indented."""

    parts: tuple[Text, ...]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """The parts in as many lines as the width asks for."""
        yield from self.lines(options.max_width, is_ascii=options.ascii_only)

    def lines(self, width: int, *, is_ascii: bool) -> Iterator[Text]:
        """The parts in lines of at most that width, as long as each part fits."""
        return _flow([_ascii(part) for part in self.parts] if is_ascii else self.parts, width)


def _flow(parts: Iterable[Text], width: int) -> Iterator[Text]:
    line = Text()
    for part in parts:
        if line.plain.strip() and line.cell_len + 2 + part.cell_len > width:
            yield line
            line = Text("    ")
        elif line.plain:
            line.append("  ")
        line.append_text(part)
    yield line


def _ascii(part: Text) -> Text:
    plain = part.plain.removeprefix(BOLT).encode("ascii", "replace").decode()
    return Text(plain, part.style)


def _bus(tree: Tree, buses: dict[tuple[int, int], Tree], address: Address) -> Tree:
    """The branch of a bus that no bridge of the topology leads to, made when first needed."""
    place = (address.domain, address.bus)
    if place not in buses:
        words = f"bus {address.domain:04x}:{address.bus:02x}"
        buses[place] = tree.add(Line((Text(words, "bold"),)))
    return buses[place]


def _line(function: Function, note: str | Text | None, state: FunctionState | None) -> Line:
    said = note if isinstance(note, Text) else Text(printable(note)) if note else None
    parts = [
        Text(str(function.address), said.style if said and said.style else "cyan"),
        Text(function_in_words(function)),
        Text(function.ids, "dim"),
        *link_parts(function, state),
        *place_parts(function),
    ]
    if function.driver:
        parts.append(Text(f"driver {printable(function.driver)}", "dim"))
    if function.problems:
        parts.append(Text(f"{len(function.problems)} not readable", "dim"))
    if said:
        parts.append(said)
    return Line(tuple(parts))


def link_parts(function: Function, state: FunctionState | None) -> Iterator[Text]:
    """The link above a function, now and at best; nothing for ports, whose link is told by what hangs below."""
    if function.port_type in LINKED_BY_THEIR_PORT or not function.max_link_width:
        return
    width = state.link_width if state else None
    speed = state.link_speed_gts if state else None
    if width == 0:
        yield Text("no link", "yellow")
    elif width is None or speed is None:
        best = f"{function.max_link_speed_gts:.1f} GT/s " if function.max_link_speed_gts else ""
        yield Text(f"up to {best}x{function.max_link_width}", "dim")
    else:
        is_narrow = width < function.max_link_width
        words = f"{_speed(speed, function.max_link_speed_gts)} x{width}"
        yield Text(f"{words} of x{function.max_link_width}" if is_narrow else words, "yellow" if is_narrow else "")


def _speed(now_gts: float, best_gts: float | None) -> str:
    return f"{now_gts:.1f} of {best_gts:.1f} GT/s" if best_gts and now_gts < best_gts else f"{now_gts:.1f} GT/s"


def place_parts(function: Function) -> Iterator[Text]:
    """What leads out of the chassis, or can be taken away."""
    if function.is_tunnelled:
        yield Text(f"{BOLT}tunnelled", "magenta")
    if function.is_external_facing:
        yield Text("external port", "magenta")
    if function.is_hotplug_capable:
        yield Text("hotplug", "magenta")
    if function.is_removable and not function.is_tunnelled:
        yield Text("removable", "magenta")


def _add_thunderbolt(tree: Tree, topology: Topology) -> None:
    """Domains with their routers: a router is called ``0-1`` after its domain."""
    branches = {
        domain.name.removeprefix("domain"): tree.add(_domain_line(domain)) for domain in topology.thunderbolt_domains
    }
    for device in topology.thunderbolt_devices:
        branches.get(device.name.partition("-")[0], tree).add(_router_line(device))


def _domain_line(domain: ThunderboltDomain) -> Line:
    parts = [Text(f"{BOLT}Thunderbolt {printable(domain.name)}", "bold")]
    if domain.security:
        parts.append(Text(f"security {printable(domain.security)}"))
    if domain.has_iommu_dma_protection is not None:
        parts.append(Text(f"IOMMU DMA protection {'on' if domain.has_iommu_dma_protection else 'off'}"))
    return Line(tuple(parts))


def _router_line(device: ThunderboltDevice) -> Line:
    name = " ".join(printable(part) for part in (device.vendor_name, device.device_name) if part)
    parts = [Text(printable(device.name), "cyan"), Text(name or "router without a name")]
    if device.generation is not None:
        parts.append(Text(f"generation {device.generation}"))
    if device.rx_speed_gbps is not None and device.rx_lanes is not None:
        parts.append(Text(f"{device.rx_speed_gbps:g} Gb/s x{device.rx_lanes}"))
    if device.authorized == 0:
        parts.append(Text("not authorised", "yellow"))
    return Line(tuple(parts))


def _add_problems(tree: Tree, topology: Topology) -> None:
    for problem in topology.problems[:MAX_PROBLEMS]:
        tree.add(Line((Text(f"not readable: {printable(problem)}", "yellow"),)))
    if (more := len(topology.problems) - MAX_PROBLEMS) > 0:
        tree.add(Line((Text(f"and {more} more that could not be read", "yellow"),)))
