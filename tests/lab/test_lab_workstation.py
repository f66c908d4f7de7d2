"""Failures that are made on the workstation, and what the collector knows of them."""

import pytest
from tests.lab import verdicts
from tests.lab.scenarios import SCENARIOS

HOST = "workstation"
pytestmark = [
    pytest.mark.xdist_group(f"lab-{HOST}"),
    pytest.mark.timeout(400),  # the first test waits for the boot
    pytest.mark.parametrize("stage", [HOST], indirect=True),
]


def test_a_workstation_has_no_iommu_and_a_prefetchable_bar_above_4_gib(stage):
    settings = {setting["name"]: setting for setting in stage.told()["settings"]}
    functions = {each["address"]: each for each in stage.collector.ask(f"hosts/{HOST}/tree")["topology"]["functions"]}
    bar = next(bar for bar in functions[stage.guest.address("panel")]["bars"] if bar["index"] == 2)

    assert settings["chassis"]["value"] == "desktop"
    assert settings["iommu"]["state"] == "off"
    assert bar["is_prefetchable"]
    assert bar["start"] >= 1 << 32
    assert not stage.guest.complaints()


@pytest.mark.parametrize("scenario", SCENARIOS[HOST], ids=lambda scenario: scenario.__name__)
def test_a_failure_behind_the_switch_is_known_and_ends(stage, scenario):
    with stage.played():
        scenario(stage)
    verdicts.expect(stage, scenario)
