"""Somebody does not claim the address: the function itself, or a bridge above it."""

from itertools import pairwise

from tests.lab.proof import is_decoding, rereads, twice
from tests.lab.stage import Stage

FIRST_BYTES = 64


def decoding_is_off_at_the_function(stage: Stage) -> None:
    """It answers in configuration space, and to no address."""
    with stage.changed("card", "COMMAND=0:2", undo="COMMAND=2:2"):
        episodes = stage.expect_episodes("card.identification", "all_ones")
        evidence = [stage.evidence(episode) for episode in episodes]
    stage.expect_closed(*episodes)

    assert [episode["value"] for episode in episodes] == ["0xffffffff"] * 2
    for each in evidence:
        assert [is_decoding(hop.data) for hop in each.route] == [True, False]
        assert rereads(each, "card.identification") == twice(user="all_ones", kernel="all_ones")
        assert rereads(each, "config.ids") == twice(config="ok")
    assert stage.outcomes() == {"user": {"all_ones"}, "kernel": {"all_ones"}}


def decoding_is_off_below_an_ordinary_user(stage: Stage) -> None:
    """The agent is no root, and still everything is known: the driver shows whole configuration spaces.

    To an ordinary user Linux itself shows the first 64 bytes: drivers/pci/pci-sysfs.c, pci_read_config.
    """
    decoding_is_off_at_the_function(stage)

    for evidence in map(stage.evidence, stage.episodes()):
        assert all(len(hop.data) > FIRST_BYTES for hop in evidence.route)
        assert not any(hop.problem for hop in evidence.route)


def an_interrupted_function_is_one_episode_for_each_interruption(stage: Stage) -> None:
    """It comes and goes within one snapshot: three runs of failing reads by each access, each with its end."""
    for nth in (1, 2, 3):
        with stage.changed("card", "COMMAND=0:2", undo="COMMAND=2:2"):
            episodes = stage.expect_episodes("card.identification", "all_ones", nth)
        stage.expect_closed(*episodes)
        stage.expect_reads("card.identification")

    for access in ("user", "kernel"):
        rows = [row for row in stage.episodes() if row["access"] == access]
        assert [row["outcome"] for row in rows] == ["all_ones"] * 3
        assert all(row["has_evidence"] for row in rows)
        assert all(left["closed_at_ns"] < right["opened_at_ns"] for left, right in pairwise(rows))


def decoding_is_off_at_a_bridge(stage: Stage) -> None:
    """All functions behind the switch fail at once, and each one's own registers say that all is well."""
    registers = ("card.identification", "panel.status", "network.status", "nvme.version")
    with stage.changed("switch", "COMMAND=0:2", undo="COMMAND=2:2"):
        episodes = [episode for register in registers for episode in stage.expect_episodes(register, "all_ones")]
        evidence = [(episode["register"], stage.evidence(episode)) for episode in episodes]
    stage.expect_closed(*episodes)

    for register, each in evidence:
        root, upstream, downstream, function = (is_decoding(hop.data) for hop in each.route)
        assert (root, upstream, downstream, function) == (True, False, True, True)
        assert rereads(each, register) == twice(user="all_ones", kernel="all_ones")
        assert rereads(each, "config.ids") == twice(config="ok")
    assert stage.outcomes() == {"user": {"all_ones"}, "kernel": {"all_ones"}}
