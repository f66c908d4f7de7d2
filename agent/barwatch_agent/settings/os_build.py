"""The operating system, as it calls itself."""

import shlex

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import Answer, absent, ask_file, unreadable
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SOURCES = {"os_build": "/etc/os-release"}
KEY = "PRETTY_NAME="


def probe(roots: Roots) -> tuple[Setting, ...]:
    """Name and version of the distribution, like ``Debian GNU/Linux 12 (bookworm)``."""
    return tuple(ask_file(roots, name, source, "no os-release here", pretty_name) for name, source in SOURCES.items())


def pretty_name(text: str) -> Answer:
    """What PRETTY_NAME says, the last one where there are several; unreadable when its quotes do not close.

    Source: os-release(5).
    """
    lines = [line for line in text.splitlines() if line.startswith(KEY)]
    if not lines:
        return absent("os-release has no PRETTY_NAME")
    try:
        name = " ".join(shlex.split(lines[-1].removeprefix(KEY)))
    except ValueError as exc:
        return unreadable(f"PRETTY_NAME: {exc}", lines[-1])
    return Answer(State.VALUE, name, lines[-1]) if name else absent("PRETTY_NAME is empty", lines[-1])
