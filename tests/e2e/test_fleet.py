"""The whole way: recorded hosts, real agents, a real collector, and the questions that people ask it."""

import json

import pytest

pytestmark = pytest.mark.xdist_group("e2e")

GPU_BOX = "0x7666"
PLAN = """
[[register]]
name = "gpu.scratch"
summary = "the register of the founding case"
source = "the owner's report"
side_effect_free = true
vendor = 0x10de
class = "03"
bar = 0
offset = 0x1f380
width = 4
expect = 0x7666
"""


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "gpu.toml"
    file.write_text(PLAN)
    return file


def test_the_topology_that_fails_is_told_from_the_one_that_does_not(lab, host, plan, wait):
    """The founding case as far as it goes without the driver: same card, slot and box, one box answers all ones."""
    names = ("desktop-gpu-slot", "desktop-other-slot", "laptop-thunderbolt-box", "laptop-thunderbolt-box-all-ones")
    for name in names:
        lab.start_agent(name, host(name).sys, "--plan", plan)
    wait(lambda: all(lab.reads(name) for name in names), *lab.running)
    wait(lambda: lab.ask("episodes", outcome="all_ones")["rows"], *lab.running)

    rows = lab.ask("topologies")["rows"]
    gpu = [row for row in rows if row["access"] == "user" and "10de:" in row["route"].split(">")[-1]]
    failing = [row for row in gpu if row["failing_hosts"]]
    slot = [row for row in gpu if row["hosts"] == 2 and not row["failing_hosts"] and row["reads"]["ok"]]

    assert len(failing) == 1
    assert (failing[0]["failing_hosts"], failing[0]["hosts"]) == (1, 2)
    assert len(slot) >= 1, "both desktops have one topology, whatever their addresses"
    assert failing[0]["topology"] not in {row["topology"] for row in slot}
    printed = lab.command("topologies")
    assert failing[0]["topology"][:8] in printed or "1/2" in printed
    assert json.loads(lab.command("topologies", "--json"))["rows"]


def test_an_episode_carries_the_evidence_of_its_route_and_the_second_look(lab, host, plan, wait):
    name = "laptop-thunderbolt-box-all-ones"
    agent = lab.start_agent(name, host(name).sys, "--plan", plan)
    rows = wait(lambda: lab.ask("episodes", outcome="all_ones")["rows"], agent)

    assert {row["hostname"] for row in rows} == {name}
    assert {row["access"] for row in rows} == {"user"}
    assert all(row["closed_at_ns"] is None for row in rows)
    assert all(row["has_evidence"] for row in rows)


def test_what_a_host_cannot_do_is_said_and_not_counted_as_failure(lab, host, wait):
    agent = lab.start_agent("ordinary-user", host("ordinary-user").sys)
    wait(lambda: lab.reads("ordinary-user"), agent)

    found = lab.host("ordinary-user")
    accesses = {line["access"]: line for line in found["accesses"]}

    assert accesses["kernel"]["state"] == "absent"
    assert "not installed" in accesses["kernel"]["reason"]
    assert all(row["failing_hosts"] == 0 for row in lab.ask("topologies")["rows"])
    assert "kernel" in lab.command("coverage")


@pytest.mark.parametrize("question", [("tree",), ("host",)], ids=" ".join)
def test_one_host_can_be_asked_for_by_its_name(lab, host, wait, question):
    agent = lab.start_agent("server-switches", host("server-switches").sys)
    wait(lambda: lab.reads("server-switches"), agent)

    assert "NVMe" in lab.command(*question, "server-switches")
