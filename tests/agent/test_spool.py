"""The spool: a bounded queue on disk."""

import sqlite3
from functools import partial

import pytest

from barwatch_agent.errors import SpoolDamaged, SpoolError
from barwatch_agent.spool import Limits
from barwatch_agent.spool_file import open_or_replace, open_spool
from barwatch_proto.codec import decode, encode
from barwatch_proto.telemetry import Batch, CounterRun, Counts, Gap


@pytest.fixture
def path(tmp_path):
    return tmp_path / "spool.sqlite"


@pytest.fixture
def spool(path):
    spool = open_spool(path)
    yield spool
    spool.close()


def put(spool, now_ns=1, on_dropped=None, **parts):
    return spool.append([{kind: payload.encode() for kind, payload in parts.items()}], {}, {}, now_ns, on_dropped)


def test_batches_come_out_in_order_with_all_their_parts(spool):
    put(spool, counters="one", episode="two")
    put(spool, counters="three")

    first = spool.next_after(0)
    second = spool.next_after(first.sequence)

    assert (first.sequence, first.payload) == (1, b"onetwo")
    assert (second.sequence, second.payload) == (2, b"three")
    assert spool.next_after(2) is None


def test_parts_joined_are_one_batch(spool):
    gap, run = Gap(1, "killed", 1, 2), CounterRun(1, 5, Counts(ok=3))
    spool.append([{"gap": encode(Batch(gaps=(gap,))), "counters": encode(Batch(counters=(run,)))}], {}, {}, 1)

    assert decode(Batch, spool.next_after(0).payload) == Batch(gaps=(gap,), counters=(run,))


def test_what_is_acknowledged_is_forgotten_and_the_rest_is_not(spool):
    for _ in range(3):
        put(spool, counters="x", episode="yy")

    assert spool.forget(2) == 2
    assert spool.next_after(0).sequence == 3
    assert (spool.waiting_batches, spool.waiting_bytes) == (1, 3)


def test_everything_is_there_after_the_process_is_gone(path):
    spool = open_spool(path)
    spool.append([{"counters": b"x"}], {"counters": b"state"}, {"next_series": "7"}, 1)
    epoch = spool.epoch

    again = open_spool(path)  # the first one never closed its file, as after kill -9

    assert (again.epoch, again.last_sequence, again.waiting_bytes) == (epoch, 1, 1)
    assert (again.state("counters"), again.meta("next_series")) == (b"state", "7")
    assert put(again, counters="y") == 2
    again.close()
    spool.close()


def test_state_alone_takes_no_number(spool):
    spool.append([], {"counters": b"s"}, {}, 1)

    assert spool.last_sequence == 0
    assert spool.next_after(0) is None


def test_a_full_spool_lets_the_oldest_raw_blocks_go_first_then_counters_and_never_episodes(path):
    told = []
    spool = open_spool(path, Limits(max_bytes=60))
    tell = partial(noting, told)
    for _ in range(3):
        put(spool, on_dropped=tell, raw="r" * 10, counters="c" * 10, episode="e" * 10)

    assert told == [4]  # 90 bytes, at most 60, brought down to 54
    assert spool.next_after(0).payload == b"e" * 10
    assert spool.waiting_bytes == 50 + 1
    put(spool, on_dropped=tell, episode="e" * 40)
    assert told == [4, 2]
    assert spool.waiting_bytes == 30 + 40 + 2
    put(spool, on_dropped=tell)
    assert told == [4, 2]
    spool.close()


def noting(told, dropped):
    """Keeps how many parts were dropped; tells it as a gap of one byte."""
    told.append(dropped.parts)
    return "gap", b"g"


def test_what_a_full_spool_dropped_is_told_with_the_same_commit(path):
    spool = open_spool(path, Limits(max_bytes=10))
    put(spool, raw="r" * 20, on_dropped=lambda dropped: ("gap", str(dropped.parts).encode()))

    assert spool.next_after(0).payload == b"1"
    assert (spool.last_sequence, spool.waiting_batches) == (2, 1)
    spool.close()


def test_what_is_too_old_goes_although_there_is_room(path):
    told = []
    spool = open_spool(path, Limits(max_age_ns=100))
    put(spool, now_ns=1, counters="old", episode="old")
    put(spool, now_ns=150, on_dropped=partial(noting, told), counters="new")

    assert told == [1]
    assert spool.next_after(0).payload == b"old"
    assert spool.next_after(1).payload == b"new"
    spool.close()


def test_sums_are_right_after_every_kind_of_loss(spool):
    for _ in range(4):
        put(spool, counters="ccc", episode="ee")
    spool.forget(1)
    spool.give_up(3)
    with pytest.raises(SpoolError):
        spool.append([{"counters": b"x" * 100}, {"counters": None}], {}, {}, 1)

    assert (spool.waiting_batches, spool.waiting_bytes) == (2, 10)
    assert spool.payload(3) == b""
    assert spool.payload(4) == b"cccee"


def test_a_new_epoch_forgets_everything_but_the_time_and_counts_from_one(spool):
    spool.append([{"counters": b"x"}], {"counters": b"s"}, {"flushed_at_ns": "5", "ended": "stopped"}, 1)
    spool.forget(1)
    before = spool.epoch
    spool.begin_epoch()

    assert spool.epoch != before
    assert (spool.meta("flushed_at_ns"), spool.meta("ended"), spool.forgotten) == ("5", "rewound", 0)
    assert spool.state("counters") == b""
    assert put(spool, counters="y") == 1


@pytest.mark.parametrize("rubbish", [b"not a database at all" * 50, b"\0" * 4096], ids=["text", "zeros"])
def test_a_corrupt_spool_is_moved_aside_and_a_new_one_begins(path, rubbish):
    path.write_bytes(rubbish)

    spool, problem = open_or_replace(path, Limits(), lambda: 42)

    assert "moved to spool.sqlite.corrupt-42" in problem
    assert path.with_name("spool.sqlite.corrupt-42").read_bytes() == rubbish
    assert put(spool, counters="x") == 1
    spool.close()


def test_a_spool_damaged_in_the_middle_is_moved_aside(path):
    spool = open_spool(path)
    for _ in range(200):
        put(spool, counters="x" * 500)
    spool.close()
    data = bytearray(path.read_bytes())
    data[8192:40960] = b"\xa5" * (40960 - 8192)
    path.write_bytes(data)

    again, problem = open_or_replace(path, Limits(), lambda: 1)

    assert problem is not None
    assert again.last_sequence == 0
    again.close()


def test_a_spool_of_another_version_says_so(path):
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 9")
    connection.close()

    with pytest.raises(SpoolError, match=r"spool version 9, this one knows 1"):
        open_spool(path)


def test_a_disk_that_says_no_does_not_cost_what_is_in_the_spool(tmp_path):
    path = tmp_path / "spool.sqlite"
    path.mkdir()

    with pytest.raises(SpoolError) as refused:
        open_or_replace(path, Limits(), lambda: 1)

    assert not isinstance(refused.value, SpoolDamaged)
    assert [found.name for found in tmp_path.iterdir()] == ["spool.sqlite"]


def test_a_folder_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SpoolError, match="nowhere"):
        open_spool(tmp_path / "nowhere" / "spool.sqlite")


def test_a_failed_write_stores_nothing_and_the_next_one_works(spool):
    with pytest.raises(SpoolError):
        spool.append([{"counters": b"x"}, {"counters": None}], {}, {}, 1)

    assert spool.last_sequence == 0
    assert put(spool, counters="x") == 1
