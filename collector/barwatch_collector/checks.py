"""What a batch must be before it may be stored: no I/O. The codec has limited counts and lengths before."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import TypeVar

from barwatch_proto.snapshot import Snapshot
from barwatch_proto.telemetry import GAP_CAUSES, Batch, Episode, Gap, Hello, RawBlock, Series
from barwatch_proto.topology import Function, FunctionState

MAX_SERIES = 1_000_000  # largest number of a series: a thousand registers on a thousand functions
MAX_ID = (1 << 31) - 1  # largest number of an episode or a gap
MAX_COUNT = (1 << 63) - 1  # SQL has no unsigned 64-bit integers
MAX_TIME_NS = 7_258_118_400_000_000_000  # 2200-01-01; a clock that is merely wrong shows as the host's clock skew
MAX_DEVICE_ID = 0xFFFF
MAX_CLASS_CODE = 0xFFFFFF
WIDTHS = {1, 2, 4, 8}
SNAPSHOT_ID = re.compile(r"[0-9a-f]{32}")

# Longest text, in characters, of what is looked up or shown in columns; other text is limited by the codec alone.
HELLO_TEXTS = {"hostname": 255, "agent_version": 64, "system": 16, "hardware_uuid": 64}
HOST_TEXTS = {"hostname": 255, "system": 16, "hardware_uuid": 64, "machine_vendor": 255, "machine_model": 255}
FUNCTION_TEXTS = {"key": 16}
SETTING_TEXTS = {"name": 64}
STATE_TEXTS = {"key": 16, "power_state": 16, "runtime_status": 16}
SERIES_TEXTS = {"snapshot_id": 32, "function_key": 16, "topology": 16, "register": 64}

T = TypeVar("T")
_COUNTS = attrgetter("ok", "all_ones", "mismatch", "denied", "unreachable", "fault", "skipped")


def hello_objection(hello: Hello) -> str | None:
    """Why a Hello cannot be taken; None: it can."""
    if not 0 < hello.sent_at_ns < MAX_TIME_NS:
        return f"sent_at_ns is {hello.sent_at_ns}, which is not a time between 1970 and 2200; set the agent's clock"
    return next(_texts("hello", hello, HELLO_TEXTS), None)


def batch_objection(batch: Batch) -> str | None:
    """Why a batch cannot be taken, the first reason of many; None: it can."""
    return next(_objections(batch), None)


def _objections(batch: Batch) -> Iterator[str]:
    if not 0 < batch.sequence <= MAX_COUNT:
        yield f"sequence is {batch.sequence}; it counts from 1"
    yield from _counters(batch)
    yield from _each("snapshots", batch.snapshots, _snapshot)
    yield from _each("series", batch.series, _series)
    yield from _each("episodes", batch.episodes, _episode)
    yield from _each("gaps", batch.gaps, _gap)
    yield from _each("blocks", batch.blocks, _block)
    yield from _each("states", batch.states, _state)


def _each(name: str, items: Iterable[T], check: Callable[[str, T], Iterator[str]]) -> Iterator[str]:
    for place, item in enumerate(items):
        yield from check(f"{name}[{place}]", item)


def _counters(batch: Batch) -> Iterator[str]:
    if not batch.counters:
        return
    if batch.counted_until_ns is None:
        yield "counters without counted_until_ns"
    else:
        yield from _times("batch", batch, ("counted_until_ns",))
    for run in batch.counters:  # the one loop here that runs at the rate of the counters
        last = run.first_series + run.length - 1
        if run.first_series < 1 or last < run.first_series or last > MAX_SERIES:
            yield f"counters: {run.length} series from number {run.first_series}; numbers go from 1 to {MAX_SERIES}"
        if max(_COUNTS(run.counts)) > MAX_COUNT:
            yield f"counters: a count of series {run.first_series} is larger than {MAX_COUNT}"


def _snapshot(where: str, snapshot: Snapshot) -> Iterator[str]:
    yield from _times(where, snapshot, ("taken_at_ns",))
    if SNAPSHOT_ID.fullmatch(snapshot.id) is None:
        yield f"{where}: id {snapshot.id[:64]!r} is not 32 hexadecimal digits"
    yield from _texts(f"{where}.host", snapshot.host, HOST_TEXTS)
    yield from _each(f"{where}.functions", snapshot.topology.functions, _function)
    yield from _each(f"{where}.states", snapshot.states, _state)
    for place, setting in enumerate(snapshot.settings):
        yield from _texts(f"{where}.settings[{place}]", setting, SETTING_TEXTS)


def _function(where: str, function: Function) -> Iterator[str]:
    yield from _texts(where, function, FUNCTION_TEXTS)
    if max(function.vendor, function.device) > MAX_DEVICE_ID or function.class_code > MAX_CLASS_CODE:
        yield f"{where}: {function.ids} of class {function.class_code:06x} is no PCI function"


def _series(where: str, series: Series) -> Iterator[str]:
    yield from _texts(where, series, SERIES_TEXTS)
    if not 0 < series.id <= MAX_SERIES:
        yield f"{where}: number {series.id}; series are numbered from 1 to {MAX_SERIES}"
    if series.width not in WIDTHS or series.offset > MAX_COUNT or not 0 <= (series.bar or 0) <= MAX_ID:
        yield f"{where}: {series.width} bytes at offset {series.offset:#x} of BAR {series.bar} cannot be read"


def _episode(where: str, episode: Episode) -> Iterator[str]:
    yield from _number(where, episode.id)
    yield from _times(where, episode, ("opened_at_ns", "last_at_ns", "closed_at_ns"))
    if episode.reads > MAX_COUNT:
        yield f"{where}: a count is larger than {MAX_COUNT}"


def _gap(where: str, gap: Gap) -> Iterator[str]:
    yield from _number(where, gap.id)
    yield from _times(where, gap, ("from_ns", "to_ns"))
    if gap.cause not in GAP_CAUSES:
        yield f"{where}: cause {gap.cause[:32]!r} is none of {', '.join(GAP_CAUSES)}"
    if gap.lost > MAX_COUNT:
        yield f"{where}: a count is larger than {MAX_COUNT}"


def _block(where: str, block: RawBlock) -> Iterator[str]:
    yield from _times(where, block, ("first_at_ns",))
    lengths = {len(block.offsets_ns), len(block.outcomes), len(block.values)}
    if len(lengths) != 1:
        yield f"{where}: offsets, outcomes and values are {sorted(lengths)} long; they must be equally long"
    if block.offsets_ns and block.first_at_ns + max(block.offsets_ns) >= MAX_TIME_NS:
        yield f"{where}: an offset leads beyond 2200"


def _state(where: str, state: FunctionState) -> Iterator[str]:
    yield from _texts(where, state, STATE_TEXTS)
    yield from _times(where, state, ("taken_at_ns",))
    counts = (state.aer_correctable, state.aer_nonfatal, state.aer_fatal)
    if max(count or 0 for count in counts) > MAX_COUNT or (state.link_width or 0) > MAX_ID:
        yield f"{where}: a count is larger than {MAX_COUNT}"


def _number(where: str, number: int) -> Iterator[str]:
    if not 0 < number <= MAX_ID:
        yield f"{where}: number {number}; they are numbered from 1 to {MAX_ID}"


def _times(where: str, item: object, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        time_ns = getattr(item, name)
        if time_ns is not None and not 0 < time_ns < MAX_TIME_NS:
            yield f"{where}: {name} is {time_ns}, which is not a time between 1970 and 2200"


def _texts(where: str, item: object, longest: Mapping[str, int]) -> Iterator[str]:
    for name, most in longest.items():
        text = getattr(item, name)
        if text is not None and len(text) > most:
            yield f"{where}: {name} is {len(text)} characters long, at most {most} are taken"
        if text is not None and "\x00" in text:
            yield f"{where}: {name} holds a NUL character"
