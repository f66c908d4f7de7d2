"""The calls that tell facts of the whole machine: bytes, or the number with which Windows refused."""

import ctypes
from collections.abc import Callable
from uuid import UUID

from barwatch_agent.windows import sources
from barwatch_agent.windows.calls import POINTER, U8, U16, U32, Libraries, bound, last_error
from barwatch_agent.windows.facts import Fact, Refusal

MAX_BYTES = 64 * 1024  # of one answer; the largest is an SMBIOS table, which has at most that length
ACPI_PROVIDER, SMBIOS_PROVIDER = 0x41435049, 0x52534D42  # 'ACPI', 'RSMB'
NOT_THERE = 0x7E  # ERROR_MOD_NOT_FOUND
TBS_VERSION = 1
PCI_EXPRESS_SETTINGS = UUID("501a4d13-42af-4429-9fd1-a8218c268e20")  # GUID_PCIEXPRESS_SETTINGS_SUBGROUP
LINK_POWER = UUID("ee12f906-d277-404b-b6da-e5fa1a576df5")  # GUID_PCIEXPRESS_ASPM_POLICY

Guid = U8 * 16


class PowerStatus(ctypes.Structure):
    """SYSTEM_POWER_STATUS."""

    _fields_ = (
        ("ac_line", U8),
        ("battery_flag", U8),
        ("percent", U8),
        ("system_status", U8),
        ("life_seconds", U32),
        ("full_life_seconds", U32),
    )


class OsVersion(ctypes.Structure):
    """RTL_OSVERSIONINFOW."""

    _fields_ = (
        ("size", U32),
        ("major", U32),
        ("minor", U32),
        ("build", U32),
        ("platform_id", U32),
        ("service_pack", U16 * 128),
    )


class TpmInfo(ctypes.Structure):
    """TPM_DEVICE_INFO."""

    _fields_ = (("struct_version", U32), ("tpm_version", U32), ("interface_type", U32), ("revision", U32))


def system_information(libraries: Libraries, number: int, length: int) -> Fact:
    """NtQuerySystemInformation of one class."""
    query = bound(libraries.ntdll, "NtQuerySystemInformation", U32, U32, POINTER, U32, ctypes.POINTER(U32))
    buffer, written = (U8 * length)(), U32()
    if number == sources.SYSTEM["code_integrity"][0]:
        buffer[0] = length  # the one structure that begins with its own size, and wants it on the way in
    status = query(number, buffer, length, ctypes.byref(written))
    return Refusal(status, "NTSTATUS") if status else bytes(buffer)


def firmware_table(libraries: Libraries, provider: int, table: int) -> Fact:
    """One table of the firmware."""
    take = bound(libraries.kernel32, "GetSystemFirmwareTable", U32, U32, U32, POINTER, U32)
    return _sized(lambda buffer, size: take(provider, table, buffer, size))


def acpi_names(libraries: Libraries) -> Fact:
    """The signatures of the ACPI tables, four bytes each."""
    take = bound(libraries.kernel32, "EnumSystemFirmwareTables", U32, U32, POINTER, U32)
    return _sized(lambda buffer, size: take(ACPI_PROVIDER, buffer, size))


def power_status(libraries: Libraries) -> Fact:
    """SYSTEM_POWER_STATUS."""
    ask = bound(libraries.kernel32, "GetSystemPowerStatus", U32, ctypes.POINTER(PowerStatus))
    status = PowerStatus()
    return bytes(status) if ask(ctypes.byref(status)) else Refusal(last_error())


def version(libraries: Libraries) -> Fact:
    """RTL_OSVERSIONINFOW: unlike GetVersionEx it does not tell a program what its manifest wants to hear."""
    ask = bound(libraries.ntdll, "RtlGetVersion", U32, ctypes.POINTER(OsVersion))
    found = OsVersion(size=ctypes.sizeof(OsVersion))
    status = ask(ctypes.byref(found))
    return Refusal(status, "NTSTATUS") if status else bytes(found)


def tpm(libraries: Libraries) -> Fact:
    """TPM_DEVICE_INFO."""
    if libraries.tbs is None:
        return Refusal(NOT_THERE, "this Windows has no tbs.dll")
    ask = bound(libraries.tbs, "Tbsi_GetDeviceInfo", U32, U32, ctypes.POINTER(TpmInfo))
    found = TpmInfo(struct_version=TBS_VERSION)
    result = ask(ctypes.sizeof(TpmInfo), ctypes.byref(found))
    return Refusal(result, "TBS") if result else bytes(found)


def aspm(libraries: Libraries) -> Fact:
    """The index of the link power policy of the active scheme, on mains and on battery."""
    if libraries.powrprof is None:
        return Refusal(NOT_THERE, "this Windows has no powrprof.dll")
    scheme = POINTER()
    active = bound(libraries.powrprof, "PowerGetActiveScheme", U32, POINTER, ctypes.POINTER(POINTER))
    result = active(None, ctypes.byref(scheme))
    if result:
        return Refusal(result, "no active power scheme")
    try:
        return _policies(libraries, scheme)
    finally:
        bound(libraries.kernel32, "LocalFree", POINTER, POINTER)(scheme)


def _policies(libraries: Libraries, scheme: ctypes.c_void_p) -> Fact:
    group, setting = (Guid.from_buffer_copy(each.bytes_le) for each in (PCI_EXPRESS_SETTINGS, LINK_POWER))
    found = b""
    for name in ("PowerReadACValueIndex", "PowerReadDCValueIndex"):
        read = bound(libraries.powrprof, name, U32, POINTER, POINTER, POINTER, POINTER, ctypes.POINTER(U32))
        index = U32()
        result = read(None, scheme, group, setting, ctypes.byref(index))
        if result:
            return Refusal(result, name)
        found += bytes(index)
    return found


def _sized(take: Callable[[object, int], int]) -> Fact:
    """What a call answers that returns how much there is, at once where it fits."""
    buffer = (U8 * MAX_BYTES)()
    length = take(buffer, MAX_BYTES)
    if not length:
        return Refusal(last_error())
    if length > MAX_BYTES:
        return Refusal(0, f"{length} bytes are more than {MAX_BYTES}")
    return bytes(buffer[:length])
