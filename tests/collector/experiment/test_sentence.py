from dataclasses import replace

import pytest
from tests.collector.experiment.fleets import founding, hypothetical

from barwatch_collector.experiment.beliefs import codes_of
from barwatch_collector.experiment.lab import Kind, Lab
from barwatch_collector.experiment.options import NOBODY
from barwatch_collector.experiment.ranking import Choice
from barwatch_collector.experiment.sentence import Change, done, lacking

LAB = Lab(names=tuple(f"h{at}" for at in range(12)), cards=("GPU",) * 12 + ("NVMe",) * 12)
IOMMU, ASPM = Change("iommu", "off", "on"), Change("aspm", "L1", "L0s")


@pytest.mark.parametrize(
    ("kind", "donor", "changes", "said"),
    [
        (Kind.ACCESS, 0, (Change("access", "kernel", "user"),), "read h0's GPU by kernel too"),
        (Kind.SETTING, NOBODY, (IOMMU,), "turn iommu off on h0, and read it by user"),
        (Kind.SETTING, NOBODY, (IOMMU, ASPM), "turn iommu off and set aspm to L1 on h0, and read it by user"),
        (Kind.CARD, 13, (), "move the NVMe of h6 into h0, and read it by user"),
        (Kind.ROUTE, 13, (), "connect the GPU of h0 through the cable, dock or box of h6, and read it by user"),
        (Kind.BOX, 13, (), "connect the box of h6 with its NVMe to h0, and read it by user"),
        (Kind.UNIT, NOBODY, (IOMMU, ASPM), "find or make a host like h0 but with iommu=off and aspm=L1"),
    ],
)
def test_every_kind_of_experiment_has_its_sentence(
    kind: Kind, donor: int, changes: tuple[Change, ...], said: str
) -> None:
    observed = founding()
    choice = Choice(kind, codes_of(observed)[1], 1, donor, 1.0, 1.0)

    assert done(choice, changes, LAB, observed) == said


def test_units_without_names_are_numbered() -> None:
    observed = founding()
    choice = Choice(Kind.CARD, codes_of(observed)[0], 0, 2, 1.0, 1.0)

    assert done(choice, (), Lab(), observed) == "move the card of host 2 into host 1, and read it by kernel"


def test_what_is_missing_is_a_cell_that_has_one_without_the_other() -> None:
    laptop, behind, chip = "chassis=laptop", "behind=Thunderbolt", "chip=GA106"

    assert lacking(hypothetical((laptop, behind)), [0, 1, 2]) == f"no host has {laptop} without {behind}"
    assert lacking(hypothetical((laptop, chip)), [0, 1]) == (
        f"more of {laptop} without {chip} is needed, and of {chip} without {laptop}"
    )


def test_what_is_missing_is_said_of_the_narrower_one() -> None:
    user, laptop = hypothetical(("access=user", "chassis=laptop")).conjunctions
    wide = replace(hypothetical(("access=user", "chassis=laptop")), conjunctions=(user, (*laptop, *user)))

    assert lacking(wide, [0, 1]) == "no host has chassis=laptop AND access=user without access=user"


def test_nothing_to_compare_is_another_column() -> None:
    assert lacking(hypothetical(("access=user",)), [0, 1]).endswith("is in no column")
