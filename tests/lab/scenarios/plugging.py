"""Cards that are pulled and come back.

A card is pulled by turning its slot's power off and on behind the kernel's back: QEMU takes the device out at that
moment (hw/pci/pcie.c, pcie_cap_slot_write_config), and the port tells the kernel afterwards.
"""

import sys
from pathlib import Path

from tests.lab.proof import is_slot_occupied, rereads, twice
from tests.lab.stage import Stage

STOP = Path(__file__).parents[1] / "inside/stop_in_a_pass.py"
SLOT_CONTROL = "CAP_EXP+18.w"  # PCIe Base Spec 6.0, 7.5.3.10
OFF, ON = f"{SLOT_CONTROL}=0700:0720", f"{SLOT_CONTROL}=0100:0720"  # power controller and indicator; no interrupts
INTERRUPTS = f"{SLOT_CONTROL}=0020:0020"
REPEATED = 300  # registers of the panel: hosts/laptop-box.toml


def removed_in_the_middle_of_a_pass(stage: Stage) -> None:
    """The first registers of the pass still read their value, the others all ones; then Linux finds out.

    The driver's batch, which comes after, finds nobody there at all.
    """
    slot, before = stage.guest.address("box-slot-2"), stage.snapshot()
    pull = f"setpci -s {slot} {OFF} {ON}"
    stage.guest.run(f"{sys.executable} -I -S {STOP} {REPEATED} '{pull}'")
    first = stage.expect_episode("panel.repeated_299", "all_ones")
    late = stage.expect_episode("panel.repeated_000", "all_ones")
    kernel = stage.expect_episode("panel.repeated_000", "all_ones", "kernel")
    evidence = stage.evidence(first)
    stage.guest.run(f"setpci -s {slot} {INTERRUPTS}")
    stage.guest.wait_until_removed("box-slot-2")
    stage.expect_closed(first, late, kernel)
    stage.wait("it is gone", lambda: stage.snapshot() != before)
    _come_back(stage, before)

    port, function = evidence.route[-2:]
    assert first["opened_at_ns"] < kernel["opened_at_ns"] < late["opened_at_ns"]  # late: in the next pass
    assert rereads(evidence, "panel.status") == twice(user="all_ones", kernel="all_ones")
    assert not is_slot_occupied(port.data)
    assert function.data == b"\xff" * 4
    assert "does not answer" in function.problem


def pulled_and_plugged_in_again_and_again(stage: Stage) -> None:
    """Each time it is the same function in the same topology, and whatever failed in between has an end."""
    slot, before = stage.guest.address("box-slot-2"), stage.snapshot()
    began_ns = stage.told()["snapshot_from_ns"]
    for _ in range(2):
        stage.guest.run(f"setpci -s {slot} {OFF} {ON} {INTERRUPTS}")
        stage.guest.wait_until_removed("box-slot-2")
        stage.wait("it is gone", lambda: stage.snapshot() != before)
        _come_back(stage, before)

    after = stage.snapshots_after(began_ns)
    assert after.count(before) == 2
    assert after[-1] == before
    assert {row["outcome"] for row in stage.episodes()} <= {"all_ones", "unreachable"}


def _come_back(stage: Stage, before: str) -> None:
    """The card is plugged in; the same snapshot as before holds again, and it is read."""
    stage.guest.plug("panel")
    stage.wait("it is back", lambda: stage.snapshot() == before)
    stage.guest.lay_floor("panel")
    stage.expect_reads("panel.status")
