r"""What the instance id of a PCI function says: ``PCI\VEN_10DE&DEV_1B80&SUBSYS_119E10DE&REV_A1\4&2283F625&0&0008``.

Source: Microsoft Learn, "Identifiers for PCI devices".
"""

import re
from dataclasses import dataclass

IDS = re.compile(
    r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})(?:&SUBSYS_([0-9A-F]{4})([0-9A-F]{4}))?(?:&REV_([0-9A-F]{2}))?\\.*",
    re.IGNORECASE | re.DOTALL,
)
CLASS = re.compile(r"PCI\\(?:.*&)?CC_([0-9A-F]{6})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids that name a kind of function."""

    vendor: int
    device: int
    subsystem_vendor: int | None
    subsystem_device: int | None
    revision: int | None


def ids_of(instance_id: str) -> Ids | None:
    """The ids of a function; None when this is not one: the PCI enumerator has holders of interrupts, too."""
    found = IDS.fullmatch(instance_id)
    if found is None:
        return None
    vendor, device, subsystem_device, subsystem_vendor, revision = (
        None if part is None else int(part, 16) for part in found.groups()
    )
    return Ids(vendor or 0, device or 0, subsystem_vendor, subsystem_device, revision)


def class_of(hardware_ids: tuple[str, ...]) -> int | None:
    """Base class, subclass and programming interface from hardware ids; None when none of them has all three."""
    found = (CLASS.fullmatch(each) for each in hardware_ids)
    return next((int(each[1], 16) for each in found if each), None)
