import pytest
from sqlalchemy import Connection
from tests.collector.questions.fleet import Fleet

from barwatch_collector.questions.naming import AmbiguousHost, UnknownHost, find_host

ONE = "11111111-0000-4000-8000-000000000000"
TWO = "22222222-0000-4000-8000-000000000000"


@pytest.mark.parametrize("name", ["desk-1", "DESK-1", "desk", ONE, ONE[:4], ONE.upper()])
def test_a_host_is_found_by_its_name_its_agent_id_or_the_beginning_of_one(
    fleet: Fleet, connection: Connection, name: str
) -> None:
    fleet.host("desk-1", agent_id=ONE)
    fleet.host("lap-1", agent_id=TWO)

    assert find_host(connection, name).agent_id == ONE


def test_a_full_name_wins_over_longer_ones_that_begin_with_it(fleet: Fleet, connection: Connection) -> None:
    fleet.host("desk-1", agent_id=ONE)
    fleet.host("desk-10", agent_id=TWO)

    assert find_host(connection, "desk-1").agent_id == ONE


def test_a_full_name_is_found_among_more_candidates_than_are_looked_at(fleet: Fleet, connection: Connection) -> None:
    for number in range(12):
        fleet.host(f"a{number:02}")
    fleet.host("a", agent_id=ONE)

    assert find_host(connection, "a").agent_id == ONE


def test_a_name_that_several_hosts_have_is_answered_with_their_ids(fleet: Fleet, connection: Connection) -> None:
    fleet.host("clone", agent_id=ONE)
    fleet.host("clone", agent_id=TWO)

    with pytest.raises(AmbiguousHost, match="2 hosts") as refused:
        find_host(connection, "clone")

    assert refused.value.suggestions == (ONE, TWO)


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(fleet: Fleet, connection: Connection) -> None:
    fleet.host("desk-17", agent_id=ONE)

    with pytest.raises(UnknownHost) as refused:
        find_host(connection, "dekc-17")

    assert refused.value.advice == "did you mean desk-17?"


def test_a_name_like_no_other_points_to_the_list(fleet: Fleet, connection: Connection) -> None:
    fleet.host("desk-17")

    with pytest.raises(UnknownHost) as refused:
        find_host(connection, "zzzzzzzz")

    assert "barwatch hosts" in refused.value.advice


def test_an_empty_fleet_points_to_the_agent(connection: Connection) -> None:
    with pytest.raises(UnknownHost) as refused:
        find_host(connection, "desk")

    assert "barwatch-agent run" in refused.value.advice


@pytest.mark.parametrize("name", ["%", "_esk-1", "' OR 1=1 --", "desk%"])
def test_signs_that_mean_something_to_sql_mean_nothing_in_a_name(
    fleet: Fleet, connection: Connection, name: str
) -> None:
    fleet.host("desk-1")

    with pytest.raises(UnknownHost):
        find_host(connection, name)
