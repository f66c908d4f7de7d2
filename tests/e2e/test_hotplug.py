"""Functions come and go while the agent runs."""

import pytest

pytestmark = pytest.mark.xdist_group("e2e")

NAME = "laptop-thunderbolt-box"


def card(roots):
    """The link of the card in the box, and where it points."""
    (link,) = [
        link
        for link in (roots.sys / "bus/pci/devices").iterdir()
        if (link / "vendor").read_text().strip() == "0x10de" and (link / "class").read_text().startswith("0x03")
    ]
    return link, link.readlink()


def test_a_card_that_is_pulled_and_plugged_in_again_is_three_snapshots_of_two_kinds(lab, host, wait):
    roots = host(NAME)
    agent = lab.start_agent(NAME, roots.sys)
    wait(lambda: lab.reads(NAME), agent)
    link, target = card(roots)

    link.unlink()
    wait(lambda: len(lab.host(NAME)["snapshots"]) == 2, agent)
    without = lab.host(NAME)
    link.symlink_to(target)
    wait(lambda: len(lab.host(NAME)["snapshots"]) == 3, agent)
    again = lab.host(NAME)

    ids = [snapshot["snapshot_id"] for snapshot in reversed(again["snapshots"])]
    assert ids[0] == ids[2] != ids[1]
    assert without["snapshot_id"] == ids[1]
    assert agent.stop() == 0
