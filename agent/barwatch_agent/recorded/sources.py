"""What is recorded of a machine: the one list of paths that the scanner, the settings and the identity read.

A ``*`` stands for any name in a folder. Links on the way to a path are recorded with it, so that the path leads to the
same place in the copy. What names a person or one single machine is left out: DMI serial numbers and the hardware
UUID, ids of Thunderbolt routers, the kernel command line but for the options that change how PCI works.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from barwatch_agent.settings.kernel_options import options
from barwatch_agent.windows.kept import CONFIG, MAX_BYTES, PROBLEMS, RESOURCES, STATUS
from barwatch_agent.windows.properties import KEYS
from barwatch_agent.windows.sources import NAMES as FACTS


class Kind(Enum):
    """What of a path is kept."""

    TEXT = "text"  # what the file holds, as far as `keep` lets it through
    BYTES = "bytes"  # the first bytes of a file that is not text
    CONFIG = "config"  # a configuration space, as far as it can be read
    EXISTENCE = "existence"  # that there is such a file, or such a folder


@dataclass(frozen=True, slots=True)
class Source:
    """One path, and what of it is kept."""

    path: str
    kind: Kind = Kind.TEXT
    keep: Callable[[str], str] = str  # TEXT only: what of the text is kept
    length: int = 0  # BYTES only: how many
    wakes: bool = False  # the kernel wakes the function for it: left out for a function that is asleep


CPU_LINES = ("vendor_id", "model name", "flags")


def matters_to_pci(text: str) -> str:
    """The options of a kernel command line that the settings look at; never the whole line, it may hold secrets."""
    return " ".join(option.text for option in options(text)) + "\n"


def first_cpu(text: str) -> str:
    """Vendor, model and flags of the first CPU in /proc/cpuinfo."""
    first = text.split("\n\n", 1)[0]
    return "".join(f"{line}\n" for line in first.splitlines() if line.partition(":")[0].strip() in CPU_LINES)


FUNCTION_FILES = (
    "aer_dev_correctable",
    "aer_dev_fatal",
    "aer_dev_nonfatal",
    "ari_enabled",
    "class",
    "d3cold_allowed",
    "device",
    "driver/module/version",
    "enable",
    "numa_node",
    "power/control",
    "power/runtime_status",
    "power_state",
    "removable",
    "resource",
    "revision",
    "sriov_numvfs",
    "sriov_totalvfs",
    "subsystem_device",
    "subsystem_vendor",
    "vendor",
)
LINK_FILES = ("current_link_speed", "current_link_width", "max_link_speed", "max_link_width")
THUNDERBOLT_FILES = (
    "authorized",
    "boot",
    "deauthorization",
    "device",
    "device_name",
    "generation",
    "iommu_dma_protection",
    "nvm_version",
    "rx_lanes",
    "rx_speed",
    "security",
    "tx_lanes",
    "tx_speed",
    "vendor",
    "vendor_name",
)
DMI_FILES = (
    "bios_date",
    "bios_vendor",
    "bios_version",
    "board_name",
    "board_vendor",
    "chassis_type",
    "product_family",
    "product_name",
    "product_version",
    "sys_vendor",
)
GLOBAL_VARIABLE = "8be4df61-93ca-11d2-aa0d-00e098032b8c"  # EFI_GLOBAL_VARIABLE: UEFI Specification 2.10, 3.3
EFI_VARIABLES = ("SecureBoot", "SetupMode")

FOLDERS = (  # an empty one says something else than a missing one, and a full one than an empty one
    "sys/bus/pci/devices",
    "sys/bus/thunderbolt/devices",
    "sys/class/dmi/id",
    "sys/class/iommu",
    "sys/class/iommu/*",
    "sys/class/power_supply",
    "sys/class/tpm",
    "sys/class/tpm/*",
    "sys/firmware",
    "sys/firmware/*",
    "sys/firmware/acpi/tables",
    "sys/firmware/acpi/tables/*",
    "sys/firmware/efi/efivars",
    f"sys/firmware/efi/efivars/BootCurrent-{GLOBAL_VARIABLE}",
    "sys/kernel/iommu_groups",
    "sys/kernel/security",
    "sys/kernel/security/*",
)

SOURCES = (
    *(Source(folder, Kind.EXISTENCE) for folder in FOLDERS),
    *(Source(f"sys/bus/pci/devices/*/{name}") for name in FUNCTION_FILES),
    *(Source(f"sys/bus/pci/devices/*/{name}", wakes=True) for name in LINK_FILES),
    Source("sys/bus/pci/devices/*/config", Kind.CONFIG, wakes=True),
    Source("sys/bus/pci/devices/*/driver", Kind.EXISTENCE),
    Source("sys/bus/pci/devices/*/iommu_group", Kind.EXISTENCE),
    Source("sys/bus/pci/devices/*/physfn", Kind.EXISTENCE),
    Source("sys/bus/pci/devices/*/supplier:*", Kind.EXISTENCE),
    *(Source(f"sys/bus/thunderbolt/devices/*/{name}") for name in THUNDERBOLT_FILES),
    *(Source(f"sys/class/dmi/id/{name}") for name in DMI_FILES),
    *(Source(f"sys/class/power_supply/*/{name}") for name in ("online", "scope", "status", "type")),
    Source("sys/class/tpm/*/tpm_version_major"),
    Source("sys/devices/system/clocksource/clocksource0/available_clocksource"),
    Source("sys/firmware/acpi/pm_profile"),
    Source("sys/firmware/acpi/tables/DMAR", Kind.BYTES, length=48),  # header, address width, flags
    Source("sys/firmware/acpi/tables/IVRS", Kind.BYTES, length=48),  # header, IVinfo
    Source("sys/firmware/devicetree/base/compatible"),
    Source("sys/firmware/devicetree/base/hypervisor/compatible"),
    *(Source(f"sys/firmware/efi/efivars/{name}-{GLOBAL_VARIABLE}", Kind.BYTES, length=64) for name in EFI_VARIABLES),
    Source("sys/hypervisor/properties/features"),
    Source("sys/hypervisor/type"),
    Source("sys/kernel/iommu_groups/*/type"),
    Source("sys/kernel/security/lockdown"),
    Source("sys/module/pcie_aspm/parameters/policy"),
    Source("proc/cmdline", keep=matters_to_pci),
    Source("proc/cpuinfo", keep=first_cpu),
    Source("proc/sys/kernel/osrelease"),
    Source("proc/sys/kernel/tainted"),
    Source("etc/os-release"),
    *(Source(f"windows/devices/*/{name}") for name in (*KEYS, STATUS, RESOURCES, PROBLEMS)),
    Source(f"windows/devices/*/{CONFIG}", Kind.CONFIG),
    Source("windows/facts/*.refused"),
    *(Source(f"windows/facts/{name}", Kind.BYTES, length=MAX_BYTES) for name in FACTS),
)
