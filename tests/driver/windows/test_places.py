"""BARs, configuration space, power and removal, under Wine on a simulated machine: see fixtures.py."""

from collections.abc import Callable
from typing import Any

import pytest

from barwatch_agent.driver.abi import Status

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(300)]
MEMORY, BITS_64, PREFETCHABLE, ASSIGNED, REGISTER = 1, 2, 4, 8, 16
PLAIN = MEMORY | ASSIGNED | REGISTER
BIG = PLAIN | BITS_64 | PREFETCHABLE
NONE = [0, 0, 0, 0]


def test_bars_of_16_gib_and_above_4_gib_are_where_windows_put_them(inside: Callable[..., Any]) -> None:
    """BARS tells bus addresses; loads go where the CPU has them, which is elsewhere for the 64-bit ones here."""
    said = inside("places", "started")

    assert said["bars"] == [
        Status.OK,
        [
            [0xF6000000, 16 << 20, 0xF6000000, PLAIN],
            [0x60_0000_0000, 16 << 30, 0x60_0000_000C, BIG],
            NONE,
            [0x64_0000_0000, 32 << 20, 0x64_0000_000C, BIG],
            NONE,
            NONE,
        ],
    ]
    assert said["big"] == [Status.OK, 0xB16]
    assert said["end"][0] == Status.UNREACHABLE_OUTSIDE_BAR


def test_a_rebalance_moves_what_moved_and_nothing_else(inside: Callable[..., Any]) -> None:
    said = inside("places", "rebalanced")

    assert said["between"] == [Status.UNREACHABLE_BLOCKED] * 3
    assert said["bars"][1][1] == [0x80_0000_0000, 16 << 30, 0x80_0000_000C, BIG]
    assert said["big"] == [Status.OK, 0xB16]
    assert said["same"] == [Status.OK, 0x7666]
    assert said["generations"] == [False, True, False]


def test_a_bar_that_got_no_address_is_unassigned(inside: Callable[..., Any]) -> None:
    said = inside("places", "unassigned")

    assert said["bars"][1][1] == [0, 0, 0x60_0000_000C, BIG & ~ASSIGNED]
    assert said["read"] == Status.UNREACHABLE_UNASSIGNED
    assert said["other"] == [Status.OK, 0x7666]


def test_a_bar_register_that_somebody_changed_shows_beside_what_windows_assigned(inside: Callable[..., Any]) -> None:
    assert inside("places", "elsewhere")["bars"][1][0] == [0xF6000000, 16 << 20, 0xDEAD0000, PLAIN]


def test_configuration_space_of_function_and_bridge(inside: Callable[..., Any]) -> None:
    said = inside("places", "configuration")

    ok = [[0, value] for value in (0x10DE, 0x2684, 0xA1, 0x10001, 0, 0x1901_8086, 0x10100)]
    assert said["read"] == [*ok, [Status.UNREACHABLE_NO_BRIDGE, 0], [Status.WRONG_ALIGNMENT, 0]]
    assert said["conventional"] == [[Status.OK, 0], [Status.UNREACHABLE_OUTSIDE_CONFIG, 0]]
    assert said["below a gone bridge"] == [[Status.UNREACHABLE_DISCONNECTED, 0]] * 2
    assert said["and a register"] == Status.UNREACHABLE_DISCONNECTED


def test_a_link_that_is_down_keeps_reads_away_unless_the_function_answers(inside: Callable[..., Any]) -> None:
    said = inside("places", "link")

    assert said == {
        "up": Status.OK,
        "down, it answers": Status.OK,
        "down": Status.UNREACHABLE_LINK_DOWN,
        "config": [[Status.UNREACHABLE_LINK_DOWN, 0], [Status.OK, 0x8086]],
    }


def test_a_bridge_is_found_by_the_bus_number_that_it_has_when_windows_asks_what_is_below(
    inside: Callable[..., Any],
) -> None:
    """At START it may have none yet: its own driver, above ours, gives it one."""
    ok, unknown = [[Status.OK, 0x8086]], [[Status.UNREACHABLE_UNFILTERED, 0]]

    assert inside("places", "numbers") == {"none": unknown, "1": ok, "2": unknown}


def test_power_requests_at_passive_level_are_asked_for_before_the_drivers_below_may(inside: Callable[..., Any]) -> None:
    """And no more when these do not, or refuse the page file."""
    assert inside("places", "paging") == {"set": 3, "cleared": 1, "refused": 1}


def test_what_sleeps_is_left_asleep(inside: Callable[..., Any]) -> None:
    """D3 is not touched, since Windows does not say whether it is hot; a bridge in D3 keeps all below it away."""
    said = inside("places", "power")

    assert said == {
        "D1": [Status.OK, Status.OK],
        "D3": [Status.UNREACHABLE_D3COLD] * 2,
        "waking": Status.UNREACHABLE_POWER_CHANGING,
        "D0": [Status.OK, 0x7666],
        "bridge D3": [
            Status.UNREACHABLE_BRIDGE_ASLEEP,
            [[Status.UNREACHABLE_BRIDGE_ASLEEP, 0], [Status.UNREACHABLE_BRIDGE_ASLEEP, 0]],
        ],
        "awake": [Status.OK, 0x7666],
    }


def test_a_removal_in_mid_read_waits_for_the_batch(inside: Callable[..., Any]) -> None:
    said = inside("removals", "in_mid_read")

    assert said["read"] == [Status.OK] * 64
    assert said["then"] == Status.UNREACHABLE_DISCONNECTED
    assert (said["overtaken"], said["windows"]) == (0, 0)


def test_a_function_that_went_is_gone_until_it_is_back(inside: Callable[..., Any]) -> None:
    said = inside("removals", "and_back")

    assert said["pulled"] == said["bars"] == Status.UNREACHABLE_DISCONNECTED
    assert said["removed"] == Status.UNREACHABLE_GONE
    assert (said["functions"], said["interfaces"]) == (2, 1)
    assert said["back"] == [Status.OK, 0x7666]


def test_a_function_that_is_started_keeps_its_address(inside: Callable[..., Any]) -> None:
    """Whose bus number is out of date is left alone; once the first is stopped, the second has the address."""
    said = inside("removals", "collision")

    assert (said["first"], said["mapped"]) == ([Status.OK, 0x7666], 0x7666)
    assert (said["second"], said["unmapped"]) == ([Status.OK, 0x1234], "fault")
    assert said["still the second"] == [Status.OK, 0x1234]
    assert (said["functions"], said["and"]) == (2, 2)


def test_the_rest_of_a_batch_is_left_when_its_caller_is_killed(inside: Callable[..., Any]) -> None:
    said = inside("removals", "killed")

    assert said["read"] == [Status.UNREACHABLE_INTERRUPTED] * 3
    assert said["config"] == [[Status.UNREACHABLE_INTERRUPTED, 0]] * 2
    assert said["others"] == Status.OK


def test_a_function_with_a_driver_is_read_where_a_rule_shares_it(inside: Callable[..., Any]) -> None:
    assert inside("removals", "owned") == {"shared": Status.OK, "not shared": Status.DENIED_OWNER}
