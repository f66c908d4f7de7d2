"""The address is not where somebody thinks it is: a BAR that moved, that no window leads to, that has no address."""

from tests.lab.proof import is_decoding, prefetchable_upper, rereads, twice
from tests.lab.stage import Stage

ALL_OF_PANEL = 4  # episodes: two registers by two accesses
MOVE = "/sys/module/lab_faults/parameters/move"


def a_bar_that_moved_under_a_user_mapping(stage: Stage) -> None:
    """The founding symptom: an application's mapping reads all ones for as long as it has it, the kernel the value."""
    address, before = stage.guest.address("card"), stage.snapshot()
    stage.guest.run(f"echo '{address} 0' > {MOVE}")
    try:
        stage.wait("the topology is told", lambda: stage.snapshot() not in {None, before})
        since_ns = stage.told()["snapshot_from_ns"]
        (episode,) = stage.wait("an episode of this topology", lambda: stage.episodes_since(since_ns))
        stage.expect_reads("card.identification", "all_ones", "user")
        stage.expect_reads("card.identification", "ok", "kernel")
        lasting = stage.episodes_since(since_ns)
        evidence = stage.evidence(episode)
    finally:
        stage.guest.run(f"echo '{address} 0' > {MOVE}")  # its window has room for two: back where it was
    stage.wait("the topology is as before", lambda: stage.snapshot() == before)
    stage.expect_reads("card.identification")

    assert [(row["episode_id"], row["closed_at_ns"]) for row in lasting] == [(episode["episode_id"], None)]
    assert (episode["register"], episode["access"], episode["outcome"]) == ("card.identification", "user", "all_ones")
    assert all(is_decoding(hop.data) for hop in evidence.route)
    assert rereads(evidence, "card.identification") == twice(user="all_ones", kernel="ok")
    assert rereads(evidence, "config.ids") == twice(config="ok")
    assert stage.outcomes() == {"user": {"all_ones"}}


def a_bar_that_moved_under_a_mapping_of_the_drivers(stage: Stage) -> None:
    """The driver takes the mapping back when it sees that the BAR moved; the next one reads the value.

    A process that loads after the move, before the driver is asked, reads all ones at the old address; one that loads
    after the driver was asked finds its mapping gone. The agent reads by user first, so either may be.
    """
    address, before = stage.guest.address("card"), stage.snapshot()
    for nth in (1, 2):  # and back where it was: its window has room for two
        stage.guest.run(f"echo '{address} 0' > {MOVE}")
        stage.wait("the user notices", lambda: len(stage.episodes()) == nth)  # noqa: B023 waits within the turn
        stage.expect_reads("card.identification", "ok", "user")
        stage.expect_reads("card.identification", "ok", "kernel")
        stage.guest.lay_floor("card")
    stage.wait("the topology is as before", lambda: stage.snapshot() == before)

    seen = {"all_ones": [("user", "fault"), ("kernel", "ok"), ("user", "ok"), ("kernel", "ok")]}
    seen |= {"fault": twice(user="ok", kernel="ok")}
    for row in stage.episodes():
        assert rereads(stage.evidence(row), "card.identification") == seen[row["outcome"]]
    assert set(stage.outcomes()) == {"user"}


def a_bar_outside_the_window_of_its_bridge(stage: Stage) -> None:
    """The bridge above the function forwards other addresses than those of the function's BAR."""
    there, elsewhere = (f"PREF_BASE_UPPER32={upper} PREF_LIMIT_UPPER32={upper}" for upper in (1, 2))
    before = stage.snapshot()
    with stage.changed("switch-2", elsewhere, undo=there):
        stage.expect_episodes("panel.status", "all_ones")
        stage.wait("the topology is told", lambda: stage.snapshot() not in {None, before})
        since_ns = stage.told()["snapshot_from_ns"]
        # those of the old topology have ended; what is mended before the new ones are looked at would be no evidence
        stage.wait("two registers fail by both accesses", lambda: len(stage.episodes_since(since_ns)) == ALL_OF_PANEL)
        episodes = [row for row in stage.episodes_since(since_ns) if row["register"] == "panel.status"]
        evidence = [stage.evidence(episode) for episode in episodes]
    stage.expect_closed(*episodes)
    stage.expect_reads("panel.status")

    for each in evidence:
        bridge, function = each.route[-2:]
        assert prefetchable_upper(bridge.data) == 2
        assert is_decoding(function.data)
        assert rereads(each, "panel.status") == twice(user="all_ones", kernel="all_ones")
        assert rereads(each, "config.ids") == twice(config="ok")
    assert {row["register"] for row in stage.episodes()} == {"panel.status", "panel.mask"}
    assert stage.outcomes() == {"user": {"all_ones"}, "kernel": {"all_ones"}}


def a_bar_that_got_no_address(stage: Stage) -> None:
    """A card that asks for more than the host bridge has: nothing is read, and the reason is told."""
    stage.guest.plug("giant")
    at = stage.wait("the giant is there", lambda: _address_of_giant(stage))
    user, kernel = stage.expect_episodes("panel.status", "unreachable")
    stage.mend()
    stage.guest.switch_slot_off("slot-4")
    stage.expect_closed(user, kernel)

    assert {user["address"], kernel["address"]} == {at}
    assert all("BAR 2" in episode["reason"] for episode in (user, kernel))
    assert stage.outcomes() == {"user": {"unreachable"}, "kernel": {"unreachable"}}


def _address_of_giant(stage: Stage) -> str | None:
    slot = stage.guest.address("slot-4")
    found = stage.guest.run(f"ls /sys/bus/pci/devices/{slot} | grep -E '^0000:.*[0-7]$' | grep -v pcie || true")
    return found.strip() or None
