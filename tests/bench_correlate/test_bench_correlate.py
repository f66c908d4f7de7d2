import numpy as np
import pytest
from tests.bench_correlate import ours
from tests.bench_correlate.peers import peers
from tests.bench_correlate.planted import Setting, plant

EASY = Setting(200, 1, 1.0, attributes=20)


def test_the_same_seed_plants_the_same_fleet() -> None:
    one, other = plant(EASY, 3), plant(EASY, 3)

    assert one.names == other.names
    assert np.array_equal(one.failed, other.failed)


def test_an_easy_cause_is_the_first_answer() -> None:
    planted = plant(EASY, 1)

    assert np.array_equal(ours.answers(planted)[0], planted.inside)


def test_a_cause_is_where_its_values_are() -> None:
    planted = plant(Setting(100, 2, accesses=2, functions=3), 5)

    columns = [np.array([one == value for one in planted.names[name]]) for name, value in planted.cause]
    assert np.array_equal(np.logical_and.reduce(columns), planted.inside)


def test_bad_hosts_are_no_cause() -> None:
    assert not ours.accepts(plant(Setting(100, 0, bad_hosts=0.03, attributes=20, accesses=2), 2), seed=2)


@pytest.mark.parametrize("name", peers())
@pytest.mark.filterwarnings("ignore")  # what peers warn of is theirs
def test_peers_answer_with_rows(name: str) -> None:
    planted = plant(Setting(100, 2, attributes=20), 1)

    answers = peers()[name](planted)

    assert answers
    assert {len(rows) for rows in answers} == {100}
