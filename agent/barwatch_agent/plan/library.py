"""The whole plan: the built-in library, and over it what users add."""

import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.errors import ConfigError
from barwatch_agent.plan.schema import MAX_REGISTERS, parse
from barwatch_agent.reads import Register
from barwatch_agent.user_file import read_limited

MAX_BYTES = 1 << 20  # of one plan file


@dataclass(frozen=True, slots=True)
class Plan:
    """Which registers are read, in this order, on each function that has them."""

    registers: tuple[Register, ...]


def load_plan(user_files: Sequence[Path] = ()) -> Plan:
    """The built-in registers and those of the users' files; a user's register replaces the built-in of that name.

    Raises:
        ConfigError: a file cannot be read or is wrong; the text says file, line and reason.
    """
    registers = {register.name: register for register in built_in()}
    origins: dict[str, Path] = {}
    for file in user_files:
        for register in parse(_read(file), str(file)):
            if register.name in origins:
                msg = f"{file}: register {register.name!r} is in {origins[register.name]} too"
                raise ConfigError(msg)
            origins[register.name] = file
            registers[register.name] = register
    if len(registers) > MAX_REGISTERS:
        msg = f"{len(registers)} registers in the plan; at most {MAX_REGISTERS}"
        raise ConfigError(msg)
    return Plan(tuple(registers.values()))


def built_in() -> tuple[Register, ...]:
    """The registers that barwatch brings along."""
    library = importlib.resources.files(__package__) / "library.toml"
    return parse(library.read_text(encoding="utf-8"), library.name)


def _read(file: Path) -> str:
    content = read_limited(file, MAX_BYTES, f"longer than {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        msg = f"{file}:{line}: not UTF-8"
        raise ConfigError(msg) from exc
