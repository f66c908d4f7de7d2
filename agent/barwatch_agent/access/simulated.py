"""A reader without hardware: registers in a dict, or in a TOML file for ``--driver simulated``.

The file holds one table for each register that answers::

    [[register]]
    address = "0000:03:00.0"
    bar = 0                      # or: config = true
    offset = 0x1f380
    value = 0x7666               # or: outcome = "fault" (denied, unreachable) and reason = "SIGBUS"
    access = ["kernel"]          # left out: every way in to that space

Where the user access mapped a BAR is known when a table says so; a BAR that is elsewhere has moved since::

    [[mapping]]
    address = "0000:03:00.0"
    bar = 0
    start = 0x4000000000         # physical address

A register that is not in it is unreachable: a simulation that made up values would show a fleet that nobody described.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import msgspec

from barwatch_agent.errors import ConfigError
from barwatch_agent.reads import Reply, Target
from barwatch_agent.user_file import read_limited
from barwatch_proto.pci import ADDRESS, Address, all_ones
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, Outcome, State

MAX_BYTES = 1 << 20  # of one file
BARS = range(6)
WAYS_TO_A_BAR = (Access.KERNEL, Access.USER)

Space = int | Literal["config"]  # BAR 0 to 5, or configuration space
Key = tuple[str, Space, int]  # address, space, offset
Registers = Mapping[Key, int | Reply]
Mapped = Mapping[tuple[str, int], int]  # address and BAR: where that was when it was mapped
NOTHING_MAPPED: Mapped = MappingProxyType({})


class SimulatedReader:
    """Answers from a mapping, which its owner may change while it runs."""

    def __init__(self, access: Access, registers: Registers, mapped: Mapped = NOTHING_MAPPED) -> None:
        self._access = access
        self._registers = registers
        self._mapped = mapped

    @property
    def access(self) -> Access:
        """Which way in is simulated."""
        return self._access

    def status(self) -> Setting:
        """Simulated, and says so wherever settings are shown."""
        return Setting(f"{self._access.value}_access", State.VALUE, "simulation", value="simulated")

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        """What the mapping holds for each target; unreachable where it holds nothing."""
        return [self._reply(target) for target in targets]

    def mapped_start(self, target: Target) -> int | None:
        """Where the target's BAR was when it was mapped; None when the simulation does not say."""
        return None if target.bar is None else self._mapped.get((str(target.function.address), target.bar))

    def close(self) -> None:
        """Nothing is open."""

    def _reply(self, target: Target) -> Reply:
        if target.problem is not None:
            return Reply(outcome=Outcome.UNREACHABLE, reason=target.problem)
        space: Space = "config" if target.bar is None else target.bar
        content = self._registers.get((str(target.function.address), space, target.offset))
        if content is None:
            return Reply(outcome=Outcome.UNREACHABLE, reason="the simulation has no such register")
        if isinstance(content, Reply):
            return content
        if not 0 <= content <= all_ones(target.width):
            reason = f"the simulated value {content:#x} does not fit into {target.width} bytes"
            return Reply(outcome=Outcome.UNREACHABLE, reason=reason)
        return Reply(content)


class SimulatedRegister(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of a simulation file."""

    address: str
    offset: int
    bar: int | None = None
    config: bool = False
    value: int | None = None
    outcome: Literal["denied", "unreachable", "fault"] | None = None
    reason: str | None = None
    access: tuple[Access, ...] | None = None


class SimulatedMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of a simulation file: where the user access mapped a BAR."""

    address: str
    bar: int
    start: int


class SimulationFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The top level of a simulation file."""

    register: list[SimulatedRegister]
    mapping: list[SimulatedMapping] = []


def load_simulated(file: Path) -> tuple[SimulatedReader, ...]:
    """A reader for each access, from a simulation file.

    Raises:
        ConfigError: the file cannot be read or is wrong; the text says where and why.
    """
    content = read_limited(file, MAX_BYTES, f"longer than {MAX_BYTES} bytes")
    try:
        return parse_simulated(content.decode("utf-8"), str(file))
    except UnicodeDecodeError as exc:
        raise _error(file, "not UTF-8") from exc


def parse_simulated(text: str, where: str) -> tuple[SimulatedReader, ...]:
    """A reader for each access, from the text of a simulation file.

    Raises:
        ConfigError: ``where: reason``, with the number of the register or mapping.
    """
    try:
        content = msgspec.convert(tomllib.loads(text), SimulationFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as exc:
        raise _error(where, str(exc)) from exc
    mapped = _mapped(content.mapping, where)
    return tuple(
        SimulatedReader(access, registers, mapped if access is Access.USER else NOTHING_MAPPED)
        for access, registers in _registers(content.register, where).items()
    )


def _registers(tables: Sequence[SimulatedRegister], where: str) -> Mapping[Access, Registers]:
    found: dict[Access, dict[Key, int | Reply]] = {access: {} for access in Access}
    for number, register in enumerate(tables, start=1):
        fault = _fault(register)
        if fault is not None:
            raise _error(where, f"register number {number}: {fault}")
        space: Space = "config" if register.bar is None else register.bar
        for access in register.access or ((Access.CONFIG,) if register.config else WAYS_TO_A_BAR):
            key = (str(Address.parse(register.address)), space, register.offset)
            found[access][key] = _content(register)
    return found


def _mapped(tables: Sequence[SimulatedMapping], where: str) -> Mapped:
    found: dict[tuple[str, int], int] = {}
    for number, mapping in enumerate(tables, start=1):
        fault = _fault_of_mapping(mapping)
        if fault is not None:
            raise _error(where, f"mapping number {number}: {fault}")
        found[str(Address.parse(mapping.address)), mapping.bar] = mapping.start
    return found


def _fault(register: SimulatedRegister) -> str | None:
    """Why the register means nothing; None when it does."""
    checks = (
        _is_address(register.address),
        ((register.bar is not None) != register.config, "bar or config = true, one of them"),
        (register.bar is None or register.bar in BARS, "bar is not 0 to 5"),
        (register.offset >= 0, "offset is negative"),
        ((register.value is None) != (register.outcome is None), "value or outcome, one of them"),
        (register.value is None or 0 <= register.value <= all_ones(8), "value does not fit into 8 bytes"),
    )
    return next((reason for holds, reason in checks if not holds), None)


def _fault_of_mapping(mapping: SimulatedMapping) -> str | None:
    """Why the mapping means nothing; None when it does."""
    checks = (
        _is_address(mapping.address),
        (mapping.bar in BARS, "bar is not 0 to 5"),
        (0 <= mapping.start <= all_ones(8), "start does not fit into 8 bytes"),
    )
    return next((reason for holds, reason in checks if not holds), None)


def _is_address(text: str) -> tuple[bool, str]:
    return ADDRESS.fullmatch(text) is not None, f"{text!r} is not an address like 0000:03:00.0"


def _content(register: SimulatedRegister) -> int | Reply:
    if register.value is not None:
        return register.value
    return Reply(outcome=Outcome(register.outcome), reason=register.reason or "simulated")


def _error(where: str | Path, what: str) -> ConfigError:
    return ConfigError(f"{where}: {what}")
