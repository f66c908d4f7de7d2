"""Attributes of a route: the address windows of its bridges, and how the function's memory BARs lie in them."""

from collections.abc import Callable

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.bars import unless_resizable
from barwatch_collector.attributes.sources import route as told
from barwatch_collector.attributes.values import ABSENT, all_of, any_of, number, share, smallest, switch
from barwatch_collector.attributes.way import NO_CONFIG, Way, Windows, is_unread
from barwatch_proto.pci import FOUR_GIB, WindowKind
from barwatch_proto.topology import Bar, Function, Window

SUBTRACTIVE = 0x060401  # forwards what nobody else claims; PCI Code and ID Assignment Specification 1.14, 1.7

MEMORY, PREFETCHABLE = WindowKind.MEMORY, WindowKind.PREFETCHABLE


def _share(way: Way, question: Callable[[Function, Window], bool | None]) -> Value:
    """For how many bridges the prefetchable window is open and such."""
    if not way.is_whole:
        return None
    of_bridges = zip(way.bridges, way.windows[PREFETCHABLE], strict=True)
    return share([None if found is None else any_of(question(bridge, each) for each in found)
                  for bridge, found in of_bridges])  # fmt: skip


def _is_64bit(bridge: Function, window: Window) -> bool | None:
    """Windows tells where a window is and not how wide its registers are: below 4 GiB it may be either."""
    return window.is_64bit or (None if is_unread(bridge, NO_CONFIG) else False)


def _smallest(way: Way, kind: WindowKind) -> float | None:
    """Bytes; 0 when a bridge has closed it."""
    if not way.is_whole:
        return None
    return smallest([None if each is None else sum(map(_length, each)) for each in way.windows[kind]])


def _length(window: Window) -> int:
    return window.end - window.start + 1


def _inside(way: Way) -> Value:
    if way.memory_bars is None or not way.is_whole:
        return None
    bars = [bar for bar in way.memory_bars if bar.start is not None]
    if not bars or not way.bridges:
        return ABSENT
    return switch(all_of(_forwards(way, at, bar) for at in range(len(way.bridges)) for bar in bars))


def _forwards(way: Way, at: int, bar: Bar) -> bool | None:
    """Whether the bridge at this place of the route forwards all of the BAR."""
    if way.bridges[at].class_code == SUBTRACTIVE:
        return True
    return any_of((_holds(way.windows[MEMORY][at], bar), _holds(way.windows[PREFETCHABLE][at], bar)))


def _holds(windows: Windows, bar: Bar) -> bool | None:
    """Whether one of the windows holds all of a BAR; none holds one without an address."""
    if bar.start is None:
        return False
    if windows is None:
        return None
    last = bar.start + bar.length_bytes - 1
    return any(window.start <= bar.start and last <= window.end for window in windows)


def _misplaced(way: Way, kind: WindowKind, *, prefetchable: bool) -> Value:
    """Whether some BAR of one sort lies in a window of the other."""
    if way.memory_bars is None:
        return None
    suspects = [bar for bar in way.memory_bars if bar.is_prefetchable is prefetchable]
    answers = [_holds(windows, bar) for bar in suspects for windows in way.windows[kind]]
    return switch(any_of(answers if way.is_whole or not suspects else [*answers, None]))


def _resizable_fits(way: Way) -> Value:
    """Whether the route has room for the function's BARs at the largest sizes that they offer."""
    if way.memory_bars is None or not way.is_whole:
        return None
    if not way.bridges:
        return ABSENT
    sizes = [bar.resizable_bytes[-1] for bar in way.memory_bars if bar.resizable_bytes]
    if not sizes:
        return unless_resizable(way)
    room = _smallest(way, PREFETCHABLE)
    return None if room is None else switch(max(sizes) <= room)


# fmt: off
WINDOWS: tuple[Row[Way], ...] = (
    Row("route_prefetchable_windows", Form.WORD, 0.4, None, lambda way: _share(way, lambda *_: True),
        "How many bridges above have their prefetchable window open: all, some, none; absent on a root bus.",
        told.WINDOWS),
    Row("route_windows_64bit", Form.WORD, 0.4, "route_prefetchable_windows",
        lambda way: _share(way, _is_64bit),
        "How many bridges above have an open prefetchable window of 64 bits: all, some, none; absent on a root bus.",
        told.WIDE_WINDOWS),
    Row("route_windows_above_4g", Form.WORD, 0.6, "route_windows_64bit",
        lambda way: _share(way, lambda _, window: window.start >= FOUR_GIB),
        "How many bridges above have their prefetchable window above 4 GiB: all, some, none; absent on a root bus.",
        told.WINDOWS),
    Row("route_prefetchable_window_bytes", Form.NUMBER, 0.5, "route_prefetchable_windows",
        lambda way: number(_smallest(way, PREFETCHABLE)),
        "Length of the smallest prefetchable window on the route; 0 when a bridge has it closed.", told.WINDOWS),
    Row("route_memory_window_bytes", Form.NUMBER, 0.4, None,
        lambda way: number(_smallest(way, MEMORY)),
        "Length of the smallest memory window, not prefetchable, on the route; 0 when a bridge has it closed.",
        told.WINDOWS),
    Row("bars_inside_windows", Form.SWITCH, 1.0, None, _inside,
        "Every memory BAR lies inside an open window of every bridge above; absent without bridges or assigned BARs.",
        told.BARS_IN_WINDOWS),
    Row("prefetchable_bar_in_memory_window", Form.SWITCH, 0.7, None,
        lambda way: _misplaced(way, MEMORY, prefetchable=True),
        "A prefetchable BAR lies in a memory window of a bridge, which is not prefetchable.", told.BARS_IN_WINDOWS),
    Row("plain_bar_in_prefetchable_window", Form.SWITCH, 0.8, None,
        lambda way: _misplaced(way, PREFETCHABLE, prefetchable=False),
        "A BAR that is not prefetchable lies in a prefetchable window of a bridge, which may read ahead.",
        told.BARS_IN_WINDOWS),
    Row("resizable_bar_fits_route", Form.SWITCH, 0.5, "resizable_bar", _resizable_fits,
        "The largest size that a BAR offers fits into the prefetchable windows above; absent where none is resizable.",
        told.RESIZABLE_IN_WINDOWS),
)
# fmt: on
