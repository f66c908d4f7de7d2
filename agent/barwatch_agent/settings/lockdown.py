"""What the kernel keeps even root from doing to it, security/lockdown/lockdown.c."""

from barwatch_agent.roots import Roots, read_text
from barwatch_agent.settings.answers import Answer, absent, ask, at, chosen, entries, unreadable
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

FOLDER = "/sys/kernel/security"
SOURCES = {"lockdown": f"{FOLDER}/lockdown"}
MISSING = "this kernel has no lockdown"


def probe(roots: Roots) -> tuple[Setting, ...]:
    """Lockdown off, or on with its level: ``integrity`` or ``confidentiality``."""
    return tuple(ask(name, source, MISSING, lambda: _read(roots)) for name, source in SOURCES.items())


def _read(roots: Roots) -> Answer:
    names = entries(roots, FOLDER)
    if names is None:
        return absent(MISSING)
    if not names:
        return unreadable(f"securityfs is not mounted on {FOLDER}")
    return level(read_text(at(roots, SOURCES["lockdown"])))


def level(text: str) -> Answer:
    """What ``[none] integrity confidentiality`` says.

    Raises:
        NotUnderstood: no level is in brackets.
    """
    choice = chosen(text)
    if choice == "none":
        return Answer(State.OFF, raw=text)
    return Answer(State.ON, choice, text)
