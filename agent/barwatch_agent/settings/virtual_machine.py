"""Whether this machine is a virtual one, and whose: clues in the order of how much they tell."""

import re
from dataclasses import dataclass

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import (
    Answer,
    ask,
    entries,
    read_each,
    read_start,
    setting,
    text_or_none,
    unreadable,
)
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

CPUINFO = "/proc/cpuinfo"
XEN = "/sys/hypervisor"
CLOCKS = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
DEVICE_TREE = "/sys/firmware/devicetree/base"
DMI = "/sys/class/dmi/id"
FUNCTIONS = "/sys/bus/pci/devices"
SOURCES = {"virtual_machine": CPUINFO}

CLOCK_OF = {  # only a guest registers it: arch/x86/kernel/kvmclock.c, drivers/clocksource/hyperv_timer.c
    "kvm-clock": "kvm",
    "hyperv_clocksource_tsc_page": "hyperv",
    "hyperv_clocksource_msr": "hyperv",
    "xen": "xen",
}
FIELDS = ("product_name", "sys_vendor", "board_vendor", "bios_vendor", "product_version")
# How SMBIOS strings of virtual machines begin. Clouds and "Oracle Corporation" are missing: they have real ones too.
MAKERS = {
    "KVM": "kvm",
    "OpenStack": "kvm",
    "KubeVirt": "kvm",
    "QEMU": "qemu",
    "VMware": "vmware",
    "VMW": "vmware",
    "VirtualBox": "virtualbox",
    "innotek GmbH": "virtualbox",
    "Hyper-V": "hyperv",
    "HVM domU": "xen",
    "Xen": "xen",
    "Bochs": "bochs",
    "Parallels": "parallels",
    "BHYVE": "bhyve",
    "Apple Virtualization": "apple",
}
DOM0 = 1 << 11  # XENFEAT_dom0, xen/include/public/features.h
VIRTIO_VENDOR = "0x1af4"


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """What shows that this machine is a virtual one."""

    name: str | None  # None: there is one, and nothing tells which
    source: str
    raw: str


def probe(roots: Roots) -> tuple[Setting, ...]:
    """On, with the hypervisor where something names it; off on a real machine, and in the domain that owns it."""
    found = hypervisor(roots)
    if found:
        return (setting("virtual_machine", found.source, Answer(State.ON, found.name, found.raw)),)
    return (ask("virtual_machine", CPUINFO, "nothing here tells", lambda: _real(roots)),)


def hypervisor(roots: Roots) -> Hypervisor | None:
    """What this machine runs on; None when no clue says that it is a virtual one."""
    if _owns_hardware(roots):
        return None
    clues = (_xen, _clock, _device_tree, _dmi, _cpu_flag, _virtio)
    return next((found for clue in clues if (found := clue(roots))), None)


def _real(roots: Roots) -> Answer:
    """That no clue was found counts only where there would be one."""
    flags = cpu_flags(read_start(roots, CPUINFO, 8192))
    if flags or text_or_none(roots, f"{DMI}/sys_vendor") or text_or_none(roots, f"{DEVICE_TREE}/compatible"):
        return Answer(State.OFF)
    return unreadable("no x86 CPU flags, no SMBIOS and no device tree: nothing here tells")


def cpu_flags(cpuinfo: bytes) -> frozenset[str]:
    """The flags of the first CPU; empty where it is not an x86."""
    match = re.search(r"^flags\s*:(.*)$", cpuinfo.decode(errors="replace"), re.MULTILINE)
    return frozenset(match[1].split()) if match else frozenset()


def _owns_hardware(roots: Roots) -> bool:
    """Xen's dom0 has a hypervisor below it and the real PCI hierarchy before it."""
    features = text_or_none(roots, f"{XEN}/properties/features")
    return bool(features and re.fullmatch(r"[0-9a-f]{1,16}", features) and int(features, 16) & DOM0)


def _xen(roots: Roots) -> Hypervisor | None:
    kind = text_or_none(roots, f"{XEN}/type")
    return Hypervisor("xen", f"{XEN}/type", kind) if kind == "xen" else None


def _clock(roots: Roots) -> Hypervisor | None:
    clocks = text_or_none(roots, CLOCKS) or ""
    clock = next((clock for clock in clocks.split() if clock in CLOCK_OF), None)
    return Hypervisor(CLOCK_OF[clock], CLOCKS, clock) if clock else None


def _device_tree(roots: Roots) -> Hypervisor | None:
    source = f"{DEVICE_TREE}/hypervisor/compatible"
    kind = text_or_none(roots, source)
    if kind is None:
        return None
    return Hypervisor(next((name for name in ("kvm", "xen", "vmware") if name in kind), None), source, kind)


def _dmi(roots: Roots) -> Hypervisor | None:
    texts = {field: text_or_none(roots, f"{DMI}/{field}") or "" for field in FIELDS}
    if texts["product_name"] == "Virtual Machine" and texts["sys_vendor"].startswith("Microsoft"):
        return Hypervisor("hyperv", f"{DMI}/product_name", texts["product_name"])
    for field, text in texts.items():
        for start, name in MAKERS.items():
            if text.startswith(start):
                return Hypervisor(name, f"{DMI}/{field}", text)
    return None


def _cpu_flag(roots: Roots) -> Hypervisor | None:
    try:
        flags = cpu_flags(read_start(roots, CPUINFO, 8192))
    except OSError:
        return None
    return Hypervisor(None, CPUINFO, "hypervisor") if "hypervisor" in flags else None


def _virtio(roots: Roots) -> Hypervisor | None:
    """Only where no CPU flag decides: on x86, virtio without that flag is a network card that speaks it."""
    try:
        if cpu_flags(read_start(roots, CPUINFO, 8192)):
            return None
        names = entries(roots, FUNCTIONS) or []
    except OSError:
        return None
    vendors, _ = read_each(roots, (f"{FUNCTIONS}/{name}/vendor" for name in names))
    path = next((path for path, vendor in vendors.items() if vendor == VIRTIO_VENDOR), None)
    return Hypervisor(None, path, VIRTIO_VENDOR) if path else None
