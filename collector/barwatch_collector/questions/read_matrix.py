"""The read matrix of one host: its functions, and how each register answers to each way in."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, select

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.counting import attempts_of, counted, counts_of, failures_of, name_in_span, total
from barwatch_collector.questions.snapshots import Held
from barwatch_collector.questions.statistics import is_failing
from barwatch_collector.store import schema
from barwatch_proto.class_words import class_in_words, function_in_words
from barwatch_proto.telemetry import Counts
from barwatch_proto.topology import Function
from barwatch_proto.words import Access

Key = tuple[str, str]  # function key and topology: a function that was plugged in elsewhere is told apart


@dataclass(frozen=True, slots=True)
class RegisterReads:
    """One register by one access: a field of the read matrix."""

    register: str
    access: Access
    bar: int | None  # None: configuration space
    offset: int
    width: int
    attempts: int
    failures: int
    is_failing: bool
    reads: Counts


@dataclass(frozen=True, slots=True)
class FunctionReads:
    """One function of the host and how its registers answer."""

    function_key: str
    address: str
    what: str  # its class in words
    ids: str | None  # None: no snapshot lists it
    driver: str | None  # bound driver
    topology: str
    is_present: bool  # in the snapshot that holds at the end of the span
    registers: tuple[RegisterReads, ...]


def function_reads(connection: Connection, host_id: int, asked: Asked, held: Held | None) -> tuple[FunctionReads, ...]:
    """The functions of the host by address, and those that were read in the span and are gone."""
    matrix: dict[Key, list[RowMapping]] = defaultdict(list)
    for row in _matrix(connection, host_id, asked):
        matrix[row["function_key"], row["topology"]].append(row)
    listed = {(row["function_key"], row["topology"]): row for row in _listed(connection, host_id, held)}
    drivers = (
        {function.key: function for function in held.snapshot.topology.functions} if held and held.snapshot else {}
    )
    functions = [
        *(_present(row, drivers.get(key[0]), matrix.get(key, ())) for key, row in listed.items()),
        *(_gone(rows) for key, rows in matrix.items() if key not in listed),
    ]
    return tuple(sorted(functions, key=lambda each: (not each.is_present, each.address, each.function_key)))


def _matrix(connection: Connection, host_id: int, asked: Asked) -> Iterable[RowMapping]:
    rows = counted(asked)
    keys = [rows.c[name] for name in ("function_key", "topology", "register", "access", "bar", "offset", "width")]
    sums = (total(rows.c[name_in_span(name)]).label(name) for name in schema.COUNTS)
    query = select(*keys, func.max(rows.c.address).label("address"), *sums).where(rows.c.host_id == host_id)
    return connection.execute(query.group_by(*keys).order_by(rows.c.register, rows.c.access)).mappings()


def _listed(connection: Connection, host_id: int, held: Held | None) -> Iterable[RowMapping]:
    function = schema.function
    snapshot_id = held.snapshot_id if held else ""
    query = select(function).where(function.c.host_id == host_id, function.c.snapshot_id == snapshot_id)
    return connection.execute(query).mappings()


def _present(row: RowMapping, function: Function | None, reads: Iterable[RowMapping]) -> FunctionReads:
    return FunctionReads(
        function_key=row["function_key"],
        address=row["address"],
        what=function_in_words(function) if function else class_in_words(row["class_code"]),
        ids=f"{row['vendor']:04x}:{row['device']:04x}",
        driver=function.driver if function else None,
        topology=row["topology"],
        is_present=True,
        registers=tuple(map(_register, reads)),
    )


def _gone(reads: list[RowMapping]) -> FunctionReads:
    return FunctionReads(
        function_key=reads[0]["function_key"],
        address=reads[0]["address"],
        what="not there any more",
        ids=None,
        driver=None,
        topology=reads[0]["topology"],
        is_present=False,
        registers=tuple(map(_register, reads)),
    )


def _register(row: RowMapping) -> RegisterReads:
    counts = counts_of(row)
    return RegisterReads(
        register=row["register"],
        access=Access(row["access"]),
        bar=row["bar"],
        offset=row["offset"],
        width=row["width"],
        attempts=attempts_of(counts),
        failures=failures_of(counts),
        is_failing=is_failing(attempts_of(counts), failures_of(counts)),
        reads=counts,
    )
