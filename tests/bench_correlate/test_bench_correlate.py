import numpy as np
import pytest
from tests.bench_correlate import ours
from tests.bench_correlate.ceiling import ideal
from tests.bench_correlate.figures import Row, calibration, share
from tests.bench_correlate.peers import peers
from tests.bench_correlate.planted import Setting, plant
from tests.bench_correlate.plot import drawn
from tests.bench_correlate.product import NONE, SCENARIOS, Scenario, deploy
from tests.bench_correlate.tasks import HELD_OUT, NULLS, TASKS

EASY = Setting(200, 1, 1.0, attributes=20)


def test_the_same_seed_plants_the_same_fleet() -> None:
    one, other = plant(EASY, 3), plant(EASY, 3)

    assert one.names == other.names
    assert np.array_equal(one.failed, other.failed)


def test_an_easy_cause_is_the_first_answer() -> None:
    planted = plant(EASY, 1)

    assert np.array_equal(ours.answered(planted).rows[0], planted.inside)


def test_a_cause_holds_on_the_rows_of_its_columns() -> None:
    """No two rows with the same values of these columns are one inside and one outside."""
    planted = plant(Setting(100, 2, accesses=2, functions=3), 5)

    values = zip(*(planted.names[name] for name in planted.cause), strict=True)
    inside = {one for one, holds in zip(values, planted.inside, strict=True) if holds}
    assert len(inside) == 1


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_a_scenario_has_a_cause_and_a_laptop_to_suspect(scenario: Scenario) -> None:
    planted = deploy(scenario, 60, 0.9, 0.0, seed=3)

    laptop = np.array([one == "laptop" for one in planted.names["chassis"]])
    assert planted.failed[planted.inside].mean() > planted.failed[~planted.inside].mean()
    assert 0 < (planted.inside & laptop).sum() < laptop.sum()
    assert planted.table.attempts.max() > 30 * planted.table.attempts.min()


def test_a_fleet_of_the_product_without_a_cause_fails_on_bad_hosts_only() -> None:
    planted = deploy(NONE, 100, 0.0, 0.0, seed=1)

    bad = np.unique(planted.host[planted.failed > 0])
    assert not planted.inside.any()
    assert planted.failed[np.isin(planted.host, bad)].all()


def test_the_ideal_scorer_knows_an_easy_cause() -> None:
    found = ideal(plant(EASY, 1))

    assert (found.place, found.first) == (0, 1)


def test_the_ideal_scorer_cannot_know_what_did_not_fail() -> None:
    """A cause that hardly ever fails anything is any of many."""
    assert ideal(plant(Setting(60, 2, 0.01, attributes=12), 4)).first < 1


def test_held_out_fleets_are_other_fleets() -> None:
    one, other = (next(TASKS[0].fleets(2, first)) for first in (0, HELD_OUT))

    assert one.names != other.names


def test_a_task_without_a_cause_has_fleets() -> None:
    assert len(list(NULLS[0].fleets(2, 0))) == 2


def test_who_says_seven_in_ten_and_is_always_right_is_off_by_three() -> None:
    assert calibration([0.7] * 4, [True] * 4) == pytest.approx(0.3)
    assert calibration([1.0, 1.0, 0.0], [True, True, False]) == 0


def test_a_share_has_the_error_of_a_share() -> None:
    row = share(("task", "barwatch", "first"), [1, 1, 0, 0], ">= .97")

    assert (row.figure, row.error) == (0.5, 0.25)


def test_figures_are_drawn_with_their_names() -> None:
    picture = drawn([Row("a < b", "barwatch", "first", 0.5, 0.1, ">= .97"), Row("speed", "barwatch", "s", 2.0)])

    assert "a &lt; b · barwatch · first" in picture
    assert "speed" not in picture


def test_bad_hosts_are_no_cause() -> None:
    assert not ours.accepts(plant(Setting(100, 0, bad_hosts=0.03, attributes=20, accesses=2), 2), seed=2)


@pytest.mark.parametrize("name", peers())
@pytest.mark.filterwarnings("ignore")  # what peers warn of is theirs
def test_peers_answer_with_rows(name: str) -> None:
    planted = plant(Setting(100, 2, attributes=20), 1)

    answers = peers()[name](planted)

    assert answers
    assert {len(rows) for rows in answers} == {100}
