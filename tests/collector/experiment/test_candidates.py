from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from tests.collector.correlate.tables import lab, plackett_burman_12, random_table
from tests.collector.experiment.fleets import believed, founding, two_aliases

from barwatch_collector.correlate.explain import ranked
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Table, table
from barwatch_collector.experiment.beliefs import SOMETHING_ELSE, Beliefs
from barwatch_collector.experiment.candidates import NEGLIGIBLE, beliefs_of


def chances(beliefs: Beliefs) -> dict[str, float]:
    return {one.text: one.chance for one in beliefs.hypotheses()}


def weighted(observed: Table, weights: dict[str, float]) -> Table:
    columns = tuple(replace(one, weight=weights.get(one.name, 0.0)) for one in observed.columns)
    return replace(observed, columns=columns)


@pytest.mark.parametrize("observed", [random_table(0), random_table(1), lab(), founding()])
def test_chances_sum_to_one_with_something_else_among_them(observed: Table) -> None:
    found = chances(believed(observed))

    assert sum(found.values()) == pytest.approx(1)
    assert SOMETHING_ELSE in found


def test_what_no_row_tells_apart_is_as_likely() -> None:
    found = chances(believed(two_aliases()))

    assert found["dock=yes"] == pytest.approx(found["charger=yes"])
    assert found["dock=yes"] + found["charger=yes"] > 0.9


def test_aliases_share_by_their_mechanism_weights() -> None:
    found = chances(believed(weighted(two_aliases(), {"dock": 0.7, "charger": -0.3})))

    assert found["dock=yes"] / found["charger=yes"] == pytest.approx(np.e)


def test_the_cause_of_the_founding_lab_is_the_likeliest() -> None:
    first = next(believed(lab()).hypotheses())

    assert first.text == "behind=box AND moved=yes AND access=user"
    assert first.rate_inside > 0.8
    assert first.rate_outside < 0.05


def test_every_pair_that_explains_a_designed_table_is_there() -> None:
    """In twelve runs of Plackett and Burman any pair of factors has three runs of its own: no other pair has them."""
    found = chances(believed(plackett_burman_12("CF")))

    assert found["C=on AND F=on"] == max(found.values())
    assert {f"{one}=on AND {other}=on" for one, other in combinations("CF", 2)} <= found.keys()


def test_no_hypothesis_speaks_of_a_placebo_or_of_a_gap() -> None:
    gaps = [None if at < 5 else "here" for at in range(14)]
    observed = table({"known": gaps, "other": ["a", "b"] * 7}, [1] * 5 + [0] * 9)

    beliefs = believed(observed)

    assert all("missing" not in one and "placebo" not in one for one in chances(beliefs))
    assert len(beliefs.table.columns) == 2


def test_what_is_far_below_the_best_is_left_out() -> None:
    found = np.array(list(chances(believed(random_table(4))).values()))

    assert (found[:-1] > 0).all()
    assert found.max() / found.min() <= np.exp(NEGLIGIBLE) * 10


def test_a_large_fleet_is_left_to_its_search(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ranked(random_table(1), Settings())
    assert made is not None
    every = beliefs_of(made)

    monkeypatch.setattr("barwatch_collector.experiment.candidates.WORK", 0)
    few = beliefs_of(made)

    assert set(few.conjunctions) < set(every.conjunctions)
    assert next(few.hypotheses()).conjunction == next(every.hypotheses()).conjunction


def test_no_conjunction_speaks_of_a_column_twice() -> None:
    """``upper=yes`` says that ``size`` is above 1; with ``size<=3`` that other word would make a second of size."""
    size = [at % 5 for at in range(40)]
    columns = {"size": [str(one) for one in size], "upper": ["yes" if one > 1 else "no" for one in size]}
    observed = weighted(table(columns, [int(1 < one <= 3) for one in size]), {"upper": 0.5})

    beliefs = believed(observed)

    assert beliefs.text(int(np.argmax(beliefs.chance))) in {"size from 2 to 3", "size<=3 AND upper=yes"}
    assert all(len({one.column for one in each}) == len(each) for each in beliefs.conjunctions)
