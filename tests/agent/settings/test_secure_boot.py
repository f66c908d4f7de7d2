from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import secure_boot
from barwatch_proto.words import State

SECURE_BOOT = secure_boot.SOURCES["secure_boot"]
SETUP_MODE = secure_boot.SOURCES["setup_mode"]
ON, OFF = bytes.fromhex("0600000001"), bytes.fromhex("0600000000")


def test_the_byte_after_the_attributes_says_on_or_off(tree: Callable[..., Roots]) -> None:
    on, setup = secure_boot.probe(tree({SECURE_BOOT: ON, SETUP_MODE: OFF}))

    assert (on.name, on.state, on.raw, on.source) == ("secure_boot", State.ON, "0600000001", SECURE_BOOT)
    assert (setup.name, setup.state, setup.raw) == ("setup_mode", State.OFF, "0600000000")


def test_a_machine_booted_without_uefi_has_no_secure_boot(tree: Callable[..., Roots]) -> None:
    found, _ = secure_boot.probe(tree({"/sys/firmware/memmap": None}))

    assert (found.state, found.reason) == (State.ABSENT, "booted without UEFI")


def test_an_unmounted_efivarfs_is_not_a_machine_without_secure_boot(tree: Callable[..., Roots]) -> None:
    found, _ = secure_boot.probe(tree({secure_boot.VARIABLES: None}))

    assert found.state is State.UNREADABLE
    assert "not mounted" in found.reason


def test_a_firmware_folder_that_a_container_hides_says_nothing(tree: Callable[..., Roots]) -> None:
    found, _ = secure_boot.probe(tree({"/sys/firmware": None}))

    assert found.state is State.UNREADABLE
    assert "container" in found.reason


def test_firmware_may_know_setup_mode_and_not_secure_boot(tree: Callable[..., Roots]) -> None:
    found, setup = secure_boot.probe(tree({SETUP_MODE: ON}))

    assert (found.state, setup.state) == (State.ABSENT, State.ON)


def test_a_variable_that_cannot_be_read_hides_only_itself(tree: Callable[..., Roots]) -> None:
    found, setup = secure_boot.probe(tree({SECURE_BOOT: None, SETUP_MODE: OFF}))

    assert (found.state, setup.state) == (State.UNREADABLE, State.OFF)
    assert "EISDIR" in found.reason


@pytest.mark.parametrize(
    "content", [b"", b"\x01", b"\x06\0\0\0", b"\x06\0\0\0\x02", b"\x06\0\0\0\xff", b"\x06\0\0\0\x01\x01"]
)
def test_anything_but_attributes_and_a_flag_is_unreadable_and_kept(tree: Callable[..., Roots], content: bytes) -> None:
    found, _ = secure_boot.probe(tree({SECURE_BOOT: content}))

    assert (found.state, found.value, found.raw) == (State.UNREADABLE, None, content.hex())
    assert found.reason
