"""Configuration space through sysfs, of a made machine and of this one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from barwatch_agent.access.config import ConfigReader
from barwatch_agent.reads import Match, Register, Reply, Target
from barwatch_agent.roots import Roots
from barwatch_proto.pci import Address
from barwatch_proto.topology import Function
from barwatch_proto.words import Access, Outcome, State

if TYPE_CHECKING:
    from tests.agent.access.conftest import Machine

DEVICES = Path("/sys/bus/pci/devices")
THIS_MACHINE = sorted(path.name for path in DEVICES.iterdir()) if DEVICES.is_dir() else []
on_a_machine_with_pci = pytest.mark.skipif(not THIS_MACHINE, reason="this machine has no PCI functions")
Rights = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def reader(machine: "Machine") -> Iterator[ConfigReader]:
    made = ConfigReader(machine.roots)
    yield made
    made.close()


def ticks() -> Callable[[], int]:
    moments = iter(range(0, 10_000, 7))
    return lambda: next(moments)


def real_target(address: str, offset: int = 0) -> Target:
    register = Register("ids", "test", "test", Match(), None, offset, 4, (Access.CONFIG,))
    return Target(register, Function(Address.parse(address), None, "key", 0, 0, 0), None, offset, None)


@pytest.mark.parametrize(("width", "value"), [(1, 0x10), (2, 0x1110), (4, 0x13121110)])
def test_a_register_is_read_little_endian_in_its_width(machine: "Machine", width: int, value: int) -> None:
    reader = ConfigReader(machine.roots, ticks())

    assert reader.read([machine.target(0x10, width, None)]) == [Reply(value, duration_ns=7)]
    reader.close()


def test_a_batch_is_answered_in_its_order_whatever_happens_to_some(machine: "Machine", reader: ConfigReader) -> None:
    batch = [machine.target(4, 1, None), machine.target(0, 4, None, problem="no such capability"), machine.target(0)]
    batch.append(machine.target(8, 1, None))

    replies = reader.read(batch)

    assert [(reply.value, reply.outcome, reply.reason) for reply in replies] == [
        (4, None, None),
        (None, Outcome.UNREACHABLE, "no such capability"),
        (None, Outcome.UNREACHABLE, "not a register of configuration space"),
        (8, None, None),
    ]


def test_what_an_ordinary_user_does_not_see_is_denied(machine: "Machine", reader: ConfigReader) -> None:
    (machine.folder / "config").write_bytes(bytes(64))

    (reply,) = reader.read([machine.target(0x40, 4, None)])

    assert (reply.value, reply.outcome) == (None, Outcome.DENIED)
    assert reply.reason == (
        "an ordinary user sees 64 bytes of configuration space, root sees all; the register ends at 0x44"
    )


def test_a_register_beyond_a_conventional_configuration_space_is_unreachable(
    machine: "Machine", reader: ConfigReader
) -> None:

    assert reader.read([machine.target(0x100, 4, None)]) == [
        Reply(
            outcome=Outcome.UNREACHABLE,
            reason="configuration space is 256 bytes long here, the register ends at 0x104",
        )
    ]


def test_a_function_in_d3cold_is_not_read(machine: "Machine", reader: ConfigReader) -> None:
    (machine.folder / "power_state").write_text("D3cold\n")

    (reply,) = reader.read([machine.target(0, 4, None)])

    assert (reply.value, reply.outcome) == (None, Outcome.UNREACHABLE)
    assert "D3cold" in (reply.reason or "")


def test_a_function_behind_a_sleeping_bridge_is_not_read(machine: "Machine", reader: ConfigReader) -> None:
    machine.bridge(0).write_text("suspended\n")

    (reply,) = reader.read([machine.target(0, 4, None)])

    assert (reply.value, reply.outcome) == (None, Outcome.UNREACHABLE)
    assert "0000:00:1c.0" in (reply.reason or "")


def test_a_function_that_is_plugged_in_again_is_read_anew(machine: "Machine", reader: ConfigReader) -> None:
    target = machine.target(0, 1, None)
    first = reader.read([target])
    machine.folder.rename(machine.folder.with_name("pulled"))
    gone = reader.read([target])
    machine.plug()
    (machine.folder / "config").write_bytes(b"\x55" * 256)

    values = [first[0].value, gone[0].value, reader.read([target])[0].value]

    assert values == [0, None, 0x55]
    assert gone[0].reason == "the function is gone: 0000:03:00.0 is not in sysfs"


def test_a_config_file_that_must_not_be_opened_is_denied(machine: "Machine", reader: ConfigReader) -> None:
    (machine.folder / "config").unlink()
    (machine.folder / "config").symlink_to("/proc/sys/vm/drop_caches")  # root may not read it either

    assert reader.read([machine.target(0, 4, None)]) == [
        Reply(outcome=Outcome.DENIED, reason="configuration space: Permission denied (EACCES)")
    ]


def test_a_config_file_that_cannot_be_read_is_a_fault_and_no_value(machine: "Machine", reader: ConfigReader) -> None:
    (machine.folder / "config").unlink()
    (machine.folder / "config").symlink_to("/proc/self/mem")  # reading it at 0 is EIO

    (reply,) = reader.read([machine.target(0, 4, None)])

    assert (reply.value, reply.outcome, reply.reason) == (
        None,
        Outcome.FAULT,
        "configuration space: Input/output error (EIO)",
    )


def test_a_function_without_a_config_file_is_gone(machine: "Machine", reader: ConfigReader) -> None:
    (machine.folder / "config").unlink()

    (reply,) = reader.read([machine.target(0, 4, None)])

    assert (reply.value, reply.outcome) == (None, Outcome.UNREACHABLE)


@pytest.mark.parametrize(("length", "state", "value"), [(256, State.ON, None), (64, State.VALUE, "first 64 bytes")])
def test_the_setting_says_how_much_of_configuration_space_is_open(
    machine: "Machine", reader: ConfigReader, length: int, state: State, value: str | None
) -> None:
    (machine.folder / "config").write_bytes(bytes(length))

    setting = reader.status()

    assert (setting.name, setting.state, setting.value) == ("config_access", state, value)


def test_without_pci_the_access_is_absent(tmp_path: Path) -> None:
    assert ConfigReader(Roots.beside(tmp_path / "sys")).status().state is State.ABSENT


@on_a_machine_with_pci
def test_the_ids_in_the_configuration_space_of_this_machine_are_those_that_sysfs_tells() -> None:
    reader = ConfigReader(Roots.beside(Path("/sys")))
    replies = dict(zip(THIS_MACHINE, reader.read([real_target(name) for name in THIS_MACHINE]), strict=True))
    reader.close()

    for name, reply in replies.items():
        if reply.value is None or (DEVICES / name / "physfn").exists():
            continue
        ids = [int((DEVICES / name / file).read_text(), 16) for file in ("device", "vendor")]
        assert reply.value == ids[0] << 16 | ids[1], name
    assert any(reply.value is not None for reply in replies.values())


@on_a_machine_with_pci
def test_an_ordinary_user_of_this_machine_is_denied_the_capabilities_and_told_so(ordinary_user: Rights) -> None:
    with ordinary_user():
        reader = ConfigReader(Roots.beside(Path("/sys")))
        setting = reader.status()
        ids, capabilities = reader.read([real_target(THIS_MACHINE[0]), real_target(THIS_MACHINE[0], 0x40)])
        reader.close()

    assert (setting.state, setting.value) == (State.VALUE, "first 64 bytes")
    assert ids.value is not None
    assert (capabilities.value, capabilities.outcome) == (None, Outcome.DENIED)
