from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import kernel_options, read_settings
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State


def probe(tree: Callable[..., Roots], command_line: str | None) -> Setting:
    (found,) = kernel_options.probe(tree({"/proc/cmdline": command_line}))
    return found


def test_only_options_that_matter_to_pci_are_kept_and_sorted(tree: Callable[..., Roots]) -> None:
    found = probe(
        tree, "BOOT_IMAGE=/vmlinuz quiet pcie_aspm=off pci=realloc iommu=pt mitigations=off thunderbolt.clx=0\n"
    )

    assert (found.state, found.value) == (State.VALUE, "iommu=pt pci=realloc pcie_aspm=off thunderbolt.clx=0")
    assert found.raw == "pcie_aspm=off pci=realloc iommu=pt thunderbolt.clx=0"


def test_a_secret_on_the_command_line_is_in_no_setting(tree: Callable[..., Roots]) -> None:
    line = (
        'cryptpass=hunter2 dyndbg="pcie_x=hunter2 iommu=hunter2" pci=noaer '
        'luks.key="a pci=hunter2 -- pcie_a=hunter2" -- pci=hunter2 open="iommu=hunter2'
    )

    found = read_settings(tree({"/proc/cmdline": line}))

    assert "hunter2" not in repr(found)
    assert probe(tree, line).value == "pci=noaer"


def test_dashes_and_underscores_in_a_name_are_one(tree: Callable[..., Roots]) -> None:
    assert probe(tree, "intel-iommu=on intel_iommu=on").value == "intel_iommu=on"


def test_quotes_around_an_argument_are_not_part_of_it(tree: Callable[..., Roots]) -> None:
    assert probe(tree, 'pci="nocrs,realloc" efi=runtime').value == "efi=runtime pci=nocrs,realloc"


def test_an_option_given_twice_with_two_arguments_is_there_twice(tree: Callable[..., Roots]) -> None:
    assert probe(tree, "pci=nomsi pci=realloc pci=nomsi").value == "pci=nomsi pci=realloc"


def test_what_follows_two_dashes_belongs_to_init(tree: Callable[..., Roots]) -> None:
    assert probe(tree, "noefi -- pci=nomsi").value == "noefi"


def test_the_override_of_acs_is_told(tree: Callable[..., Roots]) -> None:
    assert (
        probe(tree, "pcie_acs_override=downstream,multifunction").value == "pcie_acs_override=downstream,multifunction"
    )


@pytest.mark.parametrize("line", ["", "quiet splash", "pcie=x pci.x=1 xiommu=1", '"', '="'])
def test_a_command_line_without_such_options_is_no_value(tree: Callable[..., Roots], line: str) -> None:
    found = probe(tree, line)

    assert (found.state, found.value) == (State.ABSENT, None)
    assert "no option that matters" in found.reason


def test_a_command_line_that_cannot_be_read_is_unreadable(tree: Callable[..., Roots]) -> None:
    found = probe(tree, None)

    assert (found.state, found.reason) == (State.UNREADABLE, "Is a directory (EISDIR)")


def test_no_procfs_means_no_command_line(tree: Callable[..., Roots]) -> None:
    (found,) = kernel_options.probe(tree())

    assert (found.state, found.reason) == (State.ABSENT, "no kernel command line")
