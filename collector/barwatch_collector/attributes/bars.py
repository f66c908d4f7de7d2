"""Attributes of a function: its memory BARs, wherever they are put."""

from collections.abc import Callable
from functools import partial

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.sources import function as told
from barwatch_collector.attributes.values import ABSENT, any_of, number, switch
from barwatch_collector.attributes.way import Way, has_capability
from barwatch_proto.pci import BarKind
from barwatch_proto.topology import Bar


def of_first(way: Way, question: Callable[[Bar], bool | None]) -> Value:
    """The answer of the first memory BAR."""
    bars = way.memory_bars
    if bars is None:
        return None
    return switch(question(bars[0])) if bars else ABSENT


def of_any(way: Way, question: Callable[[Bar], bool | None]) -> Value:
    """Whether it is so for one memory BAR at least."""
    bars = way.memory_bars
    if bars is None:
        return None
    return switch(any_of(map(question, bars))) if bars else ABSENT


def _is_64bit(way: Way, bar: Bar) -> bool | None:
    return True if bar.kind is BarKind.MEMORY_64 else None if way.has_inferred_bars else False


def unless_resizable(way: Way) -> Value:
    """What is said of the sizes of BARs where none is told: absent where the function cannot offer any."""
    return None if has_capability(way.function, "resizable_bar") is None else ABSENT


def _lengths(way: Way) -> list[int]:
    return [bar.length_bytes for bar in way.memory_bars or ()]


def _largest_offer(way: Way) -> float | None:
    return max((size for bar in way.memory_bars or () for size in bar.resizable_bytes), default=None)


# fmt: off
BARS: tuple[Row[Way], ...] = (
    Row("memory_bars", Form.NUMBER, 0.1, None,
        lambda way: None if way.memory_bars is None else number(len(way.memory_bars)),
        "Memory BARs of the function.", told.BARS),
    Row("largest_bar_bytes", Form.NUMBER, 0.4, None, lambda way: number(max(_lengths(way), default=None)),
        "Length of the function's largest memory BAR.", told.BARS),
    Row("first_bar_bytes", Form.NUMBER, 0.3, None, lambda way: number(next(iter(_lengths(way)), None)),
        "Length of the function's first memory BAR, where most functions have their registers.", told.BARS),
    Row("first_bar_64bit", Form.SWITCH, 0.3, "any_bar_64bit", lambda way: of_first(way, partial(_is_64bit, way)),
        "The first memory BAR has 64 bits; absent without one.", told.BAR_WIDTHS),
    Row("first_bar_prefetchable", Form.SWITCH, 0.6, "any_bar_prefetchable",
        lambda way: of_first(way, lambda bar: bar.is_prefetchable),
        "The first memory BAR is prefetchable; absent without one.", told.BARS),
    Row("any_bar_64bit", Form.SWITCH, 0.3, None, lambda way: of_any(way, partial(_is_64bit, way)),
        "Some memory BAR of the function has 64 bits; absent without one.", told.BAR_WIDTHS),
    Row("any_bar_prefetchable", Form.SWITCH, 0.5, None, lambda way: of_any(way, lambda bar: bar.is_prefetchable),
        "Some memory BAR of the function is prefetchable; absent without one.", told.BARS),
    Row("resizable_bar_largest_bytes", Form.NUMBER, 0.3, None, lambda way: number(_largest_offer(way)),
        "The largest size that a BAR of the function offers.", told.RESIZABLE),
)
# fmt: on
