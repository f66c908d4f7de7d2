"""The Thunderbolt and USB4 side of a host: its domains and routers.

Source: Linux Documentation/ABI/testing/sysfs-bus-thunderbolt.
"""

import errno
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from barwatch_agent.roots import why
from barwatch_agent.topology.attributes import switch, whole_number
from barwatch_agent.topology.sysfs import GONE, Folder, folder_at
from barwatch_proto.topology import ThunderboltDevice, ThunderboltDomain

DEVICES = "bus/thunderbolt/devices"
DOMAIN = re.compile(r"domain\d{1,3}")
ROUTER = re.compile(r"\d{1,3}-[0-9a-f]{1,16}")  # domain and route string; services and retimers have more
SPEED = re.compile(r"(\d{1,4}(?:\.\d)?) Gb/s")
SECURITY = frozenset({"none", "user", "secure", "dponly", "usbonly", "nopcie", "unknown"})
NO_NVM = GONE | {errno.ENODATA}  # a router in safe mode has no version; Linux drivers/thunderbolt/switch.c

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ThunderboltSide:
    """All domains and routers, in the order of their names."""

    domains: tuple[ThunderboltDomain, ...] = ()
    devices: tuple[ThunderboltDevice, ...] = ()
    problems: tuple[str, ...] = ()


def read_thunderbolt(sys_root: str) -> ThunderboltSide:
    """The Thunderbolt side of a host; empty where Linux has no such bus."""
    try:
        names = sorted(os.listdir(f"{sys_root}/{DEVICES}"))  # noqa: PTH208 names are all we want
    except OSError as error:
        return ThunderboltSide(problems=() if error.errno in GONE else (f"{DEVICES}: {why(error)}",))
    problems: list[str] = []
    folders = [(name, folder) for name in names if (folder := _folder(sys_root, name, problems))]
    domains = tuple(_domain(name, folder) for name, folder in folders if DOMAIN.fullmatch(name))
    devices = tuple(_device(name, folder) for name, folder in folders if _is_router(name, folder))
    problems.extend(f"thunderbolt {name}: {problem}" for name, folder in folders for problem in folder.problems)
    return ThunderboltSide(domains, devices, tuple(problems))


def _folder(sys_root: str, name: str, problems: list[str]) -> Folder | None:
    try:
        return folder_at(f"{sys_root}/{DEVICES}/{name}")
    except OSError as error:
        problems.append(f"thunderbolt {name}: {'vanished during the scan' if error.errno in GONE else why(error)}")
        return None


def _is_router(name: str, folder: Folder) -> bool:
    """Other hosts at the end of a cable (XDomain) have names like routers, but are nothing that could be authorized."""
    return ROUTER.fullmatch(name) is not None and "authorized" in folder.names


def _domain(name: str, folder: Folder) -> ThunderboltDomain:
    return ThunderboltDomain(name, _take(folder, "security", _security), _take(folder, "iommu_dma_protection", switch))


def _device(name: str, folder: Folder) -> ThunderboltDevice:
    return ThunderboltDevice(
        name=name,
        vendor_name=folder.text("vendor_name") or None,
        device_name=folder.text("device_name") or None,
        generation=_take(folder, "generation", whole_number),
        authorized=_take(folder, "authorized", whole_number),
        is_authorized_at_boot=_take(folder, "boot", switch),
        nvm_version=folder.text("nvm_version", NO_NVM) or None,
        rx_speed_gbps=_take(folder, "rx_speed", _speed),
        rx_lanes=_take(folder, "rx_lanes", whole_number),
        tx_speed_gbps=_take(folder, "tx_speed", _speed),
        tx_lanes=_take(folder, "tx_lanes", whole_number),
    )


def _take(folder: Folder, name: str, parse: Callable[[str], T]) -> T | None:
    text = folder.text(name)
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        folder.problems.append(f"{name}: {error}")
        return None


def _speed(text: str) -> float:
    """Gb/s from ``20.0 Gb/s``: of one lane."""
    found = SPEED.fullmatch(text)
    if found is None:
        msg = f"{text!r} is not a speed such as 20.0 Gb/s"
        raise ValueError(msg)
    return float(found[1])


def _security(text: str) -> str | None:
    if text not in SECURITY:
        msg = f"{text!r} is not a security level"
        raise ValueError(msg)
    return None if text == "unknown" else text
