"""Windows' policy for PCIe link power states, as the active power scheme has it for the source of power now in use."""

import struct

from barwatch_agent.settings.answers import Answer, NotUnderstood
from barwatch_agent.settings.windows.asking import ask_fact, fact_or_none, sized
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.sources import ASPM, POWER, where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SOURCES = {"aspm_policy": where(ASPM)}
POLICIES = {0: "off", 1: "moderate", 2: "maximum"}  # savings; Microsoft Learn, "PCI Express settings", ASPM
ON_BATTERY = b"\0"  # ACLineStatus


def probe(facts: Facts) -> tuple[Setting, ...]:
    """The policy in force: ``off``, ``moderate`` or ``maximum`` power savings."""
    power = fact_or_none(facts, POWER)
    is_on_battery = power is not None and power[:1] == ON_BATTERY
    return (ask_fact("aspm_policy", facts, ASPM, lambda data: policy(data, is_on_battery=is_on_battery)),)


def policy(data: bytes, *, is_on_battery: bool) -> Answer:
    """The policy for mains or battery.

    Raises:
        NotUnderstood: not two numbers, or one that nobody knows.
    """
    mains, battery = struct.unpack("<II", sized(data, 8)[:8])
    index = battery if is_on_battery else mains
    if index not in POLICIES:
        msg = f"{index} is no policy that is known"
        raise NotUnderstood(msg, data.hex())
    return Answer(State.VALUE, POLICIES[index], f"mains {mains}, battery {battery}")
