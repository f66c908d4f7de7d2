"""PCI Express errors that the firmware or the hardware corrected, as Windows logged them since it was started.

Windows keeps no counter that a program may read; it writes an event for an error, and leaves some out when there are
many. So this is a number of events: a rise means errors, and no rise does not mean none.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from barwatch_agent.windows.calls import POINTER, U16, U32, Libraries, bound, last_error
from barwatch_agent.windows.facts import Fact, Refusal

CORRECTED = 17  # Microsoft-Windows-WHEA-Logger: a corrected error of a PCI Express function or port
QUERY = (
    "*[System[Provider[@Name='Microsoft-Windows-WHEA-Logger'] and EventID={event} and "
    "TimeCreated[timediff(@SystemTime) <= {milliseconds}]]]"
)
CHANNEL_PATH, NEWEST_FIRST = 0x1, 0x200  # EvtQueryChannelPath, EvtQueryReverseDirection
AS_XML = 1  # EvtRenderEventXml
NO_MORE = 259  # ERROR_NO_MORE_ITEMS
MAX_EVENTS = 2_000  # that are looked at; an avalanche is one finding, not a million
MAX_XML_BYTES = 64 * 1024
AT_ONCE = 64
NO_LIBRARY = Refusal(0x7E, "this Windows has no wevtapi.dll")
FIELD = re.compile(r"<Data Name=['\"](Segment|Bus|Device|Function)['\"]>(0x[0-9a-fA-F]{1,8}|\d{1,9})</Data>")
PLACE = ("Segment", "Bus", "Device", "Function")
LIMITS = (0xFFFFFFFF, 0xFF, 0x1F, 0x7)


def corrected_errors(libraries: Libraries) -> Fact:
    """A line of address and number of events for each function that has some, sorted."""
    if libraries.wevtapi is None:
        return NO_LIBRARY
    uptime = bound(libraries.kernel32, "GetTickCount64", ctypes.c_uint64)
    query = QUERY.format(event=CORRECTED, milliseconds=uptime())
    ask = bound(libraries.wevtapi, "EvtQuery", POINTER, POINTER, ctypes.c_wchar_p, ctypes.c_wchar_p, U32)
    found = ask(None, "System", query, CHANNEL_PATH | NEWEST_FIRST)
    if not found:
        return Refusal(last_error(), "EvtQuery")
    try:
        return counted(_events(libraries, found))
    finally:
        _close(libraries, found)


def counted(events: Iterable[str]) -> bytes:
    """Events of each address, from the XML of each."""
    addresses = (address_of(event) for event in events)
    totals = Counter(address for address in addresses if address is not None)
    return "".join(f"{address} {count}\n" for address, count in sorted(totals.items())).encode()


def address_of(event: str) -> str | None:
    """Domain, bus, device and function that an event names; None when it names none that there can be."""
    fields = {name: int(text, 0) for name, text in FIELD.findall(event)}
    place = [fields.get(name, 0 if name == "Segment" else -1) for name in PLACE]
    if any(not 0 <= part <= limit for part, limit in zip(place, LIMITS, strict=True)):
        return None
    domain, bus, device, function = place
    return f"{domain:04x}:{bus:02x}:{device:02x}.{function:x}"


def _events(libraries: Libraries, query: int) -> Iterator[str]:
    follow = bound(
        libraries.wevtapi, "EvtNext", U32, POINTER, U32, ctypes.POINTER(POINTER), U32, U32, ctypes.POINTER(U32)
    )
    handles, count = (POINTER * AT_ONCE)(), U32()
    for _ in range(0, MAX_EVENTS, AT_ONCE):
        if not follow(query, AT_ONCE, handles, 0, 0, ctypes.byref(count)):
            if last_error() != NO_MORE:
                raise OSError(0, f"EvtNext answers {last_error()}")
            return
        for handle in handles[: count.value]:
            try:
                yield _rendered(libraries, handle)
            finally:
                _close(libraries, handle)


def _rendered(libraries: Libraries, event: int | None) -> str:
    render = bound(libraries.wevtapi, "EvtRender", U32, POINTER, POINTER, U32, U32, POINTER, *[ctypes.POINTER(U32)] * 2)
    buffer, used, properties = (U16 * (MAX_XML_BYTES // 2))(), U32(), U32()
    if not render(None, event, AS_XML, MAX_XML_BYTES, buffer, ctypes.byref(used), ctypes.byref(properties)):
        return ""
    return bytes(buffer)[: used.value].decode("utf-16-le", errors="replace")


def _close(libraries: Libraries, handle: int | None) -> None:
    bound(libraries.wevtapi, "EvtClose", U32, POINTER)(handle)
