"""Failures that are made on the laptop-box, and what the collector knows of them."""

import pytest
from tests.lab import verdicts
from tests.lab.scenarios import SCENARIOS

HOST = "laptop-box"
pytestmark = [
    pytest.mark.xdist_group(f"lab-{HOST}"),
    pytest.mark.timeout(400),  # the first test waits for the boot
    pytest.mark.parametrize("stage", [HOST], indirect=True),
]


def test_what_is_in_the_box_is_removable_and_behind_an_external_port(stage):
    settings = {setting["name"]: setting for setting in stage.told()["settings"]}
    functions = {each["address"]: each for each in stage.collector.ask(f"hosts/{HOST}/tree")["topology"]["functions"]}
    parts = {part: functions[stage.guest.address(part)] for part in ("outside", "cable", "box", "card", "display")}

    assert settings["chassis"]["value"] == "laptop"
    assert parts["cable"]["is_external_facing"]
    assert all(parts[part]["is_removable"] for part in ("box", "card", "display"))
    assert not parts["outside"]["is_removable"]
    assert not stage.guest.complaints()


@pytest.mark.parametrize("scenario", SCENARIOS[HOST], ids=lambda scenario: scenario.__name__)
def test_a_failure_in_the_box_is_known_and_ends(stage, scenario):
    with stage.played():
        scenario(stage)
    verdicts.expect(stage, scenario)
