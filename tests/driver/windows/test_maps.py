"""Pages of a BAR in a process, under Wine on a simulated machine: see fixtures.py."""

from collections.abc import Callable
from typing import Any

import pytest

from barwatch_agent.driver.abi import Status

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(300)]
EXPECTED, ONES = 0x7666, 0xFFFFFFFF


def test_the_founding_symptom_kernel_ok_and_all_ones_in_the_process(inside: Callable[..., Any]) -> None:
    """One register, two ways in, at the same time: the driver reads what the card holds, the process reads nothing."""
    said = inside("mapped", "founding")

    assert said["status"] == Status.OK
    assert said["before"] == said["after"] == [[Status.OK, EXPECTED], EXPECTED]
    assert said["during"] == [[Status.OK, EXPECTED], ONES]


def test_a_rebalance_takes_old_mappings_back_and_new_ones_see_the_new_place(inside: Callable[..., Any]) -> None:
    said = inside("mapped", "revoked")

    assert said["old"] == "fault"
    assert said["kernel"] == [Status.OK, 0x1234]
    assert said["new"] == [Status.OK, 0x1234]
    assert said["generations"][0] != said["generations"][1]
    assert (said["killed"], said["moved"]) == (1, 1)


def test_a_mapping_is_refused_with_its_reason(inside: Callable[..., Any]) -> None:
    """An exception in the kernel's mapping call is caught; 64 mappings of one handle are all there are."""
    said = inside("mapped", "refused")

    assert said["raised"] == Status.FAULT_MAPPING
    assert said["other page"] == said["past the end"] == Status.DENIED_POLICY
    assert said["many"] == [Status.OK, Status.DENIED_LIMIT]
    assert said["pages"] == 64


def test_a_mapped_page_cannot_be_written(inside: Callable[..., Any]) -> None:
    assert inside("mapped", "writing") == {"store": "fault", "value": EXPECTED}


def test_what_ends_a_judgement_ends_the_mapping(inside: Callable[..., Any]) -> None:
    said = inside("mapped", "taken_back")

    assert said == {"policy replaced": "fault", "process ends": "fault", "pulled out": "fault", "wrong process": 0}


def test_a_closed_handle_has_nothing_mapped(inside: Callable[..., Any]) -> None:
    assert inside("handles", "closed") == {"before": EXPECTED, "after": "fault"}
