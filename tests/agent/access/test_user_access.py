"""BARs mapped by the real mapping process from real files."""

import errno
import os
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.agent.driver_device import Silicon

from barwatch_agent.access import mapping_process
from barwatch_agent.access.mapping import MappingClient
from barwatch_agent.access.user import UserReader
from barwatch_agent.access.ways_to_map import FirstThatWorks, ThroughDriver, ThroughSysfs
from barwatch_agent.driver.abi import PolicyState, Status
from barwatch_agent.driver.connection import Driver
from barwatch_agent.driver.linux import open_device
from barwatch_agent.reads import Reply, Target
from barwatch_agent.roots import Roots
from barwatch_proto.words import Outcome, State

if TYPE_CHECKING:
    from tests.agent.access.conftest import Machine

VALUE = 0x8877665544332211


@pytest.fixture
def client() -> Iterator[MappingClient]:
    made = MappingClient(deadline_s=30)
    yield made
    made.close()


def read_once(machine: "Machine", targets: list[Target], client: MappingClient) -> list[Reply]:
    """What a reader of its own answers."""
    with closing(UserReader(machine.roots, ThroughSysfs(machine.roots), client)) as reader:
        return reader.read(targets)


@pytest.fixture
def reader(machine: "Machine", client: MappingClient) -> Iterator[UserReader]:
    machine.resource(struct.pack("<Q", VALUE) + bytes(0x1FF0) + struct.pack("<Q", 0x7666))
    made = UserReader(machine.roots, ThroughSysfs(machine.roots), client)
    yield made
    made.close()


def seen(replies: list[Reply]) -> list[int | str | None]:
    """Values, and for replies without one the outcome."""
    return [reply.value if reply.outcome is None else reply.outcome.value for reply in replies]


@pytest.mark.parametrize(
    ("width", "offset", "value"),
    [(1, 0, 0x11), (1, 3, 0x44), (2, 0, 0x2211), (2, 6, 0x8877), (4, 4, 0x88776655), (8, 0, VALUE)],
)
def test_a_register_is_loaded_in_its_width(
    machine: "Machine", reader: UserReader, width: int, offset: int, value: int
) -> None:
    (reply,) = reader.read([machine.target(offset, width)])

    assert (reply.value, reply.outcome) == (value, None)
    assert reply.duration_ns is not None


def test_the_last_register_of_a_file_of_several_pages_is_loaded(machine: "Machine", reader: UserReader) -> None:
    assert seen(reader.read([machine.target(0x1FF8, 8)])) == [0x7666]


def test_a_mapping_shows_what_the_register_holds_now(machine: "Machine", reader: UserReader) -> None:
    before = seen(reader.read([machine.target()]))
    with (machine.folder / "resource0").open("r+b") as file:
        file.write(b"\x66\x76\x00\x00")

    assert (before, seen(reader.read([machine.target()]))) == ([0x44332211], [0x7666])


def test_a_bus_error_is_a_fault_of_its_register_and_the_others_are_still_read(
    machine: "Machine", reader: UserReader
) -> None:
    replies = reader.read([machine.target(0), machine.target(0x3000), machine.target(4)])

    assert seen(replies) == [0x44332211, "fault", 0x88776655]
    assert replies[1].reason == "SIGBUS"


def test_after_too_many_bus_errors_the_rest_of_a_pass_is_not_tried(machine: "Machine", reader: UserReader) -> None:
    faulty = [machine.target(0x3000 + 4 * number) for number in range(4)]

    replies = reader.read([*faulty, machine.target(0)])

    assert seen(replies) == ["fault", "fault", "fault", "fault", "unreachable"]
    assert replies[4].reason == "not tried: the mapping process ended 4 times in this pass: SIGBUS"
    assert seen(reader.read([machine.target(0)])) == [0x44332211]


def test_a_process_killed_between_two_passes_is_started_again(
    machine: "Machine", reader: UserReader, client: MappingClient
) -> None:
    reader.read([machine.target()])
    first = client.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)

    assert seen(reader.read([machine.target()])) == [0x44332211]
    assert client.pid not in {first, None}


def test_a_process_that_does_not_answer_is_ended_and_the_others_are_still_read(machine: "Machine") -> None:
    machine.resource(bytes(0x1000))
    os.mkfifo(machine.folder / "resource1")  # opening it waits for a writer who never comes
    bars = (replace(machine.target().function.bars[0], index=1), machine.target().function.bars[0])
    batch = [machine.target(0), machine.target(0, bar=1), machine.target(4)]
    batch = [replace(target, function=replace(target.function, bars=bars)) for target in batch]

    replies = read_once(machine, batch, MappingClient(deadline_s=2))

    assert seen(replies) == [0, "fault", 0]
    assert replies[1].reason == "no answer in 2 s"


def test_a_bar_without_a_resource_file_is_unreachable(machine: "Machine") -> None:
    client = MappingClient()

    (reply,) = read_once(machine, [machine.target()], client)

    assert reply == Reply(
        outcome=Outcome.UNREACHABLE, reason="no resource0 file: the kernel offers no mapping of BAR 0"
    )
    assert client.pid is None


def test_a_resource_file_that_must_not_be_opened_is_denied(machine: "Machine", reader: UserReader) -> None:
    (machine.folder / "resource0").unlink()
    (machine.folder / "resource0").symlink_to("/proc/sys/vm/drop_caches")  # root may not read it either

    assert reader.read([machine.target()]) == [
        Reply(outcome=Outcome.DENIED, reason="resource0: Permission denied (EACCES)")
    ]


def test_a_folder_in_the_place_of_a_resource_is_a_recorded_refusal(machine: "Machine", reader: UserReader) -> None:
    (machine.folder / "resource0").unlink()
    (machine.folder / "resource0").mkdir()

    assert reader.read([machine.target()]) == [
        Reply(outcome=Outcome.DENIED, reason="resource0: Is a directory (EISDIR)")
    ]


def test_a_resource_that_cannot_be_mapped_is_unreachable(machine: "Machine", reader: UserReader) -> None:
    (machine.folder / "resource0").unlink()
    (machine.folder / "resource0").symlink_to("/dev/null")  # mmap is ENODEV, as of a function that was pulled

    (reply,) = reader.read([machine.target()])

    assert reply == Reply(outcome=Outcome.UNREACHABLE, reason="resource0: No such device (ENODEV)")


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (errno.EPERM, Outcome.DENIED, "resource0: Operation not permitted (EPERM)"),
        (
            errno.EINVAL,
            Outcome.DENIED,
            "Invalid argument (EINVAL): nvme owns BAR 0 exclusively; unbind it, or boot with iomem=relaxed",
        ),
        (errno.ENODEV, Outcome.UNREACHABLE, "resource0: No such device (ENODEV)"),
        (errno.EIO, Outcome.FAULT, "resource0: Input/output error (EIO)"),
    ],
)
def test_what_the_kernel_says_instead_of_mapping_is_an_outcome_and_no_value(
    machine: "Machine", error: int, outcome: Outcome, reason: str
) -> None:
    target = machine.target()
    driven = replace(target, function=replace(target.function, driver="nvme"))

    assert ThroughSysfs(machine.roots).refused(driven, error) == Reply(outcome=outcome, reason=reason)


def test_a_bar_smaller_than_a_page_begins_where_its_address_does(machine: "Machine", reader: UserReader) -> None:
    machine.resource(bytes(0x400) + struct.pack("<I", 0x7666) + bytes(0xBFC))
    machine.bar_start, machine.bar_bytes = 0xF7D3B400, 0x400

    assert seen(reader.read([machine.target(0)])) == [0x7666]


def test_a_bar_without_an_address_is_unreachable(machine: "Machine", reader: UserReader) -> None:
    (reply,) = reader.read([machine.target(0, bar=3)])

    assert reply == Reply(outcome=Outcome.UNREACHABLE, reason="BAR 3 is not assigned")


def test_a_register_of_configuration_space_or_with_a_problem_is_unreachable(
    machine: "Machine", reader: UserReader
) -> None:
    replies = reader.read([machine.target(0, bar=None), machine.target(problem="BAR 0 is short")])

    assert [reply.reason for reply in replies] == [
        "not a register in a BAR",
        "BAR 0 is short",
    ]


def test_a_function_in_d3cold_is_not_touched(machine: "Machine", reader: UserReader, client: MappingClient) -> None:
    (machine.folder / "power_state").write_text("D3cold\n")

    (reply,) = reader.read([machine.target()])

    assert (reply.value, reply.outcome) == (None, Outcome.UNREACHABLE)
    assert client.pid is None


def test_a_function_behind_a_sleeping_bridge_is_not_touched(machine: "Machine", reader: UserReader) -> None:
    machine.bridge(1).write_text("suspended\n")

    (reply,) = reader.read([machine.target()])

    assert (reply.value, reply.outcome) == (None, Outcome.UNREACHABLE)
    assert "0000:01:00.0" in (reply.reason or "")


def test_a_mapping_of_a_file_that_became_another_file_is_dropped(machine: "Machine", reader: UserReader) -> None:
    resource = machine.folder / "resource0"
    before = seen(reader.read([machine.target()]))
    resource.rename(resource.with_name("old"))  # keeps its inode from being used again
    machine.resource(struct.pack("<I", 0x7666) + bytes(0xFFC))

    assert (before, seen(reader.read([machine.target()]))) == ([0x44332211], [0x7666])


def test_more_registers_than_a_frame_holds_are_all_read_in_order(machine: "Machine", reader: UserReader) -> None:
    machine.resource(struct.pack("<2048I", *range(2048)) + bytes(0x2000))

    assert seen(reader.read([machine.target(4 * number) for number in range(2048)])) == list(range(2048))


def test_a_process_that_cannot_be_started_leaves_registers_unreachable(machine: "Machine") -> None:
    machine.resource(bytes(0x1000))

    (reply,) = read_once(machine, [machine.target()], MappingClient(command=("/nowhere/python",)))

    assert reply == Reply(
        outcome=Outcome.UNREACHABLE,
        reason="the mapping process cannot be started: No such file or directory (ENOENT)",
    )


def test_a_process_that_ends_at_once_leaves_registers_unreachable(machine: "Machine") -> None:
    machine.resource(bytes(0x1000))
    client = MappingClient(command=(sys.executable, "-I", "-c", "raise SystemExit(3)"))

    replies = read_once(machine, [machine.target(0), machine.target(4)], client)

    assert seen(replies) == ["unreachable", "unreachable"]
    assert replies[0].reason == ("the mapping process did not start: the mapping process ended with code 3")


def test_the_process_ends_with_the_agent(machine: "Machine", reader: UserReader, client: MappingClient) -> None:
    reader.read([machine.target()])
    pid = client.pid
    assert pid is not None
    reader.close()

    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)  # it has ended, and was waited for


def test_the_process_ends_with_an_agent_that_is_killed() -> None:
    script = (
        "from barwatch_agent.access.mapping import MappingClient, Request\n"
        "client = MappingClient()\n"
        "client.read([Request(0, 4, b'/proc/self/exe')])\n"
        "print(client.pid, flush=True)\n"
        "input()\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as agent:
        assert agent.stdout is not None
        process = os.pidfd_open(int(agent.stdout.readline()))
        agent.kill()

    ended, _, _ = select.select([process], [], [], 30)

    os.close(process)
    assert ended


def test_the_process_imports_little() -> None:
    script = f"import sys; exec(open({mapping_process.__file__!r}).read(), {{'__name__': 'x'}}); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)

    assert {"pathlib", "typing", "re", "json", "asyncio", "barwatch_agent"}.isdisjoint(modules.stdout.split())


def test_the_setting_says_whether_the_kernel_offers_bars(machine: "Machine") -> None:
    reader = UserReader(machine.roots, ThroughSysfs(machine.roots))
    without = reader.status()
    machine.resource(bytes(16))

    assert (without.name, without.state) == ("user_access", State.ABSENT)
    assert reader.status().state is State.ON
    reader.close()


def test_without_pci_the_access_is_absent(tmp_path: Path) -> None:
    assert ThroughSysfs(Roots.beside(tmp_path / "sys")).status().state is State.ABSENT


def test_a_device_that_is_no_driver_is_unreachable_and_the_process_lives_on(
    machine: "Machine", client: MappingClient
) -> None:
    machine.roots.dev.mkdir()
    (machine.roots.dev / "barwatch").touch()
    way = ThroughDriver(Driver(machine.roots.dev / "barwatch", open_device))
    with closing(UserReader(machine.roots, way, client)) as reader:
        found = reader.read([machine.target(), machine.target(4)])
        pid = client.pid
        reader.read([machine.target()])

        assert {reply.outcome for reply in found} == {Outcome.UNREACHABLE}
        assert "ENOTTY" in (found[0].reason or "")
        assert client.pid == pid


@pytest.mark.parametrize("policy", [PolicyState.NONE, PolicyState.LOCKED])
def test_the_driver_maps_where_it_has_a_policy_and_sysfs_elsewhere(machine: "Machine", policy: PolicyState) -> None:
    silicon = Silicon(policy=policy)
    granted = ThroughDriver(Driver(machine.roots.dev / "barwatch", lambda _: silicon.device()))
    way = FirstThatWorks(granted, ThroughSysfs(machine.roots))
    status, request = way.status(), way.request(machine.target())

    has_policy = policy is PolicyState.LOCKED
    assert status.source.startswith("/dev/barwatch" if has_policy else "/sys/")
    assert bool(request.asked) == bool(request.device) == has_policy
    assert request.file.endswith(b"resource0")  # for what the policy does not grant
    assert "no rule" in (way.refused(machine.target(), Status.DENIED_POLICY).reason or "")
    assert "resource0" in (way.refused(machine.target(), errno.EPERM).reason or "")
