"""The operating system says no."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.proof import rereads, twice
from tests.lab.stage import Stage

NVME = "/sys/bus/pci/drivers/nvme"


def a_driver_that_takes_the_bar_for_itself(stage: Stage) -> None:
    """The kernel takes the application's mapping back (a bus error) and gives no new one; ours may still read.

    The policy shares the function. Source: Linux kernel/resource.c, revoke_iomem; drivers/pci/pci-sysfs.c,
    pci_mmap_resource, iomem_is_exclusive.
    """
    with _driver_on_the_disk(stage):
        fault = stage.expect_episode("nvme.cap_low", "fault")
        denied = stage.expect_episode("nvme.version", "denied")
        evidence = stage.evidence(fault)
        stage.expect_reads("nvme.cap_low", "denied", "user")
        stage.expect_reads("nvme.cap_low", "ok", "kernel")
    stage.expect_closed(fault, denied)

    assert fault["reason"] == "SIGBUS"
    assert "owns BAR 0 exclusively" in denied["reason"]
    assert rereads(evidence, "nvme.version") == twice(user="denied", kernel="ok")
    assert stage.outcomes() == {"user": {"fault", "denied"}}


def a_driver_whose_function_the_policy_does_not_share(stage: Stage) -> None:
    """Ours takes its mapping back and reads nothing, as long as the function has a driver of its own."""
    with _driver_on_the_disk(stage):
        kernel = [stage.expect_episode(register, "denied", "kernel") for register in ("nvme.cap_low", "nvme.version")]
        fault = stage.expect_episode("nvme.cap_low", "fault")
        denied = stage.expect_episode("nvme.version", "denied")
        evidence = stage.evidence(fault)
        stage.expect_reads("nvme.cap_low", "denied", "user")
    stage.expect_closed(*kernel, fault, denied)

    assert fault["reason"] == "SIGBUS"
    assert all("no rule of the policy shares it" in episode["reason"] for episode in (*kernel, denied))
    assert rereads(evidence, "nvme.version") == twice(user="denied", kernel="denied")
    assert stage.outcomes() == {"user": {"fault", "denied"}, "kernel": {"denied"}}


@contextmanager
def _driver_on_the_disk(stage: Stage) -> Iterator[None]:
    """The function has the kernel's own driver meanwhile; afterwards it is read again."""
    address = stage.guest.address("disk")
    stage.guest.run(f"modprobe nvme; test -e {NVME}/{address} || echo {address} > {NVME}/bind")
    try:
        yield
    finally:
        stage.guest.run(f"echo {address} > {NVME}/unbind")
    stage.expect_reads("nvme.cap_low")
    stage.expect_reads("nvme.version")
