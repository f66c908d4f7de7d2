"""Whether the firmware checks what it boots, from the UEFI variables."""

from functools import partial

from barwatch_agent.roots import Roots
from barwatch_agent.settings import firmware
from barwatch_agent.settings.answers import Answer, absent, ask, entries, read_start, unreadable
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

VARIABLES = "/sys/firmware/efi/efivars"
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"  # EFI_GLOBAL_VARIABLE, UEFI 2.10 section 3.3
SOURCES = {
    "secure_boot": f"{VARIABLES}/SecureBoot-{GLOBAL}",
    "setup_mode": f"{VARIABLES}/SetupMode-{GLOBAL}",
}
ATTRIBUTES = 4  # bytes before the data, Documentation/filesystems/efivarfs.rst
STATES = {0: State.OFF, 1: State.ON}


def probe(roots: Roots) -> tuple[Setting, ...]:
    """Secure Boot on or off; setup mode on while no platform key is enrolled, when anything may be booted."""
    return tuple(
        ask(name, source, "the firmware does not have this variable", partial(_read, roots, source))
        for name, source in SOURCES.items()
    )


def _read(roots: Roots, source: str) -> Answer:
    if firmware.is_hidden(roots):
        return unreadable(firmware.HIDDEN)
    if entries(roots, "/sys/firmware/efi") is None:
        return absent("booted without UEFI")
    if not entries(roots, VARIABLES):
        return unreadable(f"efivarfs is not mounted on {VARIABLES}")
    return flag(read_start(roots, source, 64))


def flag(content: bytes) -> Answer:
    """What a one-byte UEFI variable says; unreadable when it is not attributes and a byte that is 0 or 1."""
    if len(content) != ATTRIBUTES + 1:
        return unreadable(f"{len(content)} bytes, expected {ATTRIBUTES + 1}", content.hex())
    if content[ATTRIBUTES] not in STATES:
        return unreadable(f"{content[ATTRIBUTES]:#04x} is neither 0 nor 1", content.hex())
    return Answer(STATES[content[ATTRIBUTES]], raw=content.hex())
