from itertools import pairwise

import numpy as np
from tests.collector.experiment.fleets import TRAITS, believed, founding, two_aliases

from barwatch_collector.experiment.course import course
from barwatch_collector.experiment.lab import Lab
from barwatch_collector.experiment.proposal import Experiment


def test_a_course_ends_with_the_cause() -> None:
    observed = founding()
    behind, access = observed.columns[1], observed.columns[6]

    def attempt(experiment: Experiment) -> bool:
        return behind.levels[experiment.cell[1]] == "Thunderbolt" and access.levels[experiment.cell[6]] == "user"

    *_, last = course(believed(observed), Lab(TRAITS), attempt)

    assert last.advice.is_settled
    assert last.fails is None
    assert last.advice.likeliest[0].text == "behind=Thunderbolt AND access=user"


def test_each_step_believes_what_the_last_one_found() -> None:
    steps = list(course(believed(two_aliases()), Lab(), lambda _: True))

    for one, following in pairwise(steps):
        assert one.fails is True
        first = one.advice.experiments[0]
        expected = one.beliefs.after(np.array(first.cell), fails=True, repeats=first.tries)
        assert np.array_equal(following.beliefs.chance, expected.chance)
    assert len(steps) > 1


def test_a_course_ends_where_nothing_can_be_tried() -> None:
    fixed = dict.fromkeys(("dock", "charger", "row"), TRAITS["chassis"])

    (only,) = course(believed(two_aliases()), Lab(fixed), lambda _: True)

    assert not only.advice.is_settled
    assert only.advice.experiments == ()
