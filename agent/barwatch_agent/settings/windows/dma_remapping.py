"""For how many functions Windows remaps DMA: what their drivers say they can live with.

Source: Microsoft Learn, "Enabling DMA remapping for device drivers", DEVPKEY_Device_DmaRemappingPolicy.
"""

from collections import Counter
from collections.abc import Sequence

from barwatch_agent.settings.answers import Answer, absent, setting
from barwatch_agent.windows.facts import Devnode
from barwatch_agent.windows.properties import number
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SOURCES = {"dma_remapping_policy": "DEVPKEY_Device_DmaRemappingPolicy"}
POLICIES = {0: "not enforced", 1: "opted out", 2: "opted in"}


def probe(devices: Sequence[Devnode]) -> tuple[Setting, ...]:
    """Which policies drivers have, joined by commas; with how many have each."""
    ((name, source),) = SOURCES.items()
    return (setting(name, source, policies(devices)),)


def policies(devices: Sequence[Devnode]) -> Answer:
    """The policies in use; absent where Windows tells it of no function, as before version 1903."""
    counts = Counter(policy for device in devices if (policy := _policy(device)) is not None)
    if not counts:
        return absent("Windows tells it of no function")
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return Answer(State.VALUE, ",".join(sorted(counts)), told)


def _policy(device: Devnode) -> str | None:
    found = device.properties.get("dma_remapping_policy")
    try:
        return None if found is None else POLICIES.get(number(found), str(number(found)))
    except ValueError:
        return None
