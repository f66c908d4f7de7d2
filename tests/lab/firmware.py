"""What a host's firmware says of it: SMBIOS and ACPI tables."""

import struct
import subprocess
import uuid
from pathlib import Path

from tests.lab.hosts import Host

IASL = "/usr/bin/iasl"  # Debian: acpica-tools
FIRST_SLOT = 3  # of the root bus: the host bridge and the lab's own virtio functions come before
NAMES = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")  # RFC 4122, appendix C: OIDs; any fixed one does

# The property that makes Linux call a port external-facing; Microsoft, "DSD for PCIe Root Ports". QEMU's DSDT calls the
# root bus \_SB.PCI0 and what is at device.function on it by S and the number in hexadecimal.
EXTERNAL_FACING = """
DefinitionBlock ("", "SSDT", 2, "BARWCH", "EXTPORT", 1)
{
    External (\\_SB.PCI0.%(name)s, DeviceObj)
    Scope (\\_SB.PCI0.%(name)s)
    {
        Name (_DSD, Package () {
            ToUUID ("efcc06cc-73ac-4bc3-bff0-76143807c389"),
            Package () { Package (2) { "ExternalFacingPort", 1 }, Package (2) { "UID", 0 } },
            ToUUID ("6211e2c0-58a3-4af3-90e1-927a4e0c55a4"),
            Package () { Package (2) { "HotPlugSupportInD3", 1 } }
        })
    }
}
"""


def tables(host: Host, folder: Path) -> list[str]:
    """Arguments for QEMU; the tables that are files are made in the folder."""
    (folder / "chassis").write_bytes(chassis(host))
    bios_vendor, bios_version = host.bios or (host.vendor, "1.2")
    identity = f"manufacturer={host.vendor},product={host.model}"
    return [
        *("-smbios", f"type=0,vendor={bios_vendor},version={bios_version},date=01/02/2024"),
        *("-smbios", f"type=1,{identity},uuid={uuid.uuid5(NAMES, host.name)}"),
        *("-smbios", f"type=2,{identity}"),
        *("-smbios", f"file={folder / 'chassis'}"),
        *(argument for table in _ssdts(host, folder) for argument in ("-acpitable", f"file={table}")),
    ]


def chassis(host: Host) -> bytes:
    """A System Enclosure structure: SMBIOS 3.7 (DSP0134), 7.4, length 16h, one string."""
    fields = struct.pack("<BBHBBBBBBBBBIBBBBB", 3, 0x16, 0x300, 1, host.chassis, 0, 0, 0, 3, 3, 3, 2, 0, 0, 1, 0, 0, 0)
    return fields + host.vendor.encode() + b"\0\0"


def _ssdts(host: Host, folder: Path) -> list[Path]:
    files = []
    for slot, port in enumerate(host.root_ports, start=FIRST_SLOT):
        if port.is_external_facing:
            source = folder / f"{port.id}.asl"
            source.write_text(EXTERNAL_FACING % {"name": f"S{slot << 3:02X}"})
            subprocess.run([IASL, "-p", str(folder / port.id), str(source)], check=True, capture_output=True)
            files.append(folder / f"{port.id}.aml")
    return files
