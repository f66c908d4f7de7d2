"""A scan of the machine that the tests run on: what holds wherever there is /sys/bus/pci."""

from pathlib import Path

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.topology import Scan
from barwatch_agent.topology.linux import LinuxScanner, asleep, read_config
from barwatch_proto.config_space import virtio_structure

SYS = Path("/sys")
VIRTIO_VENDOR = 0x1AF4


@pytest.fixture
def here() -> Scan:
    """This machine."""
    if not any((SYS / "bus/pci/devices").glob("*")):
        pytest.skip("this machine shows no PCI functions in /sys/bus/pci/devices")
    return LinuxScanner(Roots.beside(SYS), lambda: 1).scan()


def test_every_function_of_this_machine_is_found(here: Scan) -> None:
    names = sorted(path.name for path in (SYS / "bus/pci/devices").iterdir())

    assert sorted(str(function.address) for function in here.topology.functions) == names


def test_functions_of_this_machine_are_as_linux_shows_them(here: Scan) -> None:
    for function in here.topology.functions:
        folder = SYS / "bus/pci/devices" / str(function.address)
        assert f"0x{function.vendor:04x}" == (folder / "vendor").read_text().strip()
        assert f"0x{function.class_code:06x}" == (folder / "class").read_text().strip()
        assert all(bar.length_bytes > 0 for bar in function.bars)
        assert all(window.start <= window.end for window in function.windows)


def test_keys_of_this_machine_tell_its_functions_apart(here: Scan) -> None:
    keys = [function.key for function in here.topology.functions]

    assert len(set(keys)) == len(keys)
    assert [state.key for state in here.states] == keys


def test_every_route_of_this_machine_begins_on_a_root_bus(here: Scan) -> None:
    for function in here.topology.functions:
        assert here.topology.route(function)[0].parent is None


def test_virtio_devices_of_this_machine_have_a_common_configuration(here: Scan) -> None:
    roots = Roots.beside(SYS)
    devices = [
        function
        for function in here.topology.functions
        if function.vendor == VIRTIO_VENDOR
        and "vendor_specific" in function.capabilities
        and asleep(roots, function.address) is None
    ]
    if not devices:
        pytest.skip("this machine has no virtio device whose capabilities can be read")

    for device in devices:
        found = virtio_structure(read_config(roots, device), 1)
        assert found is not None
        bar = next(bar for bar in device.bars if bar.index == found.bar)
        assert found.offset + found.length <= bar.length_bytes
