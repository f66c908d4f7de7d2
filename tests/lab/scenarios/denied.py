"""The operating system says no."""

from tests.lab.stage import Stage

NVME = "/sys/bus/pci/drivers/nvme"


def a_driver_that_takes_the_bar_for_itself(stage: Stage) -> None:
    """The mapping that is there is taken back (a bus error), and no new one is given as long as the driver has the BAR.

    Source: Linux kernel/resource.c, revoke_iomem; drivers/pci/pci-sysfs.c, pci_mmap_resource, iomem_is_exclusive.
    """
    address = stage.guest.address("disk")
    stage.guest.run(f"modprobe nvme; test -e {NVME}/{address} || echo {address} > {NVME}/bind")
    try:
        fault = stage.expect_episode("nvme.cap_low", "fault")
        denied = stage.expect_episode("nvme.version", "denied")
        stage.evidence(fault)
        stage.expect_reads("nvme.cap_low", outcome="denied")
    finally:
        stage.guest.run(f"echo {address} > {NVME}/unbind")
    stage.expect_reads("nvme.cap_low")
    stage.expect_reads("nvme.version")

    assert fault["reason"] == "SIGBUS"
    assert "owns BAR 0 exclusively" in denied["reason"]
    assert {row["outcome"] for row in stage.episodes()} == {"fault", "denied"}
