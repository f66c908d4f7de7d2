"""Reading a function's folder in sysfs: bytes and text as they are, and what could not be read.

Plain ``os`` calls: a scan of a hundred functions opens some two thousand files and lists fifty names in each folder;
pathlib makes objects of them all.
"""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from barwatch_agent.roots import why
from barwatch_agent.topology.place import Place, place_of
from barwatch_proto.pci import ADDRESS, Address

DEVICES = "bus/pci/devices"
PAGE = 4096  # sysfs never gives more text than one page; Linux Documentation/filesystems/sysfs.rst
GONE = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR})
SUPPLIER = "supplier:pci:"  # a device link; Linux drivers/base/core.c, device_link_add

IDS = ("vendor", "device", "class")
TEXTS = (
    *IDS,
    "revision",
    "subsystem_vendor",
    "subsystem_device",
    "resource",
    "power_state",
    "power/runtime_status",
    "removable",
    "d3cold_allowed",
    "ari_enabled",
    "aer_dev_correctable",
    "aer_dev_nonfatal",
    "aer_dev_fatal",
)
LINK_TEXTS = ("current_link_speed", "current_link_width", "max_link_speed", "max_link_width")  # read config space


@dataclass(slots=True)
class Folder:
    """One folder: its path, what is in it, and what of it could not be read."""

    path: str
    names: frozenset[str]
    problems: list[str] = field(default_factory=list)

    def text(self, name: str, silent: frozenset[int] = GONE) -> str | None:
        """The text of a file without white space around it; None when it is not there or cannot be read.

        Args:
            name: of the file, in the folder or one below.
            silent: errno values that are answers and no problems.
        """
        if name.partition("/")[0] not in self.names:
            return None
        try:
            return contents(f"{self.path}/{name}").decode(errors="replace").strip()
        except OSError as error:
            if error.errno not in silent:
                self.problems.append(f"{name}: {why(error)}")
            return None

    def texts(self, names: Iterable[str]) -> dict[str, str]:
        """The text of those files that are there and can be read."""
        found = ((name, self.text(name)) for name in names)
        return {name: text for name, text in found if text is not None}

    def link(self, name: str) -> str | None:
        """The last part of where a symbolic link leads; None when there is none."""
        if name not in self.names:
            return None
        try:
            return os.readlink(f"{self.path}/{name}").rpartition("/")[2]  # noqa: PTH115 see above
        except OSError as error:
            if error.errno not in GONE:
                self.problems.append(f"{name}: {why(error)}")
            return None


@dataclass(slots=True)
class Reading:
    """What the folder of one function holds, apart from its configuration space."""

    place: Place
    folder: Folder
    texts: dict[str, str]
    driver: str | None
    iommu_group: str | None
    suppliers: tuple[Address, ...]  # functions that this one cannot do without, says the kernel


def contents(path: str) -> bytes:
    """The first page of a file.

    Raises:
        OSError: missing, unreadable, or the device behind it is gone.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.read(handle, PAGE)
    finally:
        os.close(handle)


def folder_at(path: str) -> Folder:
    """A folder with the names of what is in it.

    Raises:
        OSError: it is gone or cannot be listed.
    """
    return Folder(path, frozenset(os.listdir(path)))  # noqa: PTH208 see above


def place_at(devices: str, address: Address) -> Place:
    """The place of a function; without a root where its folder is no link, as in a careless copy of sysfs.

    Raises:
        OSError: it is gone.
    """
    try:
        return place_of(address, os.readlink(f"{devices}/{address}"))  # noqa: PTH115 see above
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return Place((address,))


def read_function(devices: str, address: Address) -> Reading:
    """What sysfs tells about one function without touching its configuration space.

    Raises:
        OSError: the function is gone, before or while it was read, or its folder cannot be listed.
    """
    folder = folder_at(f"{devices}/{address}")
    texts = folder.texts(TEXTS)
    if any(name not in texts for name in IDS):
        folder_at(folder.path)  # raises when the function went away between two files
    place = place_at(devices, address)
    if not place.root:
        folder.problems.append("place: the path of its folder does not tell where it hangs, so its parent is unknown")
    return Reading(
        place,
        folder,
        texts,
        folder.link("driver"),
        folder.link("iommu_group"),
        _suppliers(folder.names),
    )


def _suppliers(names: Iterable[str]) -> tuple[Address, ...]:
    found = (name.removeprefix(SUPPLIER) for name in names if name.startswith(SUPPLIER))
    return tuple(sorted(Address.parse(name) for name in found if ADDRESS.fullmatch(name)))
