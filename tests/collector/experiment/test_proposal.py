from dataclasses import replace

import numpy as np
import pytest
from tests.collector.correlate.tables import lab as large_lab
from tests.collector.experiment.fleets import TRAITS, believed, by_hand, founding, hypothetical, two_aliases

from barwatch_collector.correlate.table import table
from barwatch_collector.experiment.beliefs import Beliefs
from barwatch_collector.experiment.lab import Kind, Lab, hours
from barwatch_collector.experiment.proposal import LEAST, advice
from barwatch_collector.experiment.together import MOST_CHANGES

NAMES = tuple(f"laptop-{at}" if at < 6 else f"desktop-{at}" for at in range(12))


def sure(beliefs: Beliefs, *texts: str) -> Beliefs:
    """Only these hypotheses are left, as likely each."""
    chance = np.array([beliefs.text(at) in texts for at in range(len(beliefs))], float)
    return replace(beliefs, chance=chance / chance.sum())


def test_two_aliases_are_separated_by_the_first_experiment() -> None:
    first = advice(believed(two_aliases()), Lab()).experiments[0]

    left = {first.fails.left[0].text, first.works.left[0].text}
    assert left == {"dock=yes", "charger=yes"}
    assert first.fails.left[0].after > 0.85
    assert first.gain > 0.7
    assert first.fails.left[0].text in first.works.ruled_out


def test_a_laptop_decoy_is_separated_by_the_first_experiment() -> None:
    """All boxes are at laptops: a plug is moved, or a desktop is given a box."""
    told = advice(believed(founding()), Lab(TRAITS, names=NAMES, cards=("GPU",) * 24))

    first = told.experiments[0]
    assert {one.text for one in told.likeliest[:2]} == {
        "chassis=laptop AND access=user",
        "behind=Thunderbolt AND access=user",
    }
    assert first.kind in {Kind.ROUTE, Kind.BOX}
    assert {one.column for one in first.changes} >= {"behind"}
    assert first.fails.left[0].text != first.works.left[0].text
    assert {first.fails.left[0].text, first.works.left[0].text} == {one.text for one in told.likeliest[:2]}


def test_attributes_of_one_card_cannot_be_separated_by_moving_it() -> None:
    is_new = [at < 6 for at in range(16)]
    observed = table(
        {"chip": ["b" if one else "a" for one in is_new], "firmware": ["2" if one else "1" for one in is_new]},
        [int(one) for one in is_new],
        unit_word="host",
    )

    told = advice(believed(observed), Lab(TRAITS))

    assert told.experiments == ()
    assert not told.is_settled
    assert told.conclusion.startswith("cannot be separated by any available experiment: no host has ")
    assert "chip=b" in told.conclusion
    assert "firmware=2" in told.conclusion


def test_nothing_to_compare_is_said() -> None:
    beliefs = by_hand([0.0, 1.0], [(0.9, 0.1)] * 2)

    told = advice(beliefs, Lab())

    assert told.conclusion.endswith("what else they may have in common is in no column")


def test_a_settled_cause_is_proven_on_a_pair() -> None:
    told = advice(believed(large_lab()), Lab())

    first = told.experiments[0]
    assert told.is_settled
    assert "would prove it" in told.conclusion
    assert {one.column for one in first.changes} <= {"behind", "moved", "access"}
    assert first.works.chance > 0.9


def test_a_settled_cause_that_nothing_can_prove_is_settled_all_the_same() -> None:
    traits = dict.fromkeys(("laptop", "behind", "moved", "iommu", "bios", "access"), TRAITS["chassis"])

    told = advice(believed(large_lab()), Lab(traits))

    assert told.is_settled
    assert told.experiments == ()
    assert "prove" not in told.conclusion


def test_experiments_are_in_the_order_of_what_they_tell_for_their_hours() -> None:
    told = advice(believed(founding()), Lab(TRAITS), most=10)

    worth = [one.worth for one in told.experiments]
    assert worth == sorted(worth, reverse=True)
    assert all(one.gain >= LEAST for one in told.experiments)


def test_what_follows_from_an_outcome_is_what_is_believed_after_it() -> None:
    beliefs = believed(founding())

    first = advice(beliefs, Lab(TRAITS)).experiments[0]

    after = beliefs.after(np.array(first.cell), fails=True, repeats=first.tries)
    best = next(after.hypotheses())
    assert first.fails.left[0].text == best.text
    assert first.fails.left[0].after == pytest.approx(best.chance)
    assert first.fails.chance + first.works.chance == pytest.approx(1)


def test_several_settings_are_changed_with_one_boot() -> None:
    """Eight settings that nothing tells apart: half of them at once rule out half."""
    on = [at < 5 for at in range(14)]
    names = [f"s{at}" for at in range(8)]
    observed = table({name: ["on" if one else "off" for one in on] for name in names}, [int(one) for one in on])

    first = advice(believed(observed), Lab(dict.fromkeys(names, TRAITS["iommu"]))).experiments[0]

    assert first.kind is Kind.SETTING
    assert len(first.changes) > 1
    assert first.hours == pytest.approx(hours(Kind.SETTING, len(first.changes)))
    assert " and turn " in first.text


@pytest.mark.parametrize(
    ("left", "lab", "said"),
    [
        (("chassis=laptop", "chip=GA106"), Lab(TRAITS, names=NAMES, cards=("GPU",) * 24), "move the GPU of "),
        (("chassis=laptop", "behind=Thunderbolt"), Lab(TRAITS, names=NAMES), "connect the "),
        (("chassis=laptop", "iommu=on"), Lab(TRAITS, names=NAMES), "turn iommu "),
        (("chassis=laptop", "iommu=on"), Lab(names=NAMES), "find or make a host like "),
    ],
)
def test_an_experiment_is_said_in_a_sentence(left: tuple[str, str], lab: Lab, said: str) -> None:
    beliefs = hypothetical(left)

    first = advice(beliefs, lab).experiments[0]

    assert first.text.startswith(said)


def test_another_access_is_said_in_a_sentence() -> None:
    observed = founding()
    rows = np.flatnonzero((observed.units > 0) | (observed.columns[-1].codes == 1))  # laptop-0 by user only
    beliefs = replace(hypothetical(("behind=Thunderbolt", "access=user")), table=observed.of(rows))

    first = advice(beliefs, Lab(TRAITS, names=NAMES, cards=("GPU",) * 23)).experiments[0]

    assert first.text == "read laptop-0's GPU by kernel too"
    assert first.hours == pytest.approx(0.1)


def test_an_untested_host_is_said_in_a_sentence() -> None:
    observed = founding()
    untested = replace(observed.of(np.array([13])), units=np.array([11]))
    fixed = dict.fromkeys(TRAITS, TRAITS["chassis"])
    lab = Lab(fixed, names=NAMES, untested=untested)

    (only,) = advice(hypothetical(("chassis=laptop", "access=user")), lab).experiments

    assert only.text == "test desktop-11, which nobody has read yet"
    assert only.changes == ()


def test_the_same_question_has_the_same_answer() -> None:
    assert advice(believed(founding()), Lab(TRAITS)) == advice(believed(founding()), Lab(TRAITS))


def test_no_more_is_changed_at_once_than_people_keep_in_mind() -> None:
    beliefs = by_hand([1 / 60] * 60 + [0.0], [(0.999, 0.001)] * 61)

    told = advice(beliefs, Lab(), most=20)

    assert max(len(one.changes) for one in told.experiments) == MOST_CHANGES
