import json
from collections.abc import Callable

import pytest
from sqlalchemy import Connection
from tests.collector.questions.fleet import Fleet, card, example

from barwatch_collector.questions.asked import Asked, Span
from barwatch_collector.questions.coverage import coverage
from barwatch_collector.questions.episodes import episodes
from barwatch_collector.questions.host import host
from barwatch_collector.questions.hosts import hosts
from barwatch_collector.questions.plain import NotThatAnswer, from_plain
from barwatch_collector.questions.statistics import Interval
from barwatch_collector.questions.topologies import topologies
from barwatch_collector.questions.tree import tree
from barwatch_proto.plain import to_plain
from barwatch_proto.topology import Function

QUESTIONS: tuple[Callable[[Connection, Asked], object], ...] = (
    topologies,
    hosts,
    episodes,
    coverage,
    lambda connection, asked: host(connection, asked, "lap-1"),
    lambda connection, asked: tree(connection, asked, "lap-1"),
)


def test_every_answer_survives_json(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)

    for question in QUESTIONS:
        answer = question(connection, now)
        assert from_plain(type(answer), json.loads(json.dumps(to_plain(answer)))) == answer


def test_an_address_is_the_text_that_people_know_and_a_number_stays_one() -> None:
    plain = to_plain(card())

    assert (plain["address"], plain["vendor"], plain["serial_number"]) == ("0000:01:00.0", 0x10DE, None)


@pytest.mark.parametrize(
    ("plain", "where"),
    [
        ({"low": 0.5}, "Interval.high is missing"),
        ({"low": 0.5, "high": "1"}, "Interval.high is a str"),
        ({"low": None, "high": 1}, "Interval.low is a NoneType"),
        ([], "Interval is a list"),
        ("x", "Interval is a str"),
    ],
)
def test_json_of_something_else_is_refused_with_the_place(plain: object, where: str) -> None:
    with pytest.raises(NotThatAnswer, match=where):
        from_plain(Interval, plain)


def test_a_word_or_an_address_that_is_none_is_refused() -> None:
    plain = to_plain(card())

    with pytest.raises(NotThatAnswer, match=r"Function\.address is 'x'"):
        from_plain(Function, plain | {"address": "x"})
    with pytest.raises(NotThatAnswer, match=r"Function\.port_type is 'x'"):
        from_plain(Function, plain | {"port_type": "x"})


def test_a_key_of_a_newer_collector_is_left_alone() -> None:
    span = Span(5, None, None, None, 5)

    assert from_plain(Span, to_plain(span) | {"new": 1}) == span


def test_a_whole_number_will_do_for_a_fraction() -> None:
    assert from_plain(Interval, {"low": 0, "high": 1}) == Interval(0.0, 1.0)
