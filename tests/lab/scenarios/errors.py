"""Errors that the hardware reports of itself."""

from tests.lab.proof import rereads
from tests.lab.stage import Stage


def reads_that_time_out_and_are_reported(stage: Stage) -> None:
    """A port tells of a completion timeout while reads below it fail: the counter rises, and evidence is taken."""
    port = stage.guest.address("switch-3")
    before = stage.states()[port]["aer_nonfatal"]
    stage.guest.raise_floor("network")
    try:
        stage.guest.inject("switch-3", "COMP_TIME")
        episode = stage.expect_episode("network.status", "all_ones")
        evidence = stage.evidence(episode)
        stage.wait("the counter is told", lambda: stage.states()[port]["aer_nonfatal"] == before + 1)
    finally:
        stage.guest.sink_floor("network")
    stage.expect_closed(episode)

    assert rereads(evidence, "network.status") == ["all_ones", "all_ones"]
    assert rereads(evidence, "config.ids", "config") == ["ok", "ok"]
    assert {row["register"] for row in stage.episodes()} == {"network.status"}
