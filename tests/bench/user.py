"""The ``user`` access: a batch of registers in one round trip to the mapping process, against one for each register."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from tests.bench.machine import unpacked
from tests.bench.row import Peer, Row, Setup
from tests.bench.stopwatch import median_ms

from barwatch_agent.access.user import UserReader
from barwatch_agent.access.ways_to_map import ThroughSysfs
from barwatch_agent.reads import Match, Register, Target
from barwatch_agent.roots import Roots
from barwatch_agent.topology.linux import scan
from barwatch_proto.topology import Function
from barwatch_proto.words import Access

SIZES = (1, 8, 64, 256)
READS = 12_800  # of each size by each way: 200 batches of 64
NVME = 0x0953  # its BAR 0 has a file on the generated machine


def run(setup: Setup) -> Iterator[Row]:
    """Microseconds for one register of one function, by the size of the batch."""
    setup.say("user: making the machine")
    roots = unpacked(setup.new_folder() / "machine")
    targets = _targets(_function(roots), max(SIZES))
    with closing(UserReader(roots, ThroughSysfs(roots))) as reader:
        for size in SIZES:
            setup.say(f"user: batches of {size}")
            yield _row(reader, targets[:size], times=max(10, READS // size // (10 if setup.is_quick else 1)))


def _row(reader: UserReader, targets: Sequence[Target], times: int) -> Row:
    times = min(times, 1000)
    batch_ms, singly_ms = median_ms(
        times, lambda: _read(reader, targets), lambda: [_read(reader, [target]) for target in targets]
    )
    share = 1000 / len(targets)
    peer = Peer("one round trip each", singly_ms * share)
    return Row(f"batch of {len(targets)}, for each register", batch_ms * share, "µs", peer)


def _read(reader: UserReader, targets: Sequence[Target]) -> None:
    """One pass; a reply without a value would be no read, and its time no answer."""
    for reply in reader.read(targets):
        if reply.value is None:
            raise RuntimeError(reply.reason)


def _function(roots: Roots) -> Function:
    return next(function for function in scan(roots, 0).topology.functions if function.device == NVME)


def _targets(function: Function, count: int) -> list[Target]:
    registers = [
        Register(f"bench.{number}", "", "", Match(), 0, 4 * number, 4, (Access.USER,)) for number in range(count)
    ]
    return [Target(register, function, 0, register.offset, None) for register in registers]
