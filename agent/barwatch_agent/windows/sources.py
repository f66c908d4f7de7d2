"""The facts of a machine by name, and the call that each comes from: what is asked live, recorded, and decoded."""

from types import MappingProxyType

# NtQuerySystemInformation: class, and bytes of the answer. Classes 145 to 202 are not documented; the layouts are those
# that phnt (System Informer's headers) has, and msinfo32 asks for 202 to show Kernel DMA Protection.
SYSTEM = MappingProxyType({
    "code_integrity": (103, 8),  # SYSTEM_CODEINTEGRITY_INFORMATION
    "secure_boot": (145, 2),  # SYSTEM_SECUREBOOT_INFORMATION
    "isolated_user_mode": (165, 16),  # SYSTEM_ISOLATED_USER_MODE_INFORMATION
    "dma_guard_policy": (202, 1),  # SYSTEM_DMA_GUARD_POLICY_INFORMATION
})  # fmt: skip
SMBIOS = "smbios"  # GetSystemFirmwareTable('RSMB', 0)
ACPI_NAMES = "acpi_tables"  # EnumSystemFirmwareTables('ACPI'): four bytes for each table
ACPI = ("DMAR", "IVRS", "SDEV", "FACP")  # GetSystemFirmwareTable('ACPI', name): asked for only where listed
ACPI_BYTES = 64  # kept of each: flags are in the first 48, the preferred power profile in byte 45
POWER = "power_status"  # GetSystemPowerStatus
VERSION = "version"  # RtlGetVersion
TPM = "tpm"  # Tbsi_GetDeviceInfo
GUEST = "hyperv_guest"  # that there is such a value says that this is a guest of Hyper-V
REGISTRY = MappingProxyType({  # HKLM: key and value, as the registry holds it
    "update_revision": (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "UBR"),
    "display_version": (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "DisplayVersion"),
    "edition": (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "EditionID"),
    GUEST: (r"SOFTWARE\Microsoft\Virtual Machine\Guest\Parameters", "HostName"),
})  # fmt: skip
ASPM = "aspm"  # PowerReadACValueIndex and PowerReadDCValueIndex of the active scheme: two u32
DEVICE_GUARD = "device_guard"  # WMI, Win32_DeviceGuard: lines of name=number,number
DEVICE_GUARD_NAMES = (
    "VirtualizationBasedSecurityStatus",
    "SecurityServicesConfigured",
    "SecurityServicesRunning",
    "AvailableSecurityProperties",
    "CodeIntegrityPolicyEnforcementStatus",
)
CORRECTED = "pcie_corrected"  # event log: lines of address and count since boot
NAMES = (  # of all facts
    *SYSTEM,
    SMBIOS,
    ACPI_NAMES,
    *(f"acpi_{name.lower()}" for name in ACPI),
    POWER,
    VERSION,
    TPM,
    *REGISTRY,
    ASPM,
    DEVICE_GUARD,
    CORRECTED,
)


def acpi(name: str) -> str:
    """The fact that holds an ACPI table."""
    return f"acpi_{name.lower()}"


def where(fact: str) -> str:
    """The call that tells a fact, as settings name their source."""
    if fact in SYSTEM:
        return f"NtQuerySystemInformation({SYSTEM[fact][0]})"
    if fact in REGISTRY:
        key, value = REGISTRY[fact]
        return rf"HKLM\{key}\{value}"
    named = {
        SMBIOS: "GetSystemFirmwareTable(RSMB)",
        ACPI_NAMES: "EnumSystemFirmwareTables(ACPI)",
        POWER: "GetSystemPowerStatus",
        VERSION: "RtlGetVersion",
        TPM: "Tbsi_GetDeviceInfo",
        ASPM: "PowerReadACValueIndex, PowerReadDCValueIndex",
        DEVICE_GUARD: "Win32_DeviceGuard",
        CORRECTED: "event log System, WHEA-Logger",
    }
    return named.get(fact) or f"GetSystemFirmwareTable(ACPI, {fact.removeprefix('acpi_').upper()})"
