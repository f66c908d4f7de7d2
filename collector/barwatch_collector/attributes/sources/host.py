"""Where what a host says of itself comes from, its settings apart."""

from collections.abc import Mapping
from types import MappingProxyType

from barwatch_collector.attributes.attribute import ALWAYS_KNOWN, Source

SYSTEM = Source("the agent runs there", "the agent runs there", ALWAYS_KNOWN)
KERNEL = Source(
    "`/proc/sys/kernel/osrelease`",
    "`RtlGetVersion`, with the update (`UBR`) from the registry",
    "it could not be read",
)
TAINTS = Source("`/proc/sys/kernel/tainted`", "`absent`: a feature of Linux", "the file cannot be read")
MACHINE = Source(
    "`sys_vendor` and `product_name` in `/sys/class/dmi/id`; `absent` where the maker filled in nothing",
    "the same strings of SMBIOS type 1, by `GetSystemFirmwareTable(RSMB)`",
    "Linux: the file cannot be read; Windows: the table cannot be had",
)
FIRMWARE = Source(
    "`bios_vendor` and `bios_version` in `/sys/class/dmi/id`; `absent` where the maker filled in nothing",
    "the same strings of SMBIOS type 0, by `GetSystemFirmwareTable(RSMB)`",
    MACHINE.unknown,
)
FIRMWARE_DATE = Source(
    "`/sys/class/dmi/id/bios_date`",
    "the same string of SMBIOS type 0",
    "there is no date, or its year has two digits",
)
CHASSIS = Source(
    "`/sys/class/dmi/id/chassis_type`; where that says nothing `/sys/firmware/acpi/pm_profile`; a virtual machine is "
    "`virtual`",
    "the same two: SMBIOS type 3, else the preferred profile of the FADT",
    "neither can be read",
)
CHASSIS_TYPE = Source(
    "`/sys/class/dmi/id/chassis_type`",
    "SMBIOS type 3, by `GetSystemFirmwareTable(RSMB)`",
    "it does not say, or this is a virtual machine, whose case is made up",
)
GUEST = Source(
    "clues of a guest: Xen's and other hypervisors' folders, clock sources, makers in SMBIOS, the CPU flag",
    "what Hyper-V writes into the registry of its guests, else makers in SMBIOS; that a hypervisor runs is no clue, "
    "with `vbs` one always does",
    "nothing there would show it; of `hypervisor` also: nothing names it",
)
FUNCTIONS = Source(
    "`/sys/bus/pci/devices`",
    "`CM_Get_Device_ID_List(PCI, present)`; ids and classes as of `function_ids` and `function_class`",
    ALWAYS_KNOWN,
)
THUNDERBOLT = Source(
    "`/sys/bus/thunderbolt/devices`; 0 where the driver `thunderbolt` is not loaded",
    None,
    "Linux: the folder cannot be listed; Windows: no call tells",
)
HOST_BARS = Source(
    "the files `resource` of all functions",
    "what Windows assigned to all functions",
    "no BAR is known to be there, and those of some function could not be read",
)
OPTIONS = Source(
    "`/proc/cmdline`; `absent` where it is not given", "`absent`: a feature of Linux", "the file cannot be read"
)
VBS = Source(
    "`absent`: a feature of Windows",
    "`NtQuerySystemInformation(165)`; where that is no class, `Win32_DeviceGuard` of WMI",
    "neither answers",
)
ACPI_TABLE = Source(
    "`/sys/firmware/acpi/tables`",
    "`EnumSystemFirmwareTables(ACPI)`",
    "Linux: a container hides the folder; Windows: not one table is listed",
)
DRIVER_INFO = Source(
    "`/dev/barwatch`, INFO; `absent` without the driver",
    r"`\\.\barwatch`, INFO; `absent` without the driver",
    "the driver is there, and does not let the agent ask",
)

SETTINGS: Mapping[str, Source] = MappingProxyType({
    "secure_boot": Source(
        "EFI variable `SecureBoot`; `absent` when booted without UEFI",
        "`NtQuerySystemInformation(145)`; `absent` where firmware or boot cannot",
        "Linux: efivarfs is not mounted, or a container hides it; Windows: it has no such class",
    ),
    "setup_mode": Source(
        "EFI variable `SetupMode`; `absent` when booted without UEFI",
        None,
        "Linux: as of `secure_boot`; Windows: EFI variables take a privilege for which the agent does not ask",
    ),
    "lockdown": Source(
        "`/sys/kernel/security/lockdown`; `absent` in a kernel without it",
        "`absent`: a feature of Linux; what Windows has instead is `hvci`",
        "securityfs is not mounted",
    ),
    "iommu": Source(
        "`/sys/class/iommu`",
        "`on` where `kernel_dma_protection` is; `off` where ACPI lists neither DMAR nor IVRS",
        "Linux: the folder cannot be listed; Windows: the firmware describes one, and nothing tells that it is in use",
    ),
    "iommu_mode": Source(
        "`/sys/kernel/iommu_groups/*/type`; `absent` without groups",
        "`absent`: a feature of Linux",
        "not one group's type can be read",
    ),
    "iommu_requested": OPTIONS,
    "kernel_dma_protection": Source(
        "`iommu_dma_protection` of all Thunderbolt domains; `absent` without a domain",
        "`NtQuerySystemInformation(202)`",
        "Linux: a domain does not tell, and no other is unprotected; Windows: it has no such class (before 10 1803)",
    ),
    "thunderbolt_security": Source(
        "`security` of all Thunderbolt domains; `absent` without a domain",
        None,
        "Linux: no domain tells; Windows: no call tells",
    ),
    "dma_remapping_opt_in": Source(
        "ACPI tables in `/sys/firmware/acpi/tables`: bit 2 of the flags in DMAR, or bit 1 of IVinfo in IVRS",
        "the same bits, by `GetSystemFirmwareTable(ACPI)`",
        "Linux: the agent is not root; Windows: the tables cannot be had",
    ),
    "dmar_table": ACPI_TABLE,
    "ivrs_table": ACPI_TABLE,
    "sdev_table": ACPI_TABLE,
    "vbs": VBS,
    "hvci": VBS,
    "credential_guard": Source(
        "`absent`: a feature of Windows",
        "`Win32_DeviceGuard` of WMI, services that run",
        "WMI does not answer, or pywin32 is missing",
    ),
    "aspm_policy": Source(
        "`/sys/module/pcie_aspm/parameters/policy`: `default`, `performance`, `powersave`, `powersupersave`",
        "the active power scheme, for mains or battery as it is now: `off`, `moderate`, `maximum`",
        "Linux: no single policy is chosen; Windows: there is no active scheme",
    ),
    "tpm": Source(
        "`/sys/class/tpm/tpm0/tpm_version_major`",
        "`Tbsi_GetDeviceInfo`",
        "Linux: a kernel before 5.6 does not tell; Windows: the TPM's service does not answer",
    ),
    "bios_vendor": FIRMWARE,
    "bios_version": FIRMWARE,
    "os_build": Source(
        "`PRETTY_NAME` in `/etc/os-release`",
        "`RtlGetVersion`, with release and edition from the registry",
        "it could not be read",
    ),
    "kernel_version": KERNEL,
    "kernel_options": OPTIONS,
    "chassis": CHASSIS,
    "power_source": Source(
        "`/sys/class/power_supply`; `absent` where neither a battery nor a plug is listed",
        "`GetSystemPowerStatus`; `absent` without a battery",
        "there is a battery, and it does not say",
    ),
    "kernel_access": Source(
        "`/dev/barwatch`; `absent` without the driver, `off` without a policy",
        r"`\\.\barwatch`; `absent` without the driver, `off` without a policy",
        "the driver is there, and does not let the agent in, or is of another version",
    ),
    "user_access": Source(
        "the driver's MAP, as `kernel_access`; else the files `resource*`; `absent` where neither is",
        "the driver's MAP, as `kernel_access`",
        "it is there, and does not let the agent in",
    ),
    "config_access": Source(
        "the files `config`: `on`, or `first 64 bytes` for others than root",
        "the driver's CONFIG, as `kernel_access`",
        "it is there, and does not let the agent in",
    ),
    "driver_version": DRIVER_INFO,
    "driver_policy": DRIVER_INFO,
})  # fmt: skip
