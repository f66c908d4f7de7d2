"""What the machine runs on: laptops behave differently on battery."""

from barwatch_agent.settings.answers import Answer, absent, unreadable
from barwatch_agent.settings.windows.asking import ask_fact, sized
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.sources import POWER, where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SOURCES = {"power_source": where(POWER)}
LENGTH = 12  # SYSTEM_POWER_STATUS, winbase.h
NO_BATTERY, UNKNOWN = 0x80, 0xFF  # BatteryFlag
LINES = {0: "battery", 1: "ac"}  # ACLineStatus


def probe(facts: Facts) -> tuple[Setting, ...]:
    """``ac`` or ``battery``; absent where there is no battery, as on most desktops."""
    return (ask_fact("power_source", facts, POWER, power_source),)


def power_source(data: bytes) -> Answer:
    """What SYSTEM_POWER_STATUS says.

    Raises:
        NotUnderstood: it ends early.
    """
    line, battery = sized(data, LENGTH)[:2]
    raw = f"line {line}, battery {battery:#04x}"
    if battery != UNKNOWN and battery & NO_BATTERY:
        return absent("no battery is listed", raw)
    if line not in LINES:
        return unreadable("Windows does not know", raw)
    return Answer(State.VALUE, LINES[line], raw)
