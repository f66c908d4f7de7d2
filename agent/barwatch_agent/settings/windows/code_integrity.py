"""Which code the kernel lets in, and whether a debugger may look at it: what Linux calls lockdown is split here."""

import struct
from functools import partial

from barwatch_agent.settings.answers import Answer
from barwatch_agent.settings.windows.asking import ask_fact, sized
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.sources import where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

FACT = "code_integrity"
OPTIONS = {  # SYSTEM_CODEINTEGRITY_INFORMATION, CodeIntegrityOptions
    "code_integrity": 0x01,
    "test_signing": 0x02,
    "kernel_debugger": 0x80,
}
SOURCES = dict.fromkeys(OPTIONS, where(FACT))


def probe(facts: Facts) -> tuple[Setting, ...]:
    """Signatures of drivers are checked, test signatures are accepted, a kernel debugger is allowed."""
    return tuple(ask_fact(name, facts, FACT, partial(option, bit=bit)) for name, bit in OPTIONS.items())


def option(data: bytes, bit: int) -> Answer:
    """What one bit says; all of them stay with it.

    Raises:
        NotUnderstood: the structure ends early.
    """
    _, options = struct.unpack("<II", sized(data, 8)[:8])
    return Answer(State.ON if options & bit else State.OFF, raw=f"{options:#x}")
