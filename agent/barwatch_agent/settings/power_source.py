"""What the machine runs on: laptops behave differently on battery."""

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import Answer, absent, ask, entries, read_each, text_or_none, unreadable
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SUPPLIES = "/sys/class/power_supply"
SOURCES = {"power_source": SUPPLIES}


def probe(roots: Roots) -> tuple[Setting, ...]:
    """``ac`` or ``battery``; absent where nothing is listed, as on most desktops.

    Source: Documentation/ABI/testing/sysfs-class-power; include/linux/power_supply.h for the scopes.
    """
    return (ask("power_source", SUPPLIES, "this kernel lists no power supplies", lambda: _read(roots)),)


def _read(roots: Roots) -> Answer:
    """Battery states only when no plug answers: reading one may ask a slow embedded controller."""
    names = [name for name in entries(roots, SUPPLIES) or () if _feeds_the_machine(roots, name)]
    types, errors = read_each(roots, (f"{SUPPLIES}/{name}/type" for name in names))
    if errors and not types:
        raise errors[0]
    batteries = [path.removesuffix("/type") for path, kind in types.items() if kind == "Battery"]
    plugs = [path.removesuffix("/type") for path, kind in types.items() if kind == "Mains" or kind.startswith("USB")]
    plug = next((plug for plug in plugs if (text_or_none(roots, f"{plug}/online") or "0") != "0"), None)
    if plug:
        return Answer(State.VALUE, "ac", f"{plug.rsplit('/', 1)[-1]} online")
    if not batteries:
        return absent("neither a battery nor a plug that is in use is listed")
    return _by_batteries(roots, batteries, has_plug=bool(plugs))


def _feeds_the_machine(roots: Roots, name: str) -> bool:
    """Whether it is not the battery of a mouse or a pen."""
    return text_or_none(roots, f"{SUPPLIES}/{name}/scope") != "Device"


def _by_batteries(roots: Roots, batteries: list[str], *, has_plug: bool) -> Answer:
    statuses, errors = read_each(roots, (f"{battery}/status" for battery in batteries))
    if not statuses:
        raise errors[0]
    return by_status(sorted(set(statuses.values())), has_plug=has_plug)


def by_status(statuses: list[str], *, has_plug: bool) -> Answer:
    """What batteries say about the power source when no plug is in use; unreadable when they do not say.

    Args:
        statuses: what they say, each once.
        has_plug: a plug is listed, and it is not in use.
    """
    raw = ", ".join(statuses)
    if "Charging" in statuses:  # by a plug that is not listed
        return Answer(State.VALUE, "ac", raw)
    if has_plug or "Discharging" in statuses:
        return Answer(State.VALUE, "battery", raw)
    if {"Full", "Not charging"} & set(statuses):
        return Answer(State.VALUE, "ac", raw)
    return unreadable("no plug is listed, and the batteries do not say", raw)
