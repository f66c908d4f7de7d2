"""The real module in a real kernel: what it reads, and what it leaves alone."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.lab.guest import Guest

FAULTS = "/sys/module/lab_faults/parameters"
IDENTIFICATION = 0x010000ED  # docs/specs/edu.rst of QEMU
PANEL = 0x7666  # tests/lab/devices.py
ONES = 0xFFFFFFFF
DENIED_POLICY, DENIED_OWNER, DENIED_PAGE = 0x101, 0x102, 0x104
GONE, DISCONNECTED, RECOVERING, BLOCKED, D3COLD, CHANGING, BRIDGE_ASLEEP = range(0x201, 0x208)
NO_BAR, OUTSIDE_BAR, NO_BRIDGE, OUTSIDE_CONFIG = 0x209, 0x20B, 0x20C, 0x20D
WRONG_BAR, WRONG_MASK = 0x403, 0x409

pytestmark = [pytest.mark.xdist_group("driver-guest"), pytest.mark.timeout(300)]


def test_a_register_is_read_where_a_rule_lists_it_and_nowhere_else(guest: Guest, inside: Callable[..., Any]) -> None:
    """The first register of edu tells what it is; everything that no rule lists is denied, and denies nothing else."""
    card = guest.address("card")
    answer = inside("reads", card)

    assert answer["without"] == [[DENIED_POLICY, 0]]
    assert answer["loaded"][:2] == [0, 0]
    assert answer["replies"] == [
        [0, IDENTIFICATION],
        [0, 0],  # a register that reads zero: it is reserved
        *([DENIED_POLICY, 0] for _ in range(3)),
        *([status, 0] for status in (WRONG_BAR, 0x405, 0x404, 0x401)),
        [DENIED_POLICY, 0],
        [GONE, 0],
        [0, IDENTIFICATION],
    ]
    assert len(answer["took_ns"]) == 256
    assert all(took > 0 for took in answer["took_ns"])
    assert answer["config"][0] == [0, 0x11E81234, card]
    assert answer["config"][1][0] == 0
    assert answer["config"][1][2] == guest.address("slot-1")
    assert [status for status, _, _ in answer["config"][2:]] == [NO_BRIDGE, OUTSIDE_CONFIG]
    start = guest.seen("card").regions[0]
    assert answer["bars"] == [0, [[start, 1 << 20, start], *([0, 0, 0] for _ in range(5))]]


def test_a_policy_that_is_wrong_changes_nothing_and_a_locked_one_stays(
    inside: Callable[..., Any], guest: Guest
) -> None:
    answer = inside("reads", guest.address("card"))

    assert answer["wrong"][:2] == [0x406, 1]
    assert answer["still"] == IDENTIFICATION
    assert answer["locked"][0] == 0
    assert answer["relocked"] == errno.EPERM
    assert answer["info"]["policy_state"] == 2
    assert answer["info"]["policy_rules"] == 1
    assert answer["info"]["policy_digest"] == answer["locked"][2]


def test_every_kind_of_bar_is_read_to_its_last_byte(inside: Callable[..., Any], guest: Guest) -> None:
    """A prefetchable one in three widths; one that is shorter than a page is read, and never mapped."""
    panel = guest.address("panel")
    guest.run(f"[ $(cat /sys/bus/pci/devices/{panel}/enable) != 0 ] || echo 1 >/sys/bus/pci/devices/{panel}/enable")
    answer = inside("kinds", panel)

    assert answer["replies"] == [
        *([0, value] for value in (PANEL, PANEL, 1 << 32 | PANEL)),
        [OUTSIDE_BAR, 0],
        [0, 0],
        [OUTSIDE_BAR, 0],
        [DENIED_POLICY, 0],
    ]
    assert answer["bars"] == [0, [[0x100, 0b11001], [0, 0], [1 << 20, 0b11111]]]
    assert answer["mapped"] == [0, 0x384, "6676000001000000"]
    assert answer["short"] == DENIED_PAGE


def test_what_must_not_be_touched_is_refused_with_the_reason(
    inside: Callable[..., Any], guest: Guest, states_module: Path
) -> None:
    """A bridge above a function that is not to be touched is shown still; what sleeps is not woken."""
    guest.run(f"insmod {states_module}")
    answer = inside("refused", guest.address("card"), guest.address("slot-1"))
    guest.run("rmmod barwatch_states")

    found = {
        name: (each["read"], each["config"], each["bars"], each["map"], each["config of the bridge"])
        for name, each in answer.items()
    }
    assert found == {
        "disconnected": (*[DISCONNECTED] * 4, 0),
        "recovering": (*[RECOVERING] * 4, 0),
        "blocked": (*[BLOCKED] * 4, 0),
        "D3cold": (*[D3COLD] * 4, 0),
        "suspending": (*[CHANGING] * 4, 0),
        "bridge disconnected": (DISCONNECTED,) * 5,
        "bridge in D3hot": (*[BRIDGE_ASLEEP] * 4, 0),
        "bridge in D3cold": (BRIDGE_ASLEEP,) * 5,
        "bridge suspending": (BRIDGE_ASLEEP,) * 5,
        "bridge suspended": (*[BRIDGE_ASLEEP] * 4, 0),
        "nothing": (0,) * 5,
    }
    assert {name: each["value"] for name, each in answer.items() if each["value"]} == {"nothing": IDENTIFICATION}


def test_a_function_with_a_driver_is_left_alone_unless_a_rule_shares_it(
    inside: Callable[..., Any], guest: Guest
) -> None:
    guest.run("modprobe pci-stub ids=1234:11e8")
    answer = inside("reads", guest.address("card"))
    guest.run("rmmod pci-stub")

    assert answer["replies"][0] == [DENIED_OWNER, 0]
    assert answer["config"][0][:2] == [0, 0x11E81234]


def test_a_function_that_does_not_decode_is_read(inside: Callable[..., Any], guest: Guest) -> None:
    """The bus answers all ones for it: data, and not the driver's word."""
    card = guest.address("card")
    guest.lay_floor("card")
    answer = inside("mapped", card, f"setpci -s {card} COMMAND=0:2")
    guest.run(f"setpci -s {card} COMMAND=2:2")

    assert answer["before"] == f"{IDENTIFICATION:#010x}"
    assert answer["kernel"] == [0, ONES]
    assert answer["after"] == f"{ONES:#010x}"


def test_a_function_in_d3hot_is_read(inside: Callable[..., Any], guest: Guest) -> None:
    """Whatever the bus says: only in D3cold would reading wake it."""
    disk = guest.address("disk")
    guest.run(f"[ $(cat /sys/bus/pci/devices/{disk}/enable) != 0 ] || echo 1 >/sys/bus/pci/devices/{disk}/enable")
    answer = inside("mapped", disk, f"echo '{disk} 3' >{FAULTS}/power")
    state = guest.run(f"cat /sys/bus/pci/devices/{disk}/power_state")
    guest.run(f"echo '{disk} 0' >{FAULTS}/power")

    assert state.strip() == "D3hot"
    assert answer["kernel"][0] == 0


def test_a_struct_that_is_longer_must_be_zero_where_it_is_unknown(inside: Callable[..., Any], guest: Guest) -> None:
    """Every struct and item too short, too long with zeros, too long with rubbish, to every command."""
    assert inside("sizes", guest.address("card")) == []


def test_only_a_build_made_for_it_writes_and_only_bits_that_one_rule_grants(
    inside: Callable[..., Any], guest: Guest, special_module: Path
) -> None:
    """The liveness register of edu holds the complement of what was written. Sizes of those commands, too."""
    guest.run(f"rmmod barwatch; insmod {special_module}")
    card = guest.address("card")
    surprises = inside("sizes", card, "special")
    answer = inside("special", card)

    assert surprises == []
    before, after = answer["written"][1:]
    assert answer["written"] == [0, before, ~(before & ~0xF0 | 0xF0) & ONES]
    assert answer["by the other rule"] == [0, after, ~(after & ~0x0F00) & ONES]
    for mask in ("bits of two rules", "bits of no rule", "no bits"):
        assert answer[mask] == [WRONG_MASK, 0, 0]
    assert answer["register of no rule"] == [DENIED_POLICY, 0, 0]
    assert answer["to read only"]
    assert answer["by nobody"]
    assert answer["bench"][0] == 0
    assert answer["bench"][1] > 0
    assert answer["bench of two BARs"] == DENIED_POLICY
