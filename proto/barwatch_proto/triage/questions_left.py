"""Why a register was not touched, as whoever left it alone tells: the driver, or the agent.

The words are those of their reasons: barwatch_agent.driver.abi and barwatch_agent.access; tests hold the two together.
"""

from barwatch_proto.triage.logic import Answer, any_of, no, unknown, yes
from barwatch_proto.triage.situation import Situation
from barwatch_proto.words import Outcome

GONE = ("is gone", "unplugged", "disconnected")


def was_left_as_gone(situation: Situation) -> Answer:
    """It was not touched since the OS has it no more."""
    return _reason_says(situation, *GONE)


def was_left_without_power(situation: Situation) -> Answer:
    """It was not touched since it would have had to wake."""
    return _reason_says(situation, "D3cold")


def was_left_asleep(situation: Situation) -> Answer:
    """It was not touched since a bridge would have had to wake."""
    return _reason_says(situation, "upstream is asleep", "upstream is suspended")


def was_left_behind_link(situation: Situation) -> Answer:
    """It was not touched since a port says that its link is down."""
    return _reason_says(situation, "link upstream is down")


def was_left_in_reset(situation: Situation) -> Answer:
    """It was not touched while the OS resets or resumes it."""
    return _reason_says(situation, "a reset or a self-test", "being suspended or resumed")


def was_left_in_recovery(situation: Situation) -> Answer:
    """It was not touched while the OS recovers it from an error."""
    return _reason_says(situation, "recovering")


def was_left_without_address(situation: Situation) -> Answer:
    """It was not touched since the OS gave its BAR no address."""
    return _reason_says(situation, "is not assigned", "assigned none", "no address")


def was_left_out_of_reach(situation: Situation) -> Answer:
    """It was not touched for a reason that keeps everybody from the function."""
    return any_of(
        question(situation)
        for question in (
            was_left_as_gone,
            was_left_without_power,
            was_left_asleep,
            was_left_behind_link,
            was_left_in_reset,
            was_left_in_recovery,
        )
    )


def _reason_says(situation: Situation, *words: str) -> Answer:
    """The reason of a read that was not attempted has one of these words."""
    read = situation.read
    reason = read.reason or ""
    if read.outcome is not Outcome.UNREACHABLE:
        return no("the register was touched")
    if any(word in reason for word in words):
        return yes(f"not touched: {reason}")
    return no("left alone for another reason") if reason else unknown("the reason why it was not touched would tell")
