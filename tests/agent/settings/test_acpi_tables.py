from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import acpi_tables
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

DMAR, IVRS, SDEV = (f"{acpi_tables.TABLES}/{name}" for name in ("DMAR", "IVRS", "SDEV"))


def table(signature: bytes, offset: int, flags: int) -> bytes:
    """A table of 48 bytes with one byte of flags."""
    content = bytearray(signature + bytes(44))
    content[offset] = flags
    return bytes(content)


def settings(roots: Roots) -> dict[str, Setting]:
    return {setting.name: setting for setting in acpi_tables.probe(roots)}


def test_each_table_is_there_or_not(tree: Callable[..., Roots]) -> None:
    found = settings(tree({DMAR: b"", SDEV: b""}))

    assert [found[name].state for name in ("dmar_table", "ivrs_table", "sdev_table")] == [
        State.ON,
        State.ABSENT,
        State.ON,
    ]


@pytest.mark.parametrize(
    ("flags", "state"), [(0b101, State.ON), (0b100, State.ON), (0b011, State.OFF), (0xFB, State.OFF)]
)
def test_intel_opts_in_by_bit_2_of_the_flags(tree: Callable[..., Roots], flags: int, state: State) -> None:
    found = settings(tree({DMAR: table(b"DMAR", 37, flags)}))["dma_remapping_opt_in"]

    assert (found.state, found.source, found.raw) == (state, DMAR, table(b"DMAR", 37, flags).hex())


@pytest.mark.parametrize(("flags", "state"), [(0b10, State.ON), (0b11, State.ON), (0b01, State.OFF)])
def test_amd_opts_in_by_bit_1_of_ivinfo(tree: Callable[..., Roots], flags: int, state: State) -> None:
    found = settings(tree({IVRS: table(b"IVRS", 36, flags)}))["dma_remapping_opt_in"]

    assert (found.state, found.source) == (state, IVRS)


def test_without_either_table_nobody_could_opt_in(tree: Callable[..., Roots]) -> None:
    found = settings(tree({f"{acpi_tables.TABLES}/APIC": b""}))["dma_remapping_opt_in"]

    assert found.state is State.ABSENT
    assert "no DMAR and no IVRS" in found.reason


def test_a_table_that_only_root_may_read_is_still_known_to_be_there(tree: Callable[..., Roots]) -> None:
    """A folder in its place stands for mode 0400: it can be seen and not read."""
    found = settings(tree({DMAR: None}))

    assert found["dmar_table"].state is State.ON
    assert found["dma_remapping_opt_in"].state is State.UNREADABLE
    assert "EISDIR" in found["dma_remapping_opt_in"].reason


@pytest.mark.parametrize("content", [b"", b"DMA", b"DMAR", b"DMAR" + bytes(43), b"RAMD" + bytes(60), b"\xff" * 48])
def test_rubbish_and_cut_tables_are_unreadable_and_kept(tree: Callable[..., Roots], content: bytes) -> None:
    found = settings(tree({DMAR: content}))["dma_remapping_opt_in"]

    assert (found.state, found.raw) == (State.UNREADABLE, content[:48].hex())
    assert found.reason


def test_a_hidden_firmware_folder_is_not_firmware_without_tables(tree: Callable[..., Roots]) -> None:
    assert {found.state for found in acpi_tables.probe(tree({"/sys/firmware": None}))} == {State.UNREADABLE}


def test_a_folder_of_tables_that_cannot_be_entered_is_unreadable(tree: Callable[..., Roots]) -> None:
    assert {found.state for found in acpi_tables.probe(tree({acpi_tables.TABLES: "a file"}))} == {State.UNREADABLE}
