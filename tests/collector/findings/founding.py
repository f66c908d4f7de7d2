"""A fleet in the tables: laptops, boxes and one BIOS vendor overlap, and only one of them matters.

The card in a box fails when a user mapping reads it; the kernel reads it well. Most boxes are on laptops, but not all.
"""

from dataclasses import dataclass

from tests.collector.questions.fleet import BOX, SLOT, WORKS, Fleet, card, machine, setting

from barwatch_proto.triage import FailureClass, Repetition, Verdict
from barwatch_proto.words import State

STALE = Verdict(
    FailureClass.STALE_MAPPING,
    0.92,
    ("the mapping leads to where BAR 0 was",),
    (),
    repetition=Repetition.PATH_SPECIFIC,
)
ONES = Verdict(FailureClass.LEGITIMATE_ONES, 0.9, ("the register may hold all ones",), ())


@dataclass(frozen=True)
class Machine:
    """One host of the fleet."""

    name: str
    is_laptop: bool
    has_box: bool
    bios_vendor: str
    is_iommu_on: bool


def machines() -> list[Machine]:
    """Ten boxes on laptops and four on desktops; laptops without a box, and desktops without one."""
    rows = [(True, True)] * 10 + [(False, True)] * 4 + [(True, False)] * 5 + [(False, False)] * 9
    return [
        Machine(f"lab-{number:02}", is_laptop, has_box, "Insyde" if is_laptop and number % 6 else "AMI", number % 5 > 1)
        for number, (is_laptop, has_box) in enumerate(rows)
    ]


def write(fleet: Fleet, every: list[Machine] | None = None, *, is_well: bool = False) -> None:
    """The fleet, with the episodes of what fails; none where all is well."""
    for each in machines() if every is None else every:
        host = fleet.host(each.name)
        topology = BOX if each.has_box else SLOT
        settings = (
            *WORKS,
            setting("chassis", State.VALUE, "laptop" if each.is_laptop else "desktop"),
            setting("bios_vendor", State.VALUE, each.bios_vendor),
            setting("iommu", State.ON if each.is_iommu_on else State.OFF),
        )
        gpu = card(is_tunnelled=each.has_box, is_removable=each.has_box)
        held = fleet.snapshot(host, machine((gpu,), settings, hostname=each.name), topology)
        fleet.series(host, held, topology, "kernel", ok=3600)
        fleet.series(host, held, topology, "config", ok=60, register="ids")
        if each.has_box and not is_well:
            user = fleet.series(host, held, topology, "user", all_ones=3600)
            fleet.verdict(host, fleet.episode(host, user), STALE)
        else:
            fleet.series(host, held, topology, "user", ok=3600)
        ones = fleet.series(host, held, topology, "kernel", all_ones=3600, register="holds ones")
        fleet.verdict(host, fleet.episode(host, ones), ONES)
