"""A function that sleeps."""

from tests.lab.proof import Power, power, rereads, twice
from tests.lab.stage import Stage

POWER = "/sys/module/lab_faults/parameters/power"


def a_function_in_d3hot(stage: Stage) -> None:
    """It answers in configuration space only: PCIe Base Spec 6.0, 5.3.1.4.1.

    QEMU (before 10.0) lets the BARs of such a function answer; the floor over them does what hardware does.
    """
    address = stage.guest.address("disk")
    stage.guest.run(f"echo '{address} 3' > {POWER}")
    stage.guest.raise_floor("disk")
    try:
        episodes = stage.expect_episodes("nvme.version", "all_ones")
        evidence = [stage.evidence(episode) for episode in episodes]
        stage.wait("the state is told", lambda: stage.states()[address]["power_state"] == "D3hot")
    finally:
        stage.guest.sink_floor("disk")
        stage.guest.run(f"echo '{address} 0' > {POWER}")
    stage.expect_closed(*episodes)
    stage.wait("the state is told", lambda: stage.states()[address]["power_state"] == "D0")

    for each in evidence:
        assert each.route[-1].power_state == "D3hot"
        assert power(each.route[-1].data) is Power.D3HOT
        assert rereads(each, "nvme.version") == twice(user="all_ones", kernel="all_ones")
        assert rereads(each, "config.ids") == twice(config="ok")
    assert stage.outcomes() == {"user": {"all_ones"}, "kernel": {"all_ones"}}
