"""What one read came to."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_agent.reads import WIDTHS, Match, Register, Reply, Target, classify, read_of
from barwatch_proto.pci import Address, all_ones
from barwatch_proto.topology import Function
from barwatch_proto.words import Access, Outcome

FUNCTION = Function(Address(0, 1, 0, 0), None, "key", 0x10DE, 0x1B80, 0x030000)
REGISTER = Register("test", "test", "test", Match(), 0, 0, 4, (Access.USER,))


def target(width: int = 4, expect: int | None = None, mask: int | None = None) -> Target:
    return Target(replace(REGISTER, width=width, mask=mask, expect=expect), FUNCTION, 0, 0, expect)


widths = st.sampled_from(WIDTHS)
values = widths.flatmap(lambda width: st.tuples(st.just(width), st.integers(0, all_ones(width))))
pairs = widths.flatmap(
    lambda width: st.tuples(st.just(width), *[st.integers(0, all_ones(width))] * 2, st.integers(1, all_ones(width)))
)


@given(values)
def test_without_an_expectation_every_value_but_all_ones_is_ok(drawn: tuple[int, int]) -> None:
    width, value = drawn

    assert (classify(value, target(width)) is Outcome.ALL_ONES) == (value == all_ones(width))
    assert classify(value, target(width)) in {Outcome.OK, Outcome.ALL_ONES}


@given(pairs)
def test_a_value_is_ok_exactly_when_it_is_the_expected_one_under_the_mask(drawn: tuple[int, int, int, int]) -> None:
    width, value, expect, mask = drawn

    outcome = classify(value, target(width, expect & mask, mask))

    assert (outcome is Outcome.OK) == (value & mask == expect & mask)
    assert (outcome is Outcome.ALL_ONES) == (value == all_ones(width) and expect & mask != mask)


@given(widths)
def test_all_ones_are_ok_where_they_are_what_is_expected(width: int) -> None:
    assert classify(all_ones(width), target(width, all_ones(width))) is Outcome.OK


@given(values)
def test_all_ones_of_a_narrower_register_are_only_a_value_in_a_wider_one(drawn: tuple[int, int]) -> None:
    width, _ = drawn
    if width == 8:
        return

    assert classify(all_ones(width), target(width * 2)) is Outcome.OK


def test_the_register_of_the_story_is_ok_on_the_desktop_and_all_ones_in_the_box() -> None:
    story = target(4, 0x7666)

    assert [classify(value, story) for value in (0x7666, 0xFFFFFFFF, 0)] == [
        Outcome.OK,
        Outcome.ALL_ONES,
        Outcome.MISMATCH,
    ]


def test_a_reply_without_a_value_keeps_its_outcome_and_reason_and_has_no_value() -> None:
    read = read_of(target(), Access.USER, 5, Reply(outcome=Outcome.DENIED, reason="EPERM"))

    assert (read.outcome, read.value, read.reason, read.taken_at_ns) == (Outcome.DENIED, None, "EPERM", 5)


def test_a_reply_of_zero_is_a_value() -> None:
    assert read_of(target(), Access.USER, 0, Reply(0)).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("match", "is_match"),
    [
        (Match(), True),
        (Match(vendor=0x10DE, devices=(1, 0x1B80)), True),
        (Match(vendor=0x8086), False),
        (Match(devices=(1,)), False),
        (Match(subsystem=(0x1043, 0x85AA)), True),
        (Match(subsystem=(0x1043, 1)), False),
        (Match(class_code=0x030000, class_mask=0xFF0000), True),
        (Match(class_code=0x030200), False),
    ],
)
def test_a_function_matches_when_everything_that_is_asked_of_it_holds(match: Match, is_match: bool) -> None:  # noqa: FBT001 pytest passes it by name
    function = replace(FUNCTION, subsystem_vendor=0x1043, subsystem_device=0x85AA)

    assert match.matches(function) is is_match
