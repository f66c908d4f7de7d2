"""The trusted platform module, by the family of its specification."""

from barwatch_agent.roots import Roots, read_text
from barwatch_agent.settings.answers import Answer, absent, ask, at, entries, number, unreadable
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

CHIPS = "/sys/class/tpm"
NO_CHIP = "no TPM"
SOURCES = {"tpm": f"{CHIPS}/tpm0/tpm_version_major"}
FAMILIES = {1: "1.2", 2: "2.0"}  # Documentation/ABI/stable/sysfs-class-tpm: "1" also for the rare 1.1


def probe(roots: Roots) -> tuple[Setting, ...]:
    """``2.0`` or ``1.2``."""
    return tuple(ask(name, source, NO_CHIP, lambda: _read(roots)) for name, source in SOURCES.items())


def _read(roots: Roots) -> Answer:
    if "tpm0" not in (entries(roots, CHIPS) or ()):
        return absent(NO_CHIP)
    try:
        return family(read_text(at(roots, SOURCES["tpm"])))
    except FileNotFoundError:
        return unreadable("this kernel does not tell its version: Linux 5.6 does")


def family(text: str) -> Answer:
    """What the major version says; one that is not known yet is passed on.

    Raises:
        NotUnderstood: not a number.
    """
    return Answer(State.VALUE, FAMILIES.get(number(text), text), text)
