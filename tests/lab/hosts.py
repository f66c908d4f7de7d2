"""The hosts of the lab, from the text files in hosts/: what each is made of, checked."""

from pathlib import Path
from typing import Literal, Self

import msgspec

FOLDER = Path(__file__).parent / "hosts"
NAMES = tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


class Port(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A root port, or one port of a switch."""

    id: str
    device: Literal["pcie-root-port", "x3130-upstream", "xio3130-downstream"]
    below: str | None = None  # the port above it; None for a root port
    is_external_facing: bool = False  # the firmware says that it leads out of the chassis
    is_hotplug_capable: bool = True  # root ports only
    prefetchable_gib: int | None = (
        None  # the prefetchable window to ask the firmware for: from 4 GiB it lies above 4 GiB
    )


class Function(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A device with one function."""

    id: str
    device: Literal["edu", "ivshmem-plain", "nvme", "e1000e", "ati-vga", "qemu-xhci"]
    below: str
    length_mib: int = 1  # of the BAR of an ivshmem-plain
    is_plugged: bool = True  # when the host is switched on
    repeated_registers: int = 0  # so many more names for its first register: a pass that takes long


class Host(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One machine."""

    summary: str
    vendor: str
    model: str
    chassis: int  # SMBIOS 3.7 (DSP0134), 7.4.1
    iommu: bool
    bios: tuple[str, str] | None = None  # who made it, and its version; None: the maker of the machine
    user_mapping: Literal["auto", "driver", "sysfs"] = "auto"  # the agent's option: who maps BARs for the user access
    is_shared: bool = False  # the driver's policy lets functions be read that have a driver of their own, too
    is_locked_down: bool = False  # from the moment that the modules are loaded
    is_ordinary_user: bool = False  # who runs the agent: nobody in particular, in the group that may read the device
    port: tuple[Port, ...]
    function: tuple[Function, ...]
    name: str = ""  # of its file

    @classmethod
    def load(cls, name: str) -> Self:
        """The host of that name.

        Raises:
            ValueError: the file is wrong; the text says where.
        """
        file = FOLDER / f"{name}.toml"
        host = msgspec.structs.replace(msgspec.toml.decode(file.read_bytes(), type=cls), name=name)
        known: set[str] = set()
        for part in (*host.port, *host.function):
            if part.id in known or (part.below is not None and part.below not in known):
                msg = f"{file}: {part.id!r}: the id is taken, or what it is below is not described before it"
                raise ValueError(msg)
            known.add(part.id)
        return host

    @property
    def root_ports(self) -> tuple[Port, ...]:
        """Ports on the root bus, in the order of their slots."""
        return tuple(port for port in self.port if port.below is None)

    def root_port_of(self, part: str) -> Port:
        """The root port that a port or function hangs below."""
        parts = {each.id: each for each in (*self.port, *self.function)}
        found = parts[part]
        while found.below is not None:
            found = parts[found.below]
        return found

    def function_of(self, name: str) -> Function:
        """The function of that id."""
        return next(function for function in self.function if function.id == name)
