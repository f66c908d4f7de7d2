"""Somebody does not claim the address: the function itself, or a bridge above it."""

from itertools import pairwise

from tests.lab.proof import is_decoding, rereads
from tests.lab.stage import Stage


def decoding_is_off_at_the_function(stage: Stage) -> None:
    """It answers in configuration space, and to no address."""
    with stage.changed("card", "COMMAND=0:2", undo="COMMAND=2:2"):
        episode = stage.expect_episode("card.identification", "all_ones")
        evidence = stage.evidence(episode)
    stage.expect_closed(episode)

    assert episode["value"] == "0xffffffff"
    assert [is_decoding(hop.data) for hop in evidence.route] == [True, False]
    assert rereads(evidence, "card.identification") == ["all_ones", "all_ones"]
    assert rereads(evidence, "config.ids", "config") == ["ok", "ok"]
    assert {row["access"] for row in stage.episodes()} == {"user"}


def an_interrupted_function_is_one_episode_for_each_interruption(stage: Stage) -> None:
    """It comes and goes within one snapshot: three runs of failing reads, each with its end."""
    for nth in (1, 2, 3):
        with stage.changed("card", "COMMAND=0:2", undo="COMMAND=2:2"):
            episode = stage.expect_episode("card.identification", "all_ones", nth=nth)
        stage.expect_closed(episode)
        stage.expect_reads("card.identification")

    episodes = stage.episodes()
    assert [row["outcome"] for row in episodes] == ["all_ones"] * 3
    assert all(row["has_evidence"] for row in episodes)
    assert all(left["closed_at_ns"] < right["opened_at_ns"] for left, right in pairwise(episodes))


def decoding_is_off_at_a_bridge(stage: Stage) -> None:
    """All functions behind the switch fail at once, and each one's own registers say that all is well."""
    with stage.changed("switch", "COMMAND=0:2", undo="COMMAND=2:2"):
        registers = ("card.identification", "panel.status", "network.status")
        episodes = [stage.expect_episode(register, "all_ones") for register in registers]
        evidence = [stage.evidence(episode) for episode in episodes]
    for episode in episodes:
        stage.expect_closed(episode)

    for each in evidence:
        root, upstream, downstream, function = (is_decoding(hop.data) for hop in each.route)
        assert (root, upstream, downstream, function) == (True, False, True, True)
        assert rereads(each, "config.ids", "config") == ["ok", "ok"]
