"""What the firmware says about itself and the machine: SMBIOS strings."""

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import Answer, absent, ask_file
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

FOLDER = "/sys/class/dmi/id"
SOURCES = {
    "bios_vendor": f"{FOLDER}/bios_vendor",
    "bios_version": f"{FOLDER}/bios_version",
    "bios_date": f"{FOLDER}/bios_date",
    "machine_vendor": f"{FOLDER}/sys_vendor",
    "machine_model": f"{FOLDER}/product_name",
}
# What board makers leave in their reference firmware: it would make unlike machines alike.
PLACEHOLDERS = frozenset({
    "to be filled by o.e.m.", "to be filled by o.e.m", "default string", "system manufacturer", "system product name",
    "not specified", "not applicable", "not available", "undefined", "unknown", "none", "n/a", "oem", "o.e.m.", "empty",
})  # fmt: skip


def probe(roots: Roots) -> tuple[Setting, ...]:
    """BIOS vendor, version and date as printed by the firmware (month/day/year), machine vendor and model."""
    return tuple(ask_file(roots, name, source, "no SMBIOS here", filled) for name, source in SOURCES.items())


def filled(text: str) -> Answer:
    """The string, or that the vendor did not fill it in."""
    if not text:
        return absent("the firmware leaves it empty", text)
    if text.casefold() in PLACEHOLDERS:
        return absent("the vendor did not fill it in", text)
    return Answer(State.VALUE, text, text)
