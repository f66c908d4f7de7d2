"""Errors that the hardware reports of itself."""

from tests.lab.proof import rereads, twice
from tests.lab.stage import Stage


def reads_that_time_out_and_are_reported(stage: Stage) -> None:
    """A port tells of a completion timeout while reads below it fail: the counter rises, and evidence is taken."""
    port = stage.guest.address("switch-3")
    before = stage.states()[port]["aer_nonfatal"]
    stage.guest.raise_floor("network")
    try:
        stage.guest.inject("switch-3", "COMP_TIME")
        episodes = stage.expect_episodes("network.status", "all_ones")
        evidence = [stage.evidence(episode) for episode in episodes]
        stage.wait("the counter is told", lambda: stage.states()[port]["aer_nonfatal"] == before + 1)
    finally:
        stage.guest.sink_floor("network")
    stage.expect_closed(*episodes)

    for each in evidence:
        assert rereads(each, "network.status") == twice(user="all_ones", kernel="all_ones")
        assert rereads(each, "config.ids") == twice(config="ok")
    assert {row["register"] for row in stage.episodes()} == {"network.status", "network.packet_buffer"}
    assert stage.outcomes() == {"user": {"all_ones"}, "kernel": {"all_ones"}}
