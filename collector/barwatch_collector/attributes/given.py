"""Attributes of a route: what the host gives to the function at its end. They stay when the function is moved.

Addresses are no attributes; on which side of 4 GiB they are is one.
"""

from collections.abc import Callable

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.bars import of_any, of_first, unless_resizable
from barwatch_collector.attributes.shape import bound_driver
from barwatch_collector.attributes.sources import route as told
from barwatch_collector.attributes.values import ABSENT, any_of, number, switch
from barwatch_collector.attributes.way import Way, is_unread
from barwatch_proto.topology import Bar

PAGE = 4096  # bytes: the least that can be mapped into a process


def _driver_version(way: Way) -> Value:
    """Linux tells the version of every driver that has one."""
    function = way.function
    is_told = way.around.system == "linux" and not is_unread(function, "driver")
    return function.driver_version or (ABSENT if is_told or bound_driver(function) == ABSENT else None)


def _unassigned(way: Way) -> Value:
    """Windows lists what it assigned: a BAR without an address is not in the list."""
    return of_any(way, lambda bar: bar.start is None) if way.around.system == "linux" else None


def _shares_page(bar: Bar) -> bool:
    return bar.length_bytes % PAGE > 0 or (bar.start or 0) % PAGE > 0


def _resizable(way: Way) -> Value:
    if way.memory_bars is None:
        return None
    offers = [bar for bar in way.memory_bars if bar.resizable_bytes]
    if not offers:
        return unless_resizable(way)
    return "largest" if all(bar.length_bytes >= bar.resizable_bytes[-1] for bar in offers) else "smaller"


def _of_group(way: Way, answer: Callable[[int], Value]) -> Value:
    """What the IOMMU group answers; absent where Linux shows none: without an IOMMU there are no groups."""
    function = way.function
    if function.iommu_group is not None:
        return answer(function.iommu_group)
    is_told = way.around.system == "linux" and not is_unread(function, "iommu_group")
    return ABSENT if is_told else None


def _group_functions(way: Way) -> int | None:
    group = way.function.iommu_group
    return None if group is None else way.around.in_group[group]


def _bridge_in_group(way: Way, group: int) -> Value:
    groups = way.asked_bridges(lambda bridge: None if bridge.iommu_group is None else bridge.iommu_group == group)
    return switch(any_of(groups))


# fmt: off
GIVEN: tuple[Row[Way], ...] = (
    Row("bound_driver", Form.WORD, 0.5, None, lambda way: bound_driver(way.function),
        "The driver bound to the function; absent when none is.", told.DRIVER),
    Row("bound_driver_version", Form.WORD, 0.3, "bound_driver", _driver_version,
        "Version of the driver that is bound; absent where none is, and for most that come with the Linux kernel.",
        told.DRIVER_VERSION),
    Row("d3cold_allowed", Form.SWITCH, 0.5, None, lambda way: switch(way.function.is_d3cold_allowed),
        "The function may be put into D3cold.", told.D3COLD_ITSELF),
    Row("max_read_request_bytes", Form.NUMBER, 0.2, None, lambda way: number(way.function.max_read_request_bytes),
        "Max Read Request Size that is programmed.", told.READ_REQUEST),
    Row("ari_enabled", Form.SWITCH, 0.2, None, lambda way: switch(way.function.is_ari_enabled),
        "Alternative Routing-ID Interpretation is on where the function is: there may be functions beyond number 7.",
        told.ARI),
    Row("any_bar_above_4g", Form.SWITCH, 0.6, None, lambda way: of_any(way, lambda bar: bar.is_above_4g),
        "Some memory BAR of the function begins above 4 GiB; absent without one.", told.BAR_ADDRESSES),
    Row("first_bar_above_4g", Form.SWITCH, 0.6, "any_bar_above_4g",
        lambda way: of_first(way, lambda bar: bar.is_above_4g),
        "The first memory BAR begins above 4 GiB; absent without one.", told.BAR_ADDRESSES),
    Row("any_bar_unassigned", Form.SWITCH, 0.8, None, _unassigned,
        "Some memory BAR of the function has no address; absent without one.", told.UNASSIGNED),
    Row("any_bar_shares_page", Form.SWITCH, 0.5, None, lambda way: of_any(way, _shares_page),
        "Some memory BAR does not fill whole pages of 4 KiB: what maps it sees its neighbour; absent without one.",
        told.BAR_ADDRESSES),
    Row("resizable_bar", Form.WORD, 0.6, None, _resizable,
        "Resizable BARs of the function have the largest size that they offer, or a smaller one; absent: none is.",
        told.RESIZABLE),
    Row("iommu_group_shared", Form.SWITCH, 0.5, None,
        lambda way: _of_group(way, lambda group: switch(way.around.in_group[group] > 1)),
        "Another function of the host is in the same IOMMU group; absent where there are no groups.", told.IOMMU_GROUP),
    Row("iommu_group_functions", Form.NUMBER, 0.3, "iommu_group_shared", lambda way: number(_group_functions(way)),
        "Functions in the IOMMU group.", told.IOMMU_GROUP),
    Row("iommu_group_of_bridge", Form.SWITCH, 0.4, "iommu_group_shared",
        lambda way: _of_group(way, lambda group: _bridge_in_group(way, group)),
        "A bridge above is in the same IOMMU group as the function; absent where there are no groups.",
        told.IOMMU_GROUP),
)
# fmt: on
