"""The PCIe devices of a host as arguments for QEMU.

QEMU answers 0 where nobody claims an address; hardware answers all ones. So each function gets a **floor**: a BAR full
of ones, as long as the function's own, which the harness lays under it (floors.py). A floor is function 1 to 7 of a
device that has no function 0: no operating system looks there, so it is in nobody's topology.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.firmware import FIRST_SLOT
from tests.lab.hosts import Function, Host, Port

KIB, MIB = 1 << 10, 1 << 20
REGISTER_BAR = {"edu": 0, "ivshmem-plain": 2, "nvme": 0, "e1000e": 0, "ati-vga": 2, "qemu-xhci": 0}
LENGTHS = {"edu": MIB, "nvme": 16 * KIB, "e1000e": 128 * KIB, "ati-vga": 16 * KIB, "qemu-xhci": 16 * KIB}  # of that BAR
LONGEST_FLOOR = 16 * MIB
FLOOR_DEVICES, FLOOR_FUNCTIONS = (0x1D, 0x1E), range(1, 8)
WORDS = {0x1F380: 0x7666, 0x1F384: 0x00000001}  # what the BAR of an ivshmem-plain holds: panel.status and panel.mask


@dataclass(frozen=True, slots=True)
class Floor:
    """Where the floor of a function is in configuration space, and of which BAR it is."""

    function: str  # id
    bar: int
    length: int
    device: int  # of the root bus
    number: int  # of the function

    @property
    def id(self) -> str:
        return f"floor-{self.function}"


def floors(host: Host) -> dict[str, Floor]:
    """The floor of each function, by its id; none for one that no address could be found for."""
    places = [(device, number) for device in FLOOR_DEVICES for number in FLOOR_FUNCTIONS]
    wanted = [function for function in host.function if length(function) <= LONGEST_FLOOR]
    return {
        function.id: Floor(function.id, REGISTER_BAR[function.device], length(function), *place)
        for function, place in zip(wanted, places, strict=False)
    }


def length(function: Function) -> int:
    """Bytes of the BAR that holds its registers."""
    return LENGTHS.get(function.device) or function.length_mib * MIB


def arguments(host: Host, folder: Path) -> list[str]:
    """Ports, functions and floors; the files behind memory are made in the folder."""
    slots = {port.id: slot for slot, port in enumerate(host.root_ports, start=FIRST_SLOT)}
    return [
        *(argument for floor in floors(host).values() for argument in _floor(floor, folder)),
        *(argument for port in host.port for argument in ("-device", _port(port, slot_number(host, port.id), slots))),
        *(argument for function in host.function for argument in _backing(function, folder)),
        *(argument for function in host.function if function.is_plugged for argument in ("-device", device(function))),
    ]


def slot_number(host: Host, port: str) -> int:
    """The number of the slot of a port, by which the guest's kernel knows it too."""
    return 1 + next(index for index, each in enumerate(host.port) if each.id == port)


def device(function: Function, memory: str | None = None) -> str:
    """The function as an argument of -device, with the memory of that name where it is some."""
    options = {
        "edu": "edu",
        "ivshmem-plain": f"ivshmem-plain,memdev={memory or f'memory-{function.id}'}",
        "nvme": f"nvme,drive=drive-{function.id},serial={function.id}",
        "e1000e": "e1000e,romfile=,netdev=nowhere",
        "ati-vga": "ati-vga,romfile=",
        "qemu-xhci": "qemu-xhci",
    }
    return f"{options[function.device]},id={function.id},bus={function.below}"


def _port(port: Port, chassis: int, slots: dict[str, int]) -> str:
    place = f"bus=pcie.0,addr={slots[port.id]:x}" if port.below is None else f"bus={port.below}"
    slot = "" if port.device == "x3130-upstream" else f",chassis={chassis},slot={chassis}"
    window = "" if port.prefetchable_gib is None else f",pref64-reserve={port.prefetchable_gib}G"
    hotplug = "" if port.is_hotplug_capable else ",hotplug=off"
    return f"{port.device},id={port.id},{place}{slot}{window}{hotplug}"


def _backing(function: Function, folder: Path) -> Iterator[str]:
    if function.device == "ivshmem-plain":
        _write_memory(memory_file(function, folder), length(function))
        yield from _memory(f"memory-{function.id}", memory_file(function, folder), length(function), "on")
    elif function.device == "nvme":
        yield from ("-drive", f"if=none,id=drive-{function.id},driver=null-co,size=64M")
    elif function.device == "e1000e":
        yield from ("-netdev", "user,id=nowhere,restrict=on")


def memory_file(function: Function, folder: Path) -> Path:
    """The file behind the BAR of an ivshmem-plain: what is written to it, the guest reads at once."""
    return folder / f"{function.id}.memory"


def _write_memory(file: Path, length: int) -> None:
    with file.open("wb") as opened:
        opened.truncate(length)  # sparse: a giant costs no disk
        for offset, word in WORDS.items():
            opened.seek(offset)
            opened.write(struct.pack("<I", word))


def _floor(floor: Floor, folder: Path) -> Iterator[str]:
    file = folder / f"{floor.id}.memory"
    file.write_bytes(b"\xff" * floor.length)
    yield from _memory(f"memory-{floor.id}", file, floor.length, "off")
    yield "-device"
    yield f"ivshmem-plain,memdev=memory-{floor.id},id={floor.id},bus=pcie.0,addr={floor.device:x}.{floor.number}"


def _memory(name: str, file: Path, length: int, share: str) -> tuple[str, str]:
    return "-object", f"memory-backend-file,id={name},mem-path={file},size={length},share={share}"
