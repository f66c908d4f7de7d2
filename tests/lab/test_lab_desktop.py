"""Failures that are made on the desktop, and what the collector knows of them."""

from itertools import product

import pytest
from tests.lab import verdicts
from tests.lab.scenarios import SCENARIOS

HOST = "desktop"
REGISTERS = ("card.identification", "card.unimplemented", "panel.status", "nvme.version")
pytestmark = [
    pytest.mark.xdist_group(f"lab-{HOST}"),
    pytest.mark.timeout(400),  # the first test waits for the boot
    pytest.mark.parametrize("stage", [HOST], indirect=True),
]


def test_a_desktop_with_cards_in_its_slots_answers(stage):
    told = stage.told()
    settings = {setting["name"]: setting for setting in told["settings"]}
    reads = stage.reads()

    assert settings["chassis"]["value"] == "desktop"
    assert settings["iommu"]["state"] == "on"
    assert settings["virtual_machine"]["state"] == "off"
    for register, access in product(REGISTERS, ("user", "kernel")):
        assert reads[register, access]["ok"]
    assert not stage.guest.complaints()


@pytest.mark.parametrize("scenario", SCENARIOS[HOST], ids=lambda scenario: scenario.__name__)
def test_a_failure_on_the_desktop_is_known_and_ends(stage, scenario):
    with stage.played():
        scenario(stage)
    verdicts.expect(stage, scenario)
