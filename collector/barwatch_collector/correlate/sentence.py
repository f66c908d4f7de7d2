"""What a finding says in one sentence (step 21)."""

from collections.abc import Sequence

from barwatch_collector.correlate.finding import Alternative, Side

LEVEL = 0.05  # familywise
FEWEST_FAILING = 2
MOST_NAMED = 3  # alternatives in a sentence


def sentence_of(
    text: str, unit_word: str, sides: tuple[Side, Side, Side | None], alternatives: Sequence[Alternative]
) -> str:
    """``fails on 11/12 hosts when access=user AND behind=box; 1/148 otherwise; NOT distinguished from dock=XYZ``.

    Of the sides, inside, outside and unknown, the last one is a part of the second.
    """
    inside, outside, unknown = (f"{side.failing}/{side.units}" if side else "" for side in sides)
    left_open = f" (of these {unknown} where a value is not known)" if unknown else ""
    said = f"fails on {inside} {unit_word}s when {text}; {outside} otherwise{left_open}"
    same = [one.text for one in alternatives if one.has_same_rows]
    if not same:
        return said
    more = f" and {len(same) - MOST_NAMED} more" if len(same) > MOST_NAMED else ""
    return f"{said}; NOT distinguished from {', '.join(same[:MOST_NAMED])}{more}"


def conclusion_of(found: int, candidates: int, sizes: tuple[int, int], least: float, unit_word: str) -> str:
    """What all of it comes to."""
    units, failing = sizes
    if failing < FEWEST_FAILING:
        return _too_few(units, failing, unit_word)
    if failing == units and least == 1 and not found:
        return f"all {units} {unit_word}s fail: there is none to compare them with"
    if found:
        return f"{found} explanation{'s' if found > 1 else ''} for failures on {failing} of {units} {unit_word}s"
    if least > LEVEL:
        return f"undecidable: {units} {unit_word}s of which {failing} fail cannot give a p below {least:.2g}"
    if candidates:
        return f"undecidable: what fits best to {failing} failing of {units} {unit_word}s may be chance"
    return f"{failing} of {units} {unit_word}s fail, and no configuration explains it better than chance does"


def _too_few(units: int, failing: int, unit_word: str) -> str:
    if not units:
        return "the table has no observations with an outcome"
    if failing:
        return f"only one of {units} {unit_word}s fails: there is nothing that failing {unit_word}s could share"
    return f"nothing fails on {units} {unit_word}s"
