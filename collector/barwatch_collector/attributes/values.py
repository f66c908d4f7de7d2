"""How values are written, and what follows from facts of which some are not known."""

from collections.abc import Iterable, Sequence

from barwatch_collector.attributes.attribute import Value
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

ABSENT = State.ABSENT.value  # known not to be there
NONE = "none"
SOME = "some"
ALL = "all"


def switch(answer: bool | None) -> Value:  # noqa: FBT001 a fact, not an option
    """``yes`` or ``no``."""
    return None if answer is None else "yes" if answer else "no"


def number(count: float | None) -> Value:
    """A plain number: ``16``, ``2.5``."""
    return None if count is None else str(count) if isinstance(count, int) else f"{count:.12g}"


def setting_value(setting: Setting | None) -> Value:
    """The setting's value, else its state; None when it could not be read, or nobody looked."""
    if setting is None or setting.state is State.UNREADABLE:
        return None
    return setting.value or setting.state.value if setting.state is not State.ABSENT else ABSENT


def setting_state(setting: Setting | None) -> Value:
    """``on``, ``off`` or ``absent``, whatever its value; None when it could not be read, or nobody looked."""
    return None if setting is None or setting.state is State.UNREADABLE else setting.state.value


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """Yes as soon as one is, no when all are; otherwise not known."""
    found: bool | None = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            found = None
    return found


def all_of(answers: Iterable[bool | None]) -> bool | None:
    """No as soon as one is, yes when all are; otherwise not known."""
    found: bool | None = True
    for answer in answers:
        if answer is None:
            found = None
        elif not answer:
            return False
    return found


def share(answers: Sequence[bool | None]) -> Value:
    """For how many it is so: ``all``, ``some``, ``none``, or ``absent`` when there is nothing to ask."""
    if not answers:
        return ABSENT
    if True in answers and False in answers:
        return SOME
    return None if None in answers else ALL if answers[0] else NONE


def smallest(numbers: Sequence[float | None]) -> float | None:
    """The least one; None when one of them is not known, or there is none."""
    known = [each for each in numbers if each is not None]
    return min(known) if known and len(known) == len(numbers) else None


def agreed(texts: Iterable[Value]) -> Value:
    """The one value that all have; None when they differ, or none is known."""
    found = set(texts)
    return found.pop() if len(found) == 1 else None
