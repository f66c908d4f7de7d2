"""What the firmware says about itself and the machine, and what kind of machine it is."""

from functools import partial

from barwatch_agent.settings import dmi
from barwatch_agent.settings.answers import Answer, absent, setting
from barwatch_agent.settings.chassis import KINDS, enclosure, power_profile
from barwatch_agent.settings.windows.asking import ask_fact, fact_or_none
from barwatch_agent.settings.windows.virtual_machine import maker
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.smbios import structures
from barwatch_agent.windows.sources import SMBIOS, acpi, where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

STRINGS = {  # setting: type of the structure, offset of the string's number; DSP0134, 7.1 and 7.2
    "bios_vendor": (0, 0x04),
    "bios_version": (0, 0x05),
    "bios_date": (0, 0x08),
    "machine_vendor": (1, 0x04),
    "machine_model": (1, 0x05),
}
SOURCES = {**dict.fromkeys(STRINGS, where(SMBIOS)), "chassis": where(SMBIOS)}
ENCLOSURE, KIND = 3, 0x05  # DSP0134, 7.4
PROFILE = 45  # byte of Preferred_PM_Profile in the FADT; ACPI 6.5, table 5.9
NO_STRUCTURE = "the SMBIOS has no such structure"


def probe(facts: Facts) -> tuple[Setting, ...]:
    """BIOS vendor, version and date, machine vendor and model, and the kind of machine."""
    strings = (
        ask_fact(name, facts, SMBIOS, partial(string, kind=kind, offset=offset))
        for name, (kind, offset) in STRINGS.items()
    )
    return (*strings, _chassis(facts))


def string(raw: bytes, kind: int, offset: int) -> Answer:
    """One string, or that the vendor did not fill it in."""
    found = structures(raw).get(kind)
    text = found.string(offset) if found else None
    return absent(NO_STRUCTURE) if text is None else dmi.filled(text)


def chassis(raw: bytes) -> Answer:
    """The kind that the enclosure's type stands for."""
    found = structures(raw).get(ENCLOSURE)
    kind = found.byte(KIND) if found else None
    return absent(NO_STRUCTURE) if kind is None else enclosure(str(kind))


def _chassis(facts: Facts) -> Setting:
    """From SMBIOS; where that says nothing, from the power profile that the firmware prefers."""
    raw = fact_or_none(facts, SMBIOS)
    if raw is not None and maker(raw) is not None:  # what its SMBIOS says about a case is made up
        return setting("chassis", where(SMBIOS), Answer(State.VALUE, "virtual"))
    case = ask_fact("chassis", facts, SMBIOS, chassis)
    table = fact_or_none(facts, acpi("FACP"))
    if case.value in KINDS or table is None or len(table) <= PROFILE:
        return case
    profile = setting("chassis", where(acpi("FACP")), power_profile(str(table[PROFILE])))
    return profile if profile.state is State.VALUE else case
