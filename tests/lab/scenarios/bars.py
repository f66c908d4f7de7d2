"""The address is not where somebody thinks it is: a BAR that moved, that no window leads to, that has no address."""

import sys

from tests.lab.proof import is_decoding, prefetchable_upper, rereads
from tests.lab.stage import Stage

MOVE = "/sys/module/lab_faults/parameters/move"
FRESH_READ = "import mmap, os; m = mmap.mmap(os.open({!r}, 0), 4096, prot=mmap.PROT_READ); print(m[:4].hex())"


def a_bar_that_moved_under_a_user_mapping(stage: Stage) -> None:
    """The founding symptom: the mapping from before reads all ones, one that is made now reads the value."""
    address, before = stage.guest.address("card"), stage.snapshot()
    fresh = FRESH_READ.format(f"/sys/bus/pci/devices/{address}/resource0")
    stage.guest.run(f"echo '{address} 0' > {MOVE}")
    try:
        episode = stage.expect_episode("card.identification", "all_ones")
        evidence = stage.evidence(episode)
        value = stage.guest.run(f'{sys.executable} -I -S -c "{fresh}"')
    finally:
        stage.guest.run(f"echo '{address} 0' > {MOVE}")  # its window has room for two: back where it was
    stage.wait("the topology is as before", lambda: stage.snapshot() == before)
    stage.expect_reads("card.identification")

    assert bytes.fromhex(value.strip()) == (0x010000ED).to_bytes(4, "little")
    assert all(is_decoding(hop.data) for hop in evidence.route)
    assert rereads(evidence, "card.identification") == ["all_ones", "all_ones"]
    assert rereads(evidence, "config.ids", "config") == ["ok", "ok"]


def a_bar_outside_the_window_of_its_bridge(stage: Stage) -> None:
    """The bridge above the function forwards other addresses than those of the function's BAR."""
    there, elsewhere = (f"PREF_BASE_UPPER32={upper} PREF_LIMIT_UPPER32={upper}" for upper in (1, 2))
    with stage.changed("switch-2", elsewhere, undo=there):
        episode = stage.expect_episode("panel.status", "all_ones")
        evidence = stage.evidence(episode)
    stage.expect_closed(episode)
    stage.expect_reads("panel.status")

    bridge, function = evidence.route[-2:]
    assert prefetchable_upper(bridge.data) == 2
    assert is_decoding(function.data)
    assert rereads(evidence, "config.ids", "config") == ["ok", "ok"]
    assert {row["register"] for row in stage.episodes()} == {"panel.status", "panel.mask"}


def a_bar_that_got_no_address(stage: Stage) -> None:
    """A card that asks for more than the host bridge has: nothing is read, and the reason is told."""
    stage.guest.plug("giant")
    at = stage.wait("the giant is there", lambda: _address_of_giant(stage))
    episode = stage.expect_episode("panel.status", "unreachable", at=at)
    stage.guest.switch_slot_off("slot-4")
    stage.expect_closed(episode)

    assert "BAR 2" in episode["reason"]
    assert {row["outcome"] for row in stage.episodes()} == {"unreachable"}


def _address_of_giant(stage: Stage) -> str | None:
    slot = stage.guest.address("slot-4")
    found = stage.guest.run(f"ls /sys/bus/pci/devices/{slot} | grep -E '^0000:.*[0-7]$' | grep -v pcie || true")
    return found.strip() or None
