"""The tables of an evidence file as a case: defaults filled in, and values that make no sense refused."""

from collections.abc import Callable
from typing import TypeVar

from barwatch_agent.triage.entry import AlsoEntry, BarEntry, EvidenceEntry, HopEntry, ReadEntry
from barwatch_agent.triage.hexlines import parse_config
from barwatch_proto.pci import all_ones
from barwatch_proto.topology import Bar, Window
from barwatch_proto.triage import Case, CaseRead, Hop
from barwatch_proto.words import Access, Outcome

ERROR_BITS = {  # PCIe Base Spec 6.0, 7.8.4.2 Uncorrectable Error Status
    "data_link_protocol": 4,
    "surprise_down": 5,
    "poisoned_tlp": 12,
    "flow_control_protocol": 13,
    "completion_timeout": 14,
    "completer_abort": 15,
    "unexpected_completion": 16,
    "receiver_overflow": 17,
    "malformed_tlp": 18,
    "ecrc": 19,
    "unsupported_request": 20,
    "acs_violation": 21,
    "internal_error": 22,
}
Entry = TypeVar("Entry")
Made = TypeVar("Made")


class Wrong(ValueError):
    """A value that fits its type and makes no sense; the text says which key and why."""


def as_case(entry: EvidenceEntry) -> Case:
    """The case.

    Raises:
        Wrong: a value fits its type and makes no sense.
    """
    if entry.read.outcome is Outcome.OK:
        msg = "read.outcome: a read that is ok needs no triage"
        raise Wrong(msg)
    read = _case_read(entry.read, "read")
    return Case(
        read=read,
        others=tuple(_other(also, entry.read, f"also[{at}]") for at, also in enumerate(entry.also)),
        route=tuple(_hop(hop, f"hop[{at}]") for at, hop in enumerate(entry.hop)),
        mapped_start=entry.mapped_start,
        is_virtual_machine=entry.virtual_machine,
    )


def _other(also: AlsoEntry, read: ReadEntry, key: str) -> CaseRead:
    """Without a place of its own it is the same register; a canary or an expected value belongs to a register."""
    access = also.access or read.access
    is_same = also.register is None and also.bar is None and also.offset is None
    if is_same and (access is Access.CONFIG) != (read.access is Access.CONFIG):
        msg = f"{key}: another access than [read] in another space: say register, bar or offset"
        raise Wrong(msg)
    home = read.bar if access is not Access.CONFIG and read.access is not Access.CONFIG else None
    full = ReadEntry(
        access=access,
        outcome=also.outcome,
        register=read.register if is_same else also.register or "",
        bar=home if also.bar is None else also.bar,
        offset=read.offset if is_same else also.offset or 0,
        width=also.width or read.width,
        value=also.value,
        reason=also.reason,
        canary=read.canary if also.canary is None and is_same else bool(also.canary),
        expect=read.expect if also.expect is None and is_same else also.expect,
        at_ns=also.at_ns,
    )
    return _case_read(full, key)


def _case_read(entry: ReadEntry, key: str) -> CaseRead:
    ones = all_ones(entry.width)
    value, expect = _number(entry.value, f"{key}.value"), _number(entry.expect, f"{key}.expect")
    if entry.access is Access.CONFIG and entry.bar is not None:
        msg = f"{key}.bar: configuration space has no BAR"
        raise Wrong(msg)
    if entry.offset % entry.width:
        msg = f"{key}.offset: {entry.offset:#x} is no multiple of width {entry.width}"
        raise Wrong(msg)
    for name, number in (("value", value), ("expect", expect)):
        if number is not None and number > ones:
            msg = f"{key}.{name}: {number:#x} does not fit into {entry.width} bytes"
            raise Wrong(msg)
    if value is not None and (value == ones) != (entry.outcome is Outcome.ALL_ONES) and expect != ones:
        msg = f"{key}.outcome: {entry.outcome.value} does not go with the value {value:#x}"
        raise Wrong(msg)
    return CaseRead(
        access=entry.access,
        outcome=entry.outcome,
        register=entry.register,
        bar=entry.bar,
        offset=entry.offset,
        width=entry.width,
        value=value,
        reason=entry.reason,
        is_canary=entry.canary,
        is_expected=expect is not None and expect != ones,
        taken_at_ns=entry.at_ns,
    )


def _number(value: int | str | None, key: str) -> int | None:
    """TOML numbers end at 63 bits; a value of eight bytes is text."""
    if not isinstance(value, str):
        return value
    try:
        return int(value, 16)
    except ValueError as exc:
        msg = f'{key}: {value[:40]!r} is no number; eight bytes are written as "0xffffffffffffffff"'
        raise Wrong(msg) from exc


def _hop(entry: HopEntry, key: str) -> Hop:
    errors = entry.uncorrectable_errors
    return Hop(
        name=entry.name,
        config=_config(entry.config, f"{key}.config"),
        config_after=_config(entry.config_after, f"{key}.config_after"),
        port_type=entry.kind,
        vendor_id=entry.vendor_id,
        is_gone=entry.gone,
        power_state=entry.power_state,
        runtime_status=entry.runtime_status,
        driver=entry.driver,
        is_memory_decoding=entry.memory_decoding,
        is_link_active=entry.link_active,
        is_slot_occupied=entry.slot_occupied,
        is_dpc_triggered=entry.dpc_triggered,
        bars=_each(entry.bar, _bar),
        bar_registers=_bar_registers(entry, f"{key}.bar_registers"),
        windows=_each(entry.window, lambda window: Window(window.kind, window.start, window.end)),
        do_siblings_answer=entry.siblings_answer,
        uncorrectable_status=None if errors is None else sum(1 << ERROR_BITS[name] for name in set(errors)),
        correctable_rise=entry.correctable_rise,
        uncorrectable_rise=entry.uncorrectable_rise,
    )


def _each(entries: tuple[Entry, ...] | None, made: Callable[[Entry], Made]) -> tuple[Made, ...] | None:
    return None if entries is None else tuple(made(entry) for entry in entries)


def _bar(entry: BarEntry) -> Bar:
    return Bar(entry.index, entry.kind, entry.prefetchable, entry.length, entry.start)


def _bar_registers(entry: HopEntry, key: str) -> tuple[tuple[int, int], ...] | None:
    if entry.bar_registers is None:
        return None
    for index in entry.bar_registers:
        if index not in {"0", "1", "2", "3", "4", "5"}:
            msg = f"{key}.{index[:20]}: BARs are numbered 0 to 5"
            raise Wrong(msg)
    return tuple((int(index), address & ~0xF) for index, address in entry.bar_registers.items())


def _config(text: str, key: str) -> bytes:
    try:
        return parse_config(text)
    except ValueError as exc:
        msg = f"{key}: {exc}"
        raise Wrong(msg) from exc
