"""The kernel that runs, and whether something has tainted it."""

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import Answer, ask_file, number, word
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SOURCES = {"kernel_version": "/proc/sys/kernel/osrelease", "kernel_tainted": "/proc/sys/kernel/tainted"}
LETTERS = "PFSRMBUDAWCIOELKXTNJ"  # bits 0 to 19, Documentation/admin-guide/tainted-kernels.rst


def probe(roots: Roots) -> tuple[Setting, ...]:
    """The release, like ``6.1.0-28-amd64``; and the taints by their letters, like ``OE``."""
    return (
        ask_file(roots, "kernel_version", SOURCES["kernel_version"], "no procfs here", release),
        ask_file(roots, "kernel_tainted", SOURCES["kernel_tainted"], "no procfs here", taints),
    )


def release(text: str) -> Answer:
    """The release.

    Raises:
        NotUnderstood: not one word.
    """
    return Answer(State.VALUE, word(text), text)


def taints(text: str) -> Answer:
    """Off, or the letters that an oops would show; a bit without a letter is shown as its number.

    Raises:
        NotUnderstood: not a number.
    """
    bits = number(text)
    if not bits:
        return Answer(State.OFF, raw=text)
    known = "".join(letter for bit, letter in enumerate(LETTERS) if bits >> bit & 1)
    newer = [f"bit{bit}" for bit in range(len(LETTERS), bits.bit_length()) if bits >> bit & 1]
    return Answer(State.VALUE, " ".join([*([known] if known else []), *newer]), text)
