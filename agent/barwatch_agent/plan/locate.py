"""Where the registers of a plan are on the functions of this host."""

from collections.abc import Callable, Iterator

from barwatch_agent.plan.library import Plan
from barwatch_agent.plan.structures import structure
from barwatch_agent.reads import Register, Target
from barwatch_agent.roots import why
from barwatch_proto.config_space import DecodeError, decode_header
from barwatch_proto.pci import BarKind
from barwatch_proto.topology import Bar, Function, Topology

ConfigOf = Callable[[Function], bytes]
Place = tuple[int | None, int]  # BAR (None: configuration space) and offset
NO_IDS = b"\xff\xff\xff\xff"


def targets(plan: Plan, topology: Topology, config_of: ConfigOf) -> tuple[Target, ...]:
    """Each register of each function that has it: functions in the order of their addresses, registers as in the plan.

    Args:
        plan: what to read.
        topology: the functions of this host.
        config_of: a function's configuration space, as long as the OS gives it; may raise OSError.
    """
    return tuple(_targets(plan, topology, config_of))


def _targets(plan: Plan, topology: Topology, config_of: ConfigOf) -> Iterator[Target]:
    for function in sorted(topology.functions, key=lambda each: each.address):
        for register in plan.registers:
            if register.match.matches(function):
                yield _target(register, function, config_of)


def _target(register: Register, function: Function, config_of: ConfigOf) -> Target:
    expect = function.device << 16 | function.vendor if register.expects_ids else register.expect
    place = _place(register, function, config_of)
    if isinstance(place, str):
        return Target(register, function, register.bar, register.offset, expect, place)
    bar, offset = place
    problem = _bar_problem(function, bar, offset + register.width, config_of) if bar is not None else None
    return Target(register, function, bar, offset, expect, problem)


def _place(register: Register, function: Function, config_of: ConfigOf) -> Place | str:
    """BAR and offset, or why they cannot be said."""
    if register.relative_to is not None:
        return _in_structure(register, register.relative_to, function, config_of)
    if register.bar is None and register.expects_ids and _has_no_ids(function, config_of):
        return "a virtual function answers FFFFh for its vendor and device ID (PCIe Base Spec 6.0, 9.3.4.1)"
    return register.bar, register.offset


def _in_structure(register: Register, name: str, function: Function, config_of: ConfigOf) -> Place | str:
    try:
        config = config_of(function)
    except OSError as exc:
        return f"{name}: configuration space cannot be read: {why(exc)}"
    found = structure(name, config)
    if isinstance(found, str):
        return found
    end = register.offset + register.width
    if end > found.length:
        return f"{name} is {found.length:#x} bytes long, the register ends at {end:#x}"
    return found.bar, found.offset + register.offset


def _has_no_ids(function: Function, config_of: ConfigOf) -> bool:
    """Whether the function is alive and yet shows no ids: only the first four bytes are ones."""
    try:
        config = config_of(function)
    except OSError:
        return False
    return config.startswith(NO_IDS) and config[8:12] not in {NO_IDS, b""}


def _bar_problem(function: Function, index: int, end: int, config_of: ConfigOf) -> str | None:
    bar = next((bar for bar in function.bars if bar.index == index), None)
    if bar is None:
        return _why_not_listed(function, index, config_of)
    return _unusable(bar) or (
        f"BAR {index} is {bar.length_bytes:#x} bytes long, the register ends at {end:#x}"
        if end > bar.length_bytes
        else None
    )


def _unusable(bar: Bar) -> str | None:
    if bar.kind is BarKind.IO:
        return f"BAR {bar.index} decodes I/O ports, not memory"
    return _without_address(bar.index) if bar.start is None else None


def _without_address(index: int) -> str:
    return f"BAR {index} has no address: the operating system assigned none"


def _why_not_listed(function: Function, index: int, config_of: ConfigOf) -> str:
    """Why the OS lists no such BAR: it is being removed, it found no address for it, or there is none.

    Linux forgets a BAR for which it finds no address (drivers/pci/setup-bus.c, reset_resource); the kind that the
    register tells, where it is not the one of all zeros, gives it away. It takes all BARs back from what was unplugged
    (drivers/pci/remove.c, pci_free_resources) before the function leaves sysfs.
    """
    try:
        config = config_of(function)
    except OSError:
        config = NO_IDS
    if config.startswith(NO_IDS) and not function.bars:
        return "the function is gone: it does not answer, and the operating system took its BARs back"
    return _without_address(index) if _has_register(function, index, config) else f"this function has no BAR {index}"


def _has_register(function: Function, index: int, config: bytes) -> bool:
    """Whether configuration space shows a BAR of this number."""
    try:
        registers = decode_header(config).bar_registers
    except DecodeError:
        return False
    is_upper_half = index > 0 and any(bar.index == index - 1 and bar.kind is BarKind.MEMORY_64 for bar in function.bars)
    return index < len(registers) and bool(registers[index]) and not is_upper_half
