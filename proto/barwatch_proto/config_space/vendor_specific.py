"""Vendor-specific structures: extended ones (VSEC, DVSEC) with Thunderbolt and USB4 among them, and those of virtio."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import bits, byte, dword, word

INTEL = 0x8086
USB_IF = 0x1EC0
VIRTIO = 0x1AF4
THUNDERBOLT_VSEC = 0x1234  # Linux drivers/pci/probe.c, set_pcie_thunderbolt: PCI_VSEC_ID_INTEL_TBT
USB4_DVSEC = 0x23  # USB4 DVSEC Version 1.0, part of the USB4 specification archive; vendors Intel or USB-IF
VIRTIO_BARS = 6  # larger BAR numbers are reserved; Virtio 1.2, 4.1.4


@dataclass(frozen=True, slots=True)
class VendorSpecific:
    """A Vendor-Specific Extended Capability (VSEC): its meaning belongs to the function's vendor."""

    id: int | None
    revision: int | None
    length_bytes: int | None


@dataclass(frozen=True, slots=True)
class DesignatedVendorSpecific:
    """A Designated Vendor-Specific Extended Capability (DVSEC): its meaning belongs to the vendor that it names."""

    vendor: int | None
    id: int | None
    revision: int | None
    length_bytes: int | None


@dataclass(frozen=True, slots=True)
class VirtioStructure:
    """Where a virtio device keeps one of its structures."""

    cfg_type: int  # 1 common, 2 notify, 3 ISR, 4 device, 5 PCI access, 8 shared memory, 9 vendor
    bar: int
    offset: int  # bytes into the BAR
    length: int  # bytes


def decode_vsec(config: bytes, offset: int) -> VendorSpecific:
    """The header of a VSEC.

    Raises:
        DecodeError: config ends before the header does.

    Source: PCIe Base Spec 6.0, 7.9.5.2 Vendor-Specific Header.
    """
    header = dword(config, offset + 4)
    return VendorSpecific(bits(header, 15, 0), bits(header, 19, 16), bits(header, 31, 20))


def decode_dvsec(config: bytes, offset: int) -> DesignatedVendorSpecific:
    """The two headers of a DVSEC.

    Raises:
        DecodeError: config ends before the headers do.

    Source: PCIe Base Spec 6.0, 7.9.6.2 and 7.9.6.3 Designated Vendor-Specific Header 1 and 2.
    """
    header = dword(config, offset + 4)
    own_id = word(config, offset + 8)
    return DesignatedVendorSpecific(bits(header, 15, 0), own_id, bits(header, 19, 16), bits(header, 31, 20))


def vsec_name(config: bytes, offset: int) -> str | None:
    """``thunderbolt`` for the VSEC that every function of an Intel Thunderbolt controller has; None for all others.

    Raises:
        DecodeError: config ends before the header does.

    Source: Linux drivers/pci/probe.c, set_pcie_thunderbolt.
    """
    is_ours = decode_vsec(config, offset).id == THUNDERBOLT_VSEC and word(config, 0) == INTEL
    return "thunderbolt" if is_ours else None


def dvsec_name(config: bytes, offset: int) -> str | None:
    """``usb4`` for the DVSEC of ports that belong to a discrete USB4 host router; None for all others.

    Raises:
        DecodeError: config ends before the headers do.

    Source: USB4 DVSEC Version 1.0 (unverified on hardware).
    """
    found = decode_dvsec(config, offset)
    return "usb4" if found.id == USB4_DVSEC and found.vendor in {INTEL, USB_IF} else None


def decode_virtio(config: bytes, offset: int) -> VirtioStructure | None:
    """What one vendor capability of a virtio device locates; None when its BAR number is reserved or a field unknown.

    Raises:
        DecodeError: config ends before the structure does.

    Source: Virtio 1.2, 4.1.4 struct virtio_pci_cap.
    """
    cfg_type, bar = byte(config, offset + 3), byte(config, offset + 4)
    start, length = dword(config, offset + 8), dword(config, offset + 12)
    if cfg_type is None or bar is None or start is None or length is None or bar >= VIRTIO_BARS:
        return None
    return VirtioStructure(cfg_type, bar, start, length)
