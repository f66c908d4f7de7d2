"""Recording: the copy shows the same topology and settings as the machine, and no more than was asked for."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from barwatch_agent import recorded
from barwatch_agent.roots import Roots
from barwatch_agent.settings import read_settings
from barwatch_agent.settings.host import host_facts
from barwatch_agent.topology import Scan
from barwatch_agent.topology.linux import scan
from barwatch_proto.snapshot import Setting

HOSTS = (
    "desktop-gpu-slot",
    "laptop-no-thunderbolt",
    "laptop-thunderbolt-box",
    "ordinary-user",
    "server-switches",
    "this-vm",
)


def seen(roots: Roots) -> tuple[Scan, tuple[Setting, ...]]:
    return scan(roots, 0), read_settings(roots)


def function(roots: Roots, name: str) -> Path:
    return (roots.sys / "bus/pci/devices" / name).resolve()


@pytest.mark.parametrize("name", HOSTS)
def test_a_copy_of_a_recorded_host_shows_the_same(
    name: str, shared_host: Callable[[str], Roots], tmp_path: Path
) -> None:
    machine = shared_host(name)

    copy = recorded.record(machine, name, "a copy").unpack(tmp_path / "copy")

    assert seen(copy) == seen(machine)


def test_a_copy_of_this_machine_shows_the_same(tmp_path: Path) -> None:
    """Power states and error counters may change while we look; then once more."""
    machine = Roots.beside(Path("/sys"))
    for attempt in range(5):
        before = seen(machine)
        copy = recorded.record(machine, "this", "this machine").unpack(tmp_path / str(attempt))
        if seen(machine) == before:
            break

    assert seen(copy) == before


def test_recording_a_copy_gives_the_same_text(shared_host: Callable[[str], Roots], tmp_path: Path) -> None:
    first = recorded.record(shared_host("laptop-thunderbolt-box"), "x", "x")

    again = recorded.record(first.unpack(tmp_path / "copy"), "x", "x")

    assert recorded.dump(again) == recorded.dump(first)


def test_configuration_space_of_what_sleeps_is_not_read(shared_host: Callable[[str], Roots]) -> None:
    machine = shared_host("laptop-thunderbolt-box")

    copy = recorded.record(machine, "x", "x")

    asleep = next(path for path in copy.files if path.endswith("0000:05:02.0/vendor")).removesuffix("vendor")
    assert copy.files[f"{asleep}power/runtime_status"] == "suspended\n"
    assert f"{asleep}config" not in copy.config
    assert f"{asleep}current_link_speed" not in copy.files


def test_a_function_that_vanished_does_not_stop_the_others(host: Callable[[str], Roots]) -> None:
    machine = host("this-vm")
    shutil.rmtree(function(machine, "0000:00:02.0"))

    copy = recorded.record(machine, "x", "x")

    assert not [path for path in copy.files if "0000:00:02.0" in path]
    assert [path for path in copy.files if path.endswith("0000:00:01.0/vendor")]


def test_a_file_that_cannot_be_read_is_recorded_with_the_reason(host: Callable[[str], Roots]) -> None:
    machine = host("this-vm")
    power = function(machine, "0000:00:01.0") / "power_state"
    power.unlink()
    power.mkdir()

    copy = recorded.record(machine, "x", "x")

    place = next(path for path in copy.files if path.endswith("0000:00:01.0/vendor")).replace("vendor", "power_state")
    assert place not in copy.files
    assert copy.unreadable[place] == "Is a directory (EISDIR)"


def test_a_configuration_space_that_says_nothing_is_recorded_as_unreadable(host: Callable[[str], Roots]) -> None:
    machine = host("this-vm")
    (function(machine, "0000:00:01.0") / "config").write_bytes(b"")
    (function(machine, "0000:00:02.0") / "config").unlink()

    copy = recorded.record(machine, "x", "x")

    reasons = {path.split("/")[-2]: reason for path, reason in copy.unreadable.items() if path.endswith("/config")}
    assert list(reasons) == ["0000:00:01.0"]
    assert reasons["0000:00:01.0"].startswith("0 of 256 bytes")
    assert not [path for path in copy.config if "0000:00:02.0" in path]


def test_rubbish_is_cut_to_what_a_recorded_file_holds(host: Callable[[str], Roots], tmp_path: Path) -> None:
    machine = host("this-vm")
    (machine.etc / "os-release").write_bytes(b"\xff" * 200_000)

    copy = recorded.record(machine, "x", "x")

    assert len(copy.files["etc/os-release"].encode()) <= 65536
    copy.unpack(tmp_path / "copy")


def test_a_link_out_of_the_roots_is_replaced_by_what_it_leads_to(host: Callable[[str], Roots], tmp_path: Path) -> None:
    machine = host("this-vm")
    outside = tmp_path / "usr-lib-os-release"
    outside.write_text("PRETTY_NAME=Outside\n")
    (machine.etc / "os-release").unlink()
    (machine.etc / "os-release").symlink_to(outside)

    copy = recorded.record(machine, "x", "x")

    assert copy.files["etc/os-release"] == "PRETTY_NAME=Outside\n"


def test_only_options_that_matter_to_pci_are_taken_from_the_kernel_command_line(host: Callable[[str], Roots]) -> None:
    machine = host("this-vm")
    (machine.proc / "cmdline").write_text(
        "root=/dev/secret pci=nocrs password=geheim iommu.passthrough=1 -- pci=init\n"
    )

    copy = recorded.record(machine, "x", "x")

    assert copy.files["proc/cmdline"] == "pci=nocrs iommu.passthrough=1\n"


def test_what_names_one_machine_is_left_out(host: Callable[[str], Roots], tmp_path: Path) -> None:
    machine = host("desktop-gpu-slot")
    for name in ("product_serial", "board_serial", "chassis_serial", "chassis_asset_tag"):
        (machine.sys / "class/dmi/id" / name).write_text("SERIAL-4711\n")

    copy = recorded.record(machine, "x", "x")

    assert host_facts(machine, "h").hardware_uuid is not None
    assert host_facts(copy.unpack(tmp_path / "copy"), "h").hardware_uuid is None
    assert "4711" not in recorded.dump(copy)


def test_bars_are_not_touched(shared_host: Callable[[str], Roots]) -> None:
    assert recorded.record(shared_host("desktop-gpu-slot"), "x", "x").bars == {}


def test_an_empty_folder_is_not_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "sys/class/iommu").mkdir(parents=True)

    copy = recorded.record(Roots.beside(tmp_path / "sys"), "x", "x")

    assert copy.empty_folders == ("sys/class/iommu",)


def test_links_that_lead_in_a_circle_end_the_path(tmp_path: Path) -> None:
    devices = tmp_path / "sys/bus/pci/devices"
    devices.mkdir(parents=True)
    (devices / "0000:00:00.0").symlink_to("0000:00:01.0")
    (devices / "0000:00:01.0").symlink_to("0000:00:00.0")

    copy = recorded.record(Roots.beside(tmp_path / "sys"), "x", "x")

    assert set(copy.links) == {"sys/bus/pci/devices/0000:00:00.0", "sys/bus/pci/devices/0000:00:01.0"}
    assert copy.files == {}
