"""Whether this machine is a virtual one, and whose.

That a hypervisor runs says nothing: with virtualization-based security Windows itself sits on one. The makers that
SMBIOS names do, and what Hyper-V writes into its guests' registry.
"""

from barwatch_agent.settings.answers import Answer, setting, unreadable
from barwatch_agent.settings.virtual_machine import MAKERS
from barwatch_agent.settings.windows.asking import ask_fact
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.smbios import Structure, structures
from barwatch_agent.windows.sources import GUEST, SMBIOS, where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SOURCES = {"virtual_machine": where(SMBIOS)}
# Product, vendor, board vendor, BIOS vendor, product version: type of the structure and offset of the string's number.
CLUES = ((1, 0x05), (1, 0x04), (2, 0x04), (0, 0x04), (1, 0x06))


def probe(facts: Facts) -> tuple[Setting, ...]:
    """On, with the hypervisor; off on a real machine."""
    if isinstance(facts.get(GUEST), bytes):
        return (setting("virtual_machine", where(GUEST), Answer(State.ON, "hyperv")),)
    return (ask_fact("virtual_machine", facts, SMBIOS, guest),)


def guest(raw: bytes) -> Answer:
    """What the makers in an SMBIOS table say; unreadable where it names none."""
    found = structures(raw)
    if not _text(found.get(1), 0x04):
        return unreadable("the SMBIOS names no maker of the machine")
    name = maker(raw)
    return Answer(State.OFF) if name is None else Answer(State.ON, name)


def maker(raw: bytes) -> str | None:
    """The hypervisor that an SMBIOS table names; None where it names none."""
    found = structures(raw)
    if _text(found.get(1), 0x05) == "Virtual Machine" and _text(found.get(1), 0x04).startswith("Microsoft"):
        return "hyperv"
    texts = [_text(found.get(kind), offset) for kind, offset in CLUES]
    return next((name for text in texts for start, name in MAKERS.items() if text.startswith(start)), None)


def _text(structure: Structure | None, offset: int) -> str:
    return (structure.string(offset) if structure else None) or ""
