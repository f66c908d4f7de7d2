"""The build of Windows."""

import struct

from barwatch_agent.settings.answers import Answer
from barwatch_agent.settings.windows.asking import ask_fact, fact_or_none, sized
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.properties import utf16
from barwatch_agent.windows.sources import VERSION, where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SOURCES = {"os_build": where(VERSION), "kernel_version": where(VERSION)}
NUMBERS = struct.Struct("<4I")  # size, major, minor, build: the beginning of RTL_OSVERSIONINFOW


def probe(facts: Facts) -> tuple[Setting, ...]:
    """``Windows 10.0.22631.4460 (23H2, Professional)``; and the kernel's part of it, ``10.0.22631.4460``.

    Windows 11 calls itself 10.0, too; its builds begin at 22000.
    """
    return (
        ask_fact("os_build", facts, VERSION, lambda data: os_build(data, facts)),
        ask_fact("kernel_version", facts, VERSION, lambda data: Answer(State.VALUE, release(data, facts))),
    )


def release(data: bytes, facts: Facts) -> str:
    """Major, minor, build, and the update where the registry tells it.

    Raises:
        NotUnderstood: the structure ends early.
    """
    _, major, minor, build = NUMBERS.unpack_from(sized(data, NUMBERS.size))
    update = fact_or_none(facts, "update_revision")
    revision = f".{int.from_bytes(update, 'little')}" if update and len(update) == NUMBERS.size // 4 else ""
    return f"{major}.{minor}.{build}{revision}"


def os_build(data: bytes, facts: Facts) -> Answer:
    """The release, with what the registry calls it.

    Raises:
        NotUnderstood: the structure ends early.
    """
    told = (fact_or_none(facts, name) for name in ("display_version", "edition"))
    names = ", ".join(utf16(name) for name in told if name)
    return Answer(State.VALUE, f"Windows {release(data, facts)}" + (f" ({names})" if names else ""))
