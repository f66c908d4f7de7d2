from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import power_source
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State


def probe(tree: Callable[..., Roots], **supplies: str) -> Setting:
    """What the probe finds with those supplies, each written ``type/attribute=text/...``."""
    files = {}
    for name, supply in supplies.items():
        kind, *attributes = supply.split("/")
        files[f"{power_source.SUPPLIES}/{name}/type"] = kind
        for attribute in attributes:
            key, _, text = attribute.partition("=")
            files[f"{power_source.SUPPLIES}/{name}/{key}"] = text
    (found,) = power_source.probe(tree(files))
    return found


@pytest.mark.parametrize(
    ("supplies", "value"),
    [
        ({"AC": "Mains/online=1", "BAT0": "Battery/status=Full"}, "ac"),
        ({"AC": "Mains/online=0", "BAT0": "Battery/status=Discharging"}, "battery"),
        ({"AC": "Mains/online=0", "BAT0": "Battery/status=Full"}, "battery"),
        ({"AC": "Mains/online=0", "USBC": "USB/online=1", "BAT0": "Battery/status=Charging"}, "ac"),
        ({"USBC": "USB/online=0", "BAT0": "Battery/status=Charging"}, "ac"),
        ({"BAT0": "Battery/status=Discharging", "BAT1": "Battery/status=Not charging"}, "battery"),
        ({"BAT0": "Battery/status=Not charging"}, "ac"),
        ({"AC": "Mains/online=1"}, "ac"),
    ],
)
def test_a_plug_in_use_or_the_batteries_say_what_the_machine_runs_on(
    tree: Callable[..., Roots], supplies: dict[str, str], value: str | None
) -> None:
    found = probe(tree, **supplies)

    assert (found.state, found.value) == (State.VALUE, value)


def test_the_charge_of_a_battery_on_the_mains_does_not_change_the_setting(tree: Callable[..., Roots]) -> None:
    full = probe(tree, AC="Mains/online=1", BAT0="Battery/status=Full")
    charging = probe(tree, AC="Mains/online=1", BAT0="Battery/status=Charging")

    assert full == charging


@pytest.mark.parametrize(
    "supplies",
    [
        {"mouse": "Battery/scope=Device/status=Discharging"},
        {"ucsi": "USB/online=0"},
        {"ups": "UPS/status=Full"},
    ],
)
def test_a_desktop_with_a_mouse_or_an_empty_socket_is_not_on_battery(
    tree: Callable[..., Roots], supplies: dict[str, str]
) -> None:
    found = probe(tree, **supplies)

    assert (found.state, found.value) == (State.ABSENT, None)
    assert found.reason


@pytest.mark.parametrize("files", [{}, {power_source.SUPPLIES: None}])
def test_no_supplies_are_absent(tree: Callable[..., Roots], files: dict[str, str | bytes | None]) -> None:
    (found,) = power_source.probe(tree(files))

    assert found.state is State.ABSENT


@pytest.mark.parametrize("status", ["Unknown", "", "\xff"])
def test_batteries_that_do_not_say_are_unreadable(tree: Callable[..., Roots], status: str) -> None:
    found = probe(tree, BAT0=f"Battery/status={status}")

    assert (found.state, found.reason) == (State.UNREADABLE, "no plug is listed, and the batteries do not say")


@pytest.mark.parametrize(
    "files",
    [
        {power_source.SUPPLIES: "a file"},
        {f"{power_source.SUPPLIES}/BAT0/type": None},
        {f"{power_source.SUPPLIES}/BAT0/type": "Battery", f"{power_source.SUPPLIES}/BAT0/status": None},
    ],
)
def test_supplies_that_cannot_be_read_are_unreadable(
    tree: Callable[..., Roots], files: dict[str, str | bytes | None]
) -> None:
    (found,) = power_source.probe(tree(files))

    assert (found.state, found.value) == (State.UNREADABLE, None)
    assert found.reason
