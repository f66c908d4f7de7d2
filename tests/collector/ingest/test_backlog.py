"""The queue before the writer is bounded both ways, and drains when it is closed."""

from dataclasses import dataclass

from barwatch_collector.backlog import Backlog


@dataclass(frozen=True)
class Item:
    wire_bytes: int


def test_items_come_out_in_order_and_in_groups() -> None:
    backlog: Backlog[Item] = Backlog(10, 1000)
    items = [Item(size) for size in (1, 2, 3)]
    for item in items:
        assert backlog.offer(item)

    assert backlog.take(2, 1000) == items[:2]
    assert backlog.take(2, 1000) == items[2:]


def test_a_group_ends_when_it_has_enough_bytes() -> None:
    backlog: Backlog[Item] = Backlog(10, 1000)
    for size in (60, 60, 60):
        backlog.offer(Item(size))

    assert len(backlog.take(10, 100)) == 2


def test_a_full_backlog_takes_no_more_until_something_was_taken() -> None:
    backlog: Backlog[Item] = Backlog(2, 1000)

    assert [backlog.offer(Item(1)) for _ in range(3)] == [True, True, False]
    backlog.take(1, 1000)
    assert backlog.offer(Item(1))


def test_bytes_are_bounded_but_one_item_always_fits() -> None:
    backlog: Backlog[Item] = Backlog(10, 100)

    assert backlog.offer(Item(500))
    assert not backlog.offer(Item(1))
    backlog.take(1, 1000)
    assert backlog.offer(Item(99))
    assert not backlog.offer(Item(2))


def test_a_closed_backlog_gives_what_it_has_and_then_nothing() -> None:
    backlog: Backlog[Item] = Backlog(10, 100)
    backlog.offer(Item(1))
    backlog.close()

    assert not backlog.offer(Item(2))
    assert backlog.take(10, 1000) == [Item(1)]
    assert backlog.take(10, 1000) == []
