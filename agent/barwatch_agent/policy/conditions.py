"""What must hold for one rule: the conditions of the driver's bw_judge_rule, with a key and a reason for people.

Source: driver/common/bw_policy.h, bw_judge_rule; a test asks both about the same rules. Beyond it, this refuses what a
file can say and the driver's struct cannot: keys that are missing, twice the same, or too large for their field.
"""

from collections.abc import Callable

from barwatch_agent.driver.abi import RULE_PAGE, Right
from barwatch_agent.plan.rules import MAX_BAR, MAX_TEXT, wrong_class, wrong_id, wrong_subsystem
from barwatch_agent.policy.entry import Entry
from barwatch_agent.reads import WIDTHS

LAST_BYTE = (1 << 64) - 1  # of what 64 bits can address; a range ends before it, so that no sum of the driver's wraps


def first_fault(entry: Entry) -> tuple[str, str] | None:
    """The first key that breaks a condition, and why; None for a rule that the driver takes."""
    for key, condition in CONDITIONS if entry.is_about_a_bar else CONDITIONS_WITHOUT_BAR:
        reason = condition(entry)
        if reason is not None:
            return key, reason
    return None


def _summary(entry: Entry) -> str | None:
    return None if 0 < len(entry.summary.strip()) <= MAX_TEXT else f"must hold 1 to {MAX_TEXT} characters"


def _rights(entry: Entry) -> str | None:
    if not entry.rights:
        return "names none: a rule grants read, map, config or several of them"
    return "names one twice" if len(set(entry.rights)) < len(entry.rights) else None


def _vendor(entry: Entry) -> str | None:
    if entry.vendor is not None:
        return wrong_id(entry.vendor)
    return None if entry.class_ is not None else "is missing: a rule names vendor or class"


def _device(entry: Entry) -> str | None:
    if entry.device is None:
        return None
    if entry.vendor is None:
        return "means nothing without vendor"
    if not entry.devices:
        return "names none"
    if len(set(entry.devices)) < len(entry.devices):
        return "names one twice"
    return next((reason for device in entry.devices if (reason := wrong_id(device))), None)


def _no_range(entry: Entry) -> str | None:
    if Right.SHARED in entry.right:
        return "shared says how registers are read or mapped, and the rule grants neither"
    if all(each is None for each in (entry.bar, entry.offset, entry.length, entry.widths)):
        return None
    return "config alone is about configuration space: no bar, offset, length or widths"


def _bar(entry: Entry) -> str | None:
    if entry.bar is None:
        return "is missing"
    return None if 0 <= entry.bar <= MAX_BAR else f"{entry.bar} is not 0 to {MAX_BAR}"


def _widths(entry: Entry) -> str | None:
    if not entry.widths:
        return "is missing: which of 1, 2, 4 and 8 bytes one access may have"
    wrong = next((width for width in entry.widths if width not in WIDTHS), None)
    if wrong is not None:
        return f"{wrong} is not 1, 2, 4 or 8"
    return "names one twice" if len(set(entry.widths)) < len(entry.widths) else None


def _offset(entry: Entry) -> str | None:
    if entry.offset is None:
        return "is missing"
    if not 0 <= entry.offset <= LAST_BYTE:
        return f"{entry.offset:#x} is not 0 to {LAST_BYTE:#x}"
    return _whole_pages(entry, entry.offset)


def _length(entry: Entry) -> str | None:
    if entry.length is None:
        return "is missing"
    if not 0 < entry.length <= LAST_BYTE - (entry.offset or 0):
        return f"{entry.length:#x} bytes are none, or end beyond {LAST_BYTE:#x}"
    return _whole_pages(entry, entry.length)


def _whole_pages(entry: Entry, number: int) -> str | None:
    if Right.MAP not in entry.right or number % RULE_PAGE == 0:
        return None
    return f"{number:#x} is not a multiple of {RULE_PAGE:#x}: a mapping shows whole pages"


Condition = tuple[str, Callable[[Entry], str | None]]

# In this order, which is the driver's: a later condition trusts the earlier ones.
CONDITIONS_ON_FUNCTIONS: tuple[Condition, ...] = (
    ("summary", _summary),
    ("rights", _rights),
    ("vendor", _vendor),
    ("device", _device),
    ("subsystem", lambda entry: wrong_subsystem(entry.subsystem)),
    ("class", lambda entry: wrong_class(entry.class_)),
)
CONDITIONS_WITHOUT_BAR: tuple[Condition, ...] = (*CONDITIONS_ON_FUNCTIONS, ("rights", _no_range))
CONDITIONS: tuple[Condition, ...] = (
    *CONDITIONS_ON_FUNCTIONS,
    ("bar", _bar),
    ("widths", _widths),
    ("offset", _offset),
    ("length", _length),
)
