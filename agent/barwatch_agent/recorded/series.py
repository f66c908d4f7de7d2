"""The reads of a recorded host over time: what each register came to in each pass, equal reads in a row as one run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from barwatch_agent.errors import ConfigError
from barwatch_agent.reads import WIDTHS, Match, Register, Reply, Target
from barwatch_proto.pci import Address, all_ones
from barwatch_proto.snapshot import Setting
from barwatch_proto.telemetry import Evidence
from barwatch_proto.topology import Function
from barwatch_proto.words import Access, Outcome, Record

MAX_PASSES = 1_000_000
MAX_SERIES = 20_000
MAX_READS = 50_000_000  # what a short text may stand for
MAX_EVIDENCE = 1_000
MAX_OFFSET = 1 << 43  # as in a plan
MAX_BAR = 5
MAX_NAME = 64
MAX_TIME = 1 << 62  # nanoseconds since 1970, until 2116
VALUED = frozenset({Outcome.OK, Outcome.ALL_ONES, Outcome.MISMATCH})


@dataclass(frozen=True, slots=True)
class Run:
    """Reads of one series in a row that came to the same."""

    outcome: Outcome | None  # None: left out by the circuit breaker
    count: int
    values: tuple[int, ...] = ()  # one for all of the reads, or one for each; empty where the outcome carries none
    reason: str | None = None  # where the outcome carries no value

    def reply(self, index: int) -> Reply:
        """What the reader got at the read of that index; never asked of a run that was left out."""
        if self.values:
            return Reply(self.values[index] if len(self.values) > 1 else self.values[0])
        return Reply(outcome=self.outcome, reason=self.reason)


@dataclass(frozen=True, slots=True)
class RecordedSeries:
    """One register of one function by one access: where it is, what is expected there, and what it came to."""

    function: Address
    register: str
    access: Access
    bar: int | None  # None: configuration space
    offset: int  # bytes
    width: int  # bytes
    every_s: float
    expect: int | None = None
    mask: int | None = None
    is_canary: bool = False
    record: Record = Record.COUNTERS
    problem: str | None = None  # why it could not be located on this function; then nothing was read
    runs: tuple[Run, ...] = ()  # as many reads as the register was due; none where the access was not there

    def target(self, function: Function, accesses: tuple[Access, ...]) -> Target:
        """The register on the function of a topology, by these accesses."""
        register = Register(
            name=self.register,
            summary="recorded",
            source="a recorded host",
            match=Match(vendor=function.vendor, devices=(function.device,)),
            bar=self.bar,
            offset=self.offset,
            width=self.width,
            accesses=accesses,
            mask=self.mask,
            is_canary=self.is_canary,
            record=self.record,
            every_s=self.every_s,
        )
        return Target(register, function, self.bar, self.offset, self.expect, self.problem)

    def replies(self) -> Iterator[Reply | None]:
        """What the reader got, read by read; None where the circuit breaker left the read out."""
        for run in self.runs:
            for index in range(run.count):
                yield None if run.outcome is None else run.reply(index)


@dataclass(frozen=True, slots=True)
class TakenEvidence:
    """Evidence of one function, and the pass in which it was taken."""

    taken_in: int  # number of the pass, from 0
    function: Address
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class RecordedReads:
    """Passes of a plan over a machine. Times are microseconds since the beginning.

    Raises:
        ConfigError: the parts do not fit together.
    """

    began_at_ns: int
    taken_us: Mapping[Access, tuple[int, ...]]  # when each pass read by that access
    due: Mapping[float, tuple[int, ...]]  # by the period of registers in seconds: the passes in which they were due
    ways_in: tuple[Setting, ...] = ()  # how each access was
    series: tuple[RecordedSeries, ...] = ()
    evidence: tuple[TakenEvidence, ...] = ()

    def __post_init__(self) -> None:
        """Judged when made, so that whoever plays it need not."""
        _check_times(self)
        for series in self.series:
            fault = _series_fault(series, self)
            if fault is not None:
                msg = f"reads of {series.register[:MAX_NAME]} of {series.function} by {series.access.value}: {fault}"
                raise ConfigError(msg)
        _check_counts(self)

    @property
    def passes(self) -> int:
        """How many there are."""
        return max((len(times) for times in self.taken_us.values()), default=0)

    def times_due(self, series: RecordedSeries) -> int:
        """In how many passes a series was due; 0 where its access was not there."""
        return len(self.due.get(series.every_s, ())) if series.access in self.taken_us else 0

    def pass_us(self, number: int) -> int:
        """When a pass began."""
        return min(times[number] for times in self.taken_us.values())

    @property
    def length_us(self) -> int:
        """From the beginning to the last read."""
        return max((times[-1] for times in self.taken_us.values() if times), default=0)


def _check_times(reads: RecordedReads) -> None:
    lengths = {len(times) for times in reads.taken_us.values()}
    if len(lengths) > 1 or max(lengths, default=0) > MAX_PASSES:
        msg = f"taken_us: each access has a time for each pass, at most {MAX_PASSES}"
        raise ConfigError(msg)
    for access, times in reads.taken_us.items():
        if not _ascends((-1, *times)) or (times and times[-1] * 1000 + reads.began_at_ns > MAX_TIME):
            msg = f"taken_us.{access.value}: times are whole numbers from 0 that do not go back"
            raise ConfigError(msg)
    if not 0 <= reads.began_at_ns <= MAX_TIME:
        msg = f"began_at_ns: {reads.began_at_ns} is no time in nanoseconds since 1970"
        raise ConfigError(msg)
    for every_s, passes in reads.due.items():
        if not all(early < late for early, late in pairwise((-1, *passes, reads.passes))):
            msg = f"due every {every_s} s: numbers of passes ascend from 0 to {reads.passes - 1}"
            raise ConfigError(msg)


def _check_counts(reads: RecordedReads) -> None:
    keys = {(series.function, series.register, series.access) for series in reads.series}
    places = {replace(series, access=Access.CONFIG, runs=()) for series in reads.series}
    total = sum(reads.times_due(series) for series in reads.series)
    checks = (
        (len(keys) == len(reads.series), "a register of a function is named twice for one access"),
        (len(places) == len({key[:2] for key in keys}), "a register of a function is at two places"),
        (len(reads.series) <= MAX_SERIES, f"more than {MAX_SERIES} series"),
        (total <= MAX_READS, f"more than {MAX_READS} reads"),
        (len(reads.evidence) <= MAX_EVIDENCE, f"more than {MAX_EVIDENCE} pieces of evidence"),
        (all(0 <= each.taken_in < reads.passes for each in reads.evidence), "evidence of a pass that there is not"),
    )
    for holds, fault in checks:
        if not holds:
            msg = f"reads: {fault}"
            raise ConfigError(msg)


def _series_fault(series: RecordedSeries, reads: RecordedReads) -> str | None:
    """Why the series means nothing; None when it does."""
    ones = all_ones(series.width)
    limits = [value for value in (series.expect, series.mask) if value is not None]
    checks = (
        (0 < len(series.register) <= MAX_NAME and series.register.isprintable(), "a name has 1 to 64 characters"),
        (series.width in WIDTHS, f"width {series.width} is not 1, 2, 4 or 8"),
        (series.bar is None or 0 <= series.bar <= MAX_BAR, f"bar {series.bar} is not 0 to {MAX_BAR}"),
        (0 <= series.offset < MAX_OFFSET and series.offset % series.width == 0, "the offset is no multiple of width"),
        (all(0 <= value <= ones for value in limits), "expect or mask does not fit the width"),
        (not series.runs or series.access in reads.taken_us, "no times are given for this access"),
        (not series.runs or series.every_s in reads.due, f"no passes are given for those due every {series.every_s} s"),
    )
    fault = next((reason for holds, reason in checks if not holds), None)
    return fault or _runs_fault(series, reads.times_due(series))


def _runs_fault(series: RecordedSeries, due: int) -> str | None:
    for run in series.runs:
        if run.count < 1 or len(run.values) not in ({1, run.count} if run.outcome in VALUED else {0}):
            return "a run has one value, or one for each of its reads; and none where the outcome carries none"
        if any(not 0 <= value <= all_ones(series.width) for value in run.values):
            return f"a value does not fit {series.width} bytes"
    count = sum(run.count for run in series.runs)
    return None if count == due else f"{count} reads, and it was due {due} times"


def _ascends(times: tuple[int, ...]) -> bool:
    return all(early <= late for early, late in pairwise(times))
