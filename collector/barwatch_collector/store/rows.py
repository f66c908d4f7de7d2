"""A batch as rows, table by table: arithmetic, no I/O."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from barwatch_collector.arrivals import Arrival, Lane
from barwatch_collector.store.clocks import believed
from barwatch_collector.store.routes import in_words
from barwatch_proto import codec
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.telemetry import Episode, Gap, RawBlock, Series
from barwatch_proto.topology import FunctionState

Row = dict[str, Any]
Rows = defaultdict[str, list[Row]]  # by the name of the statement that writes them, in the order in which they came

_STATE = (
    "power_state",
    "runtime_status",
    "link_speed_gts",
    "link_width",
    "is_memory_decoding",
    "aer_correctable",
    "aer_nonfatal",
    "aer_fatal",
)


def no_rows() -> Rows:
    """Nothing to write yet."""
    return defaultdict(list)


def add_batch(rows: Rows, arrival: Arrival) -> None:
    """Adds all that a batch comes to, but for its counters and its sequence."""
    lane, batch = arrival.lane, arrival.batch
    key: Row = {"host_id": lane.host_id, "epoch": lane.epoch}
    for snapshot in batch.snapshots:
        _add_snapshot(rows, lane.host_id, snapshot, arrival.received_at_ns)
    rows["function_state"] += [_state(lane.host_id, state) for state in batch.states]
    rows["series"] += [key | _series(series) for series in batch.series]
    rows["episode"] += [key | _episode(episode) for episode in batch.episodes]
    for episode in batch.episodes:
        rows["verdict" if episode.evidence is None else "verdict_by_evidence"].append(key | _verdict(episode))
    rows["gap"] += [key | _gap(gap) for gap in batch.gaps]
    rows["raw_block"] += [key | _block(block) for block in batch.blocks]


def sequence_hole(lane: Lane, first: int, last: int, times: tuple[int, int]) -> Row:
    """The gap of batches that never came, by the collector's clock."""
    gap = Gap(first, "sequence_hole", *times, last - first + 1, f"batches {first} to {last} were not stored")
    return {"host_id": lane.host_id, "epoch": lane.epoch} | _gap(gap) | {"origin": "collector"}


def _add_snapshot(rows: Rows, host_id: int, snapshot: Snapshot, received_at_ns: int) -> None:
    key: Row = {"host_id": host_id, "snapshot_id": snapshot.id}
    rows["snapshot"].append(key | _snapshot(snapshot))
    since_ns = believed(snapshot.taken_at_ns, received_at_ns)
    rows["validity"].append({"host": host_id, "held": snapshot.id, "since": since_ns})
    rows["function"] += [key | function for function in _functions(snapshot)]
    rows["setting"] += [key | _setting(setting) for setting in snapshot.settings]
    rows["function_state"] += [_state(host_id, state) for state in snapshot.states]


def _snapshot(snapshot: Snapshot) -> Row:
    return {
        "taken_at_ns": snapshot.taken_at_ns,
        "machine_vendor": snapshot.host.machine_vendor,
        "machine_model": snapshot.host.machine_model,
        "document": codec.encode(snapshot),
    }


def _setting(setting: Setting) -> Row:
    return {
        "name": setting.name,
        "state": setting.state.value,
        "value": _text(setting.value),
        "source": _text(setting.source),
        "reason": _text(setting.reason),
    }


def _functions(snapshot: Snapshot) -> Iterator[Row]:
    for route in snapshot.topology.routes():
        function = route[-1]
        yield {
            "function_key": function.key,
            "address": str(function.address),
            "topology": topology_fingerprint(route),
            "route": in_words(route),
            "vendor": function.vendor,
            "device": function.device,
            "class_code": function.class_code,
        }


def _state(host_id: int, state: FunctionState) -> Row:
    values = {name: getattr(state, name) for name in _STATE}
    return {"host_id": host_id, "function_key": state.key, "taken_at_ns": state.taken_at_ns} | values


def _series(series: Series) -> Row:
    return {
        "series_id": series.id,
        "snapshot_id": series.snapshot_id,
        "function_key": series.function_key,
        "address": str(series.address),
        "topology": series.topology,
        "register": series.register,
        "access": series.access.value,
        "bar": series.bar,
        "offset": series.offset,
        "width": series.width,
        "expect": _hexadecimal(series.expect),
        "mask": _hexadecimal(series.mask),
        "is_canary": series.is_canary,
    }


def _episode(episode: Episode) -> Row:
    return {
        "episode_id": episode.id,
        "series_id": episode.series,
        "opened_at_ns": episode.opened_at_ns,
        "last_at_ns": episode.last_at_ns,
        "closed_at_ns": episode.closed_at_ns,
        "outcome": episode.outcome.value,
        "reads": episode.reads,
        "value": _hexadecimal(episode.value),
        "reason": _text(episode.reason),
        "evidence": None if episode.evidence is None else codec.encode(episode.evidence),
    }


def _verdict(episode: Episode) -> Row:
    """An empty one: the judge fills it in, and nobody who waits for an acknowledgement waits for that."""
    return {
        "episode_id": episode.id,
        "opened_at_ns": episode.opened_at_ns,
        "evidence_of": None if episode.evidence is None else episode.id,
    }


def _gap(gap: Gap) -> Row:
    return {
        "origin": "agent",
        "gap_id": gap.id,
        "cause": gap.cause,
        "from_ns": gap.from_ns,
        "to_ns": gap.to_ns,
        "lost": gap.lost,
        "detail": _text(gap.detail),
    }


def _block(block: RawBlock) -> Row:
    return {
        "series_id": block.series,
        "first_at_ns": block.first_at_ns,
        "last_at_ns": block.first_at_ns + max(block.offsets_ns, default=0),
        "reads": len(block.offsets_ns),
        "document": codec.encode(block),
    }


def _hexadecimal(number: int | None) -> str | None:
    return None if number is None else f"{number:#x}"


def _text(text: str | None) -> str | None:
    """Text from firmware and operating systems without the one character that PostgreSQL cannot store."""
    return text.replace("\x00", "\ufffd") if text else text
