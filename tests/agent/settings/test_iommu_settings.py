from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import iommu
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State


def settings(roots: Roots) -> dict[str, Setting]:
    return {setting.name: setting for setting in iommu.probe(roots)}


def test_units_of_an_iommu_mean_on(tree: Callable[..., Roots]) -> None:
    found = settings(tree({"/sys/class/iommu/dmar1": None, "/sys/class/iommu/dmar0": None}))["iommu"]

    assert (found.state, found.raw) == (State.ON, "dmar0 dmar1")


def test_a_kernel_that_could_drive_an_iommu_and_drives_none_means_off(tree: Callable[..., Roots]) -> None:
    assert settings(tree({"/sys/class/iommu": None}))["iommu"].state is State.OFF


def test_a_kernel_without_iommu_support_is_not_a_kernel_with_the_iommu_off(tree: Callable[..., Roots]) -> None:
    found = settings(tree())["iommu"]

    assert (found.state, found.reason) == (State.ABSENT, "this kernel has no IOMMU support")


def test_a_folder_of_units_that_cannot_be_listed_is_unreadable(tree: Callable[..., Roots]) -> None:
    found = settings(tree({"/sys/class/iommu": "a file"}))["iommu"]

    assert (found.state, found.reason) == (State.UNREADABLE, "Not a directory (ENOTDIR)")


def test_the_mode_is_the_set_of_types_with_the_number_of_groups_beside_it(tree: Callable[..., Roots]) -> None:
    types = {"0": "DMA-FQ\n", "1": "identity\n", "2": "DMA-FQ\n"}
    found = settings(tree({f"/sys/kernel/iommu_groups/{group}/type": kind for group, kind in types.items()}))

    assert found["iommu_mode"].state is State.VALUE
    assert found["iommu_mode"].value == "DMA-FQ,identity"
    assert found["iommu_mode"].raw == "DMA-FQ 2, identity 1"


def test_a_group_that_vanishes_in_mid_scan_does_not_hide_the_others(tree: Callable[..., Roots]) -> None:
    found = settings(tree({"/sys/kernel/iommu_groups/0/type": "DMA", "/sys/kernel/iommu_groups/1": None}))["iommu_mode"]

    assert (found.value, found.raw) == ("DMA", "DMA 1, unread 1")


def test_no_groups_means_no_mode(tree: Callable[..., Roots]) -> None:
    found = settings(tree({"/sys/kernel/iommu_groups": None}))["iommu_mode"]

    assert (found.state, found.reason) == (State.ABSENT, "no IOMMU groups")


def test_a_kernel_that_does_not_tell_the_type_has_no_mode(tree: Callable[..., Roots]) -> None:
    found = settings(tree({"/sys/kernel/iommu_groups/0": None}))["iommu_mode"]

    assert (found.state, found.reason) == (State.ABSENT, "this kernel does not tell a group's type")


@pytest.mark.parametrize("text", [None, "", "\0\xff rubbish"])
def test_a_type_that_is_no_word_is_unreadable(tree: Callable[..., Roots], text: str | bytes | None) -> None:
    found = settings(tree({"/sys/kernel/iommu_groups/0/type": text}))["iommu_mode"]

    assert (found.state, found.value) == (State.UNREADABLE, None)
    assert found.reason


def test_what_the_command_line_asked_stands_beside_what_came_of_it(tree: Callable[..., Roots]) -> None:
    found = settings(tree({"/proc/cmdline": "root=/dev/sda1 iommu=pt intel-iommu=on pci=nocrs\n"}))["iommu_requested"]

    assert (found.state, found.value) == (State.VALUE, "intel_iommu=on iommu=pt")


def test_a_command_line_that_asks_for_nothing_leaves_the_default(tree: Callable[..., Roots]) -> None:
    found = settings(tree({"/proc/cmdline": "root=/dev/sda1 pci=nocrs"}))["iommu_requested"]

    assert found.state is State.ABSENT
    assert "default" in found.reason
