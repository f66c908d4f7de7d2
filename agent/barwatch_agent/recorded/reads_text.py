"""The reads of a recorded host as tables of TOML, and back: with evidence, its configuration spaces as dumps."""

import dataclasses
import typing
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from barwatch_agent.errors import ConfigError
from barwatch_agent.recorded.hexdump import from_hexdump, to_hexdump
from barwatch_agent.recorded.series import RecordedReads, RecordedSeries, Run, TakenEvidence
from barwatch_agent.recorded.toml_text import table
from barwatch_proto.pci import Address
from barwatch_proto.plain import to_plain
from barwatch_proto.snapshot import Setting
from barwatch_proto.telemetry import Evidence
from barwatch_proto.words import Access, Outcome, Record

T = TypeVar("T", Setting, Evidence)

MAX_CONFIG = 4096  # bytes: PCIe Base Spec 6.0, 7.2
SKIPPED = "skipped"  # in place of an outcome: left out by the circuit breaker


class DueTable(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """When registers of one period were due."""

    every_s: float
    passes: list[int] = []


class RunTable(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Reads in a row that came to the same."""

    outcome: str
    count: int | None = None  # None: as many as there are values, and 1 where there is none
    value: int | None = None
    values: list[int] = []
    reason: str | None = None


class SeriesTable(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One register of one function by one access."""

    function: str
    register: str
    access: Access
    offset: int
    width: int
    runs: list[RunTable] = []
    bar: int | None = None
    every_s: float = 1.0
    expect: int | None = None
    mask: int | None = None
    canary: bool = False
    record: Record = Record.COUNTERS
    problem: str | None = None


class ReadsTable(msgspec.Struct, forbid_unknown_fields=True):
    """All that is recorded of reads."""

    began_at_ns: int
    taken_us: dict[Access, list[int]]
    due: list[DueTable] = []
    way_in: list[dict[str, Any]] = []
    series: list[SeriesTable] = []
    evidence: list[dict[str, Any]] = []


def reads_sections(reads: RecordedReads) -> Iterator[list[str]]:
    """The lines of each table."""
    yield from table("reads", {"began_at_ns": reads.began_at_ns})
    yield from table("reads.taken_us", {access.value: list(times) for access, times in reads.taken_us.items()})
    for every_s, passes in reads.due.items():
        yield from table("reads.due", {"every_s": every_s, "passes": list(passes)}, is_array=True)
    for setting in reads.ways_in:
        yield from table("reads.way_in", to_plain(setting), is_array=True)
    for series in reads.series:
        yield from table("reads.series", _series_content(series), is_array=True)
    for taken in reads.evidence:
        yield from table("reads.evidence", _evidence_content(taken), is_array=True)


def reads_of(content: ReadsTable) -> RecordedReads:
    """The reads that the tables say.

    Raises:
        ConfigError: they are not of this form, or do not fit together.
    """
    try:
        return RecordedReads(
            began_at_ns=content.began_at_ns,
            taken_us={access: tuple(times) for access, times in content.taken_us.items()},
            due={each.every_s: tuple(each.passes) for each in content.due},
            ways_in=tuple(_strict(each, Setting) for each in content.way_in),
            series=tuple(_series(each) for each in content.series),
            evidence=tuple(_taken(each) for each in content.evidence),
        )
    except (ValueError, TypeError, msgspec.MsgspecError) as exc:
        msg = f"reads: {exc}"
        raise ConfigError(msg) from exc


def _series_content(series: RecordedSeries) -> dict[str, Any]:
    return {
        "function": str(series.function),
        "register": series.register,
        "access": series.access.value,
        "bar": series.bar,
        "offset": series.offset,
        "width": series.width,
        "every_s": series.every_s,
        "expect": series.expect,
        "mask": series.mask,
        "canary": series.is_canary or None,
        "record": None if series.record is Record.COUNTERS else series.record.value,
        "problem": series.problem,
        "runs": [_run_content(run) for run in series.runs],
    }


def _run_content(run: Run) -> dict[str, Any]:
    is_single = len(run.values) == 1
    return {
        "count": run.count if run.count != max(len(run.values), 1) else None,
        "outcome": SKIPPED if run.outcome is None else run.outcome.value,
        "value": run.values[0] if is_single else None,
        "values": None if is_single else list(run.values),
        "reason": run.reason,
    }


def _series(content: SeriesTable) -> RecordedSeries:
    return RecordedSeries(
        function=Address.parse(content.function),
        register=content.register,
        access=content.access,
        bar=content.bar,
        offset=content.offset,
        width=content.width,
        every_s=content.every_s,
        expect=content.expect,
        mask=content.mask,
        is_canary=content.canary,
        record=content.record,
        problem=content.problem,
        runs=tuple(_run(each) for each in content.runs),
    )


def _run(content: RunTable) -> Run:
    values = tuple(content.values) if content.value is None else (content.value, *content.values)
    outcome = None if content.outcome == SKIPPED else Outcome(content.outcome)
    count = max(len(values), 1) if content.count is None else content.count
    return Run(outcome, count, values, content.reason)


def _evidence_content(taken: TakenEvidence) -> dict[str, Any]:
    plain = to_plain(taken.evidence)
    for space in (*plain["route"], *plain["after"]):
        space["data"] = to_hexdump(space["data"]) if space["data"] else None
    return {"taken_in": taken.taken_in, "function": str(taken.function), **plain}


def _taken(content: dict[str, Any]) -> TakenEvidence:
    rest = {key: value for key, value in content.items() if key not in {"taken_in", "function"}}
    for name in ("route", "after"):
        rest[name] = [_space(each) for each in msgspec.convert(rest.get(name, []), list[dict[str, Any]])]
    taken_in, function = msgspec.convert([content.get("taken_in"), content.get("function")], tuple[int, str])
    return TakenEvidence(taken_in, Address.parse(function), _strict(rest, Evidence))


def _space(content: dict[str, Any]) -> dict[str, Any]:
    """A configuration space as the dataclass has it: bytes, and an address in parts."""
    text, address = msgspec.convert([content.get("data", "000:"), content.get("address")], tuple[str, str])
    return {**content, "data": from_hexdump(text, MAX_CONFIG), "address": dataclasses.asdict(Address.parse(address))}


def _strict(content: dict[str, Any], kind: type[T]) -> T:
    """A dataclass from a table that holds its fields and no others; TOML has no None, so what is not there is None."""
    made = msgspec.convert(_completed(content, kind), kind, builtin_types=(bytes,))
    unknown = _unknown(content, dataclasses.asdict(made))
    if unknown is not None:
        msg = f"{kind.__name__} has no {unknown!r}"
        raise ValueError(msg)
    return made


def _completed(content: object, kind: object) -> object:
    """With None for each field that may be None and has no other default, at any depth."""
    inner = next((each for each in typing.get_args(kind) if each is not Ellipsis), None)
    if isinstance(content, list) and typing.get_origin(kind) is tuple:
        return [_completed(each, inner) for each in content]
    if not (isinstance(content, dict) and isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return content
    hints = typing.get_type_hints(kind)
    optional = (field.name for field in dataclasses.fields(kind) if type(None) in typing.get_args(hints[field.name]))
    filled = {key: _completed(value, hints.get(key)) for key, value in content.items()}
    return {**dict.fromkeys(optional), **filled}


def _unknown(given: object, known: object) -> str | None:
    """The first key that is given and not known, at any depth."""
    if isinstance(given, dict) and isinstance(known, dict):
        extra = next((str(key) for key in given if key not in known), None)
        return extra or next((found for key in given if (found := _unknown(given[key], known[key]))), None)
    if isinstance(given, list) and isinstance(known, (list, tuple)):
        return next((found for pair in zip(given, known, strict=True) if (found := _unknown(*pair))), None)
    return None
