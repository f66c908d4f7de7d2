"""All ones that are the register's own."""

import struct

from tests.lab.proof import rereads, twice
from tests.lab.stage import Stage

MASK = 0x1F384  # panel.mask: tests/lab/plan.toml


def a_register_that_holds_all_ones(stage: Stage) -> None:
    """A suspicion, and the evidence clears it: the canary of the same function answers at the same time.

    A register that is expected to read all ones is ok with them.
    """
    _write(stage, 0xFFFFFFFF)
    try:
        episodes = stage.expect_episodes("panel.mask", "all_ones")
        evidence = [stage.evidence(episode) for episode in episodes]
    finally:
        _write(stage, 0x00000001)
    stage.expect_closed(*episodes)
    stage.expect_reads("card.unimplemented")

    for each in evidence:
        assert rereads(each, "panel.mask") == twice(user="all_ones", kernel="all_ones")
        assert rereads(each, "panel.status") == twice(user="ok", kernel="ok")
    assert {row["register"] for row in stage.episodes()} == {"panel.mask"}
    for access in ("user", "kernel"):
        assert stage.reads()["card.unimplemented", access]["all_ones"] == 0


def _write(stage: Stage, value: int) -> None:
    """What the device puts into its register: the BAR is this file."""
    with stage.guest.memory_file("panel").open("r+b") as memory:
        memory.seek(MASK)
        memory.write(struct.pack("<I", value))
