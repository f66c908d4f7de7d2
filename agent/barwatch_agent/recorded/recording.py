"""One machine as the text of one file: what it is, what its registers read for a while, and what people are told."""

import dataclasses
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.build import Machine
from barwatch_agent.clock import Clock
from barwatch_agent.recorded.dumping import dump
from barwatch_agent.recorded.parsing import MAX_DOCUMENT
from barwatch_agent.recorded.recorder import record
from barwatch_agent.recorded.redacting import redact
from barwatch_agent.recorded.taking import MIB, Span, Taken, take_reads

DESCRIPTION = "recorded by barwatch-agent record"
SOURCE = "Recorded on a running {}. Of the BARs only the registers of the plan were read."
LEAST_ROOM = 64 << 10  # bytes: a pass fits in any case


@dataclass(frozen=True, slots=True)
class Wanted:
    """How long, how discreet, and what ends it early."""

    seconds: float
    is_redacted: bool
    stop: threading.Event


@dataclass(frozen=True, slots=True)
class Made:
    """The text of the file, and lines for the person who asked for it."""

    text: str
    told: tuple[str, ...]


def record_machine(machine: Machine, clock: Clock, wanted: Wanted, on_seconds: Callable[[float], None]) -> Made:
    """The machine as it is now, and its reads for so many seconds. ``on_seconds`` hears how many have passed."""
    facts = machine.inventory.facts()
    with tempfile.TemporaryDirectory(prefix="barwatch-record-") as folder:
        machine.inventory.look()  # where a machine has no files, they are made of what the latest look found
        bare = record(machine.as_files(Path(folder)), facts.hostname, DESCRIPTION)
    room_bytes = max(MAX_DOCUMENT - 2 * MIB - len(dump(bare).encode()), LEAST_ROOM)
    taken = take_reads(machine, clock, Span(wanted.seconds, wanted.stop, room_bytes), on_seconds)
    host = dataclasses.replace(bare, source=SOURCE.format(facts.system.capitalize()), reads=taken.reads)
    told = [_summary(taken), *_warnings(taken)]
    if wanted.is_redacted:
        redacted = redact(host)
        host = redacted.host
        told += ["taken out:", *(f"  {each}" for each in redacted.what)]
    else:
        told.append("not redacted: the host's name and the serial numbers of its functions are in it; see --redact")
    return Made(dump(host), tuple(told))


def _summary(taken: Taken) -> str:
    reads = taken.reads
    series = [each for each in reads.series if each.runs]
    functions = len({each.function for each in series})
    passes = "1 pass" if reads.passes == 1 else f"{reads.passes} passes"
    return f"recorded: {passes} over {len(series)} series of {functions} functions"


def _warnings(taken: Taken) -> list[str]:
    warnings = []
    if taken.is_full:
        warnings.append("the file is full, so the reads ended early: record fewer seconds, or fewer registers")
    if taken.evidence_left_out:
        warnings.append(f"no room for {taken.evidence_left_out} pieces of evidence; the first ones are there")
    return warnings
