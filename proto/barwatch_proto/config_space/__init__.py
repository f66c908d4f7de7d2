"""Configuration space: bytes in, decoded structures out, no I/O.

Every decoder takes the configuration space from offset 0, as long as it was read, and the offset of the structure. It
raises DecodeError when the bytes end before the structure does; a register that reads all ones is None. ``walk`` and
``overview`` never raise.
"""

from barwatch_proto.config_space.acs import Acs, decode_acs
from barwatch_proto.config_space.bridge import BridgeWindows, decode_windows
from barwatch_proto.config_space.capabilities import Capability, Walk, walk
from barwatch_proto.config_space.error_reporting import Aer, Dpc, decode_aer, decode_dpc
from barwatch_proto.config_space.express import Express, Slot, decode_express
from barwatch_proto.config_space.fields import DecodeError
from barwatch_proto.config_space.header import Buses, Header, decode_header
from barwatch_proto.config_space.identity import SubsystemIds, decode_serial_number, decode_subsystem_ids
from barwatch_proto.config_space.interrupts import BarPlace, Msi, MsiX, decode_msi, decode_msi_x
from barwatch_proto.config_space.link import Link, decode_link
from barwatch_proto.config_space.names import extended_name, standard_name
from barwatch_proto.config_space.overview import Overview, overview
from barwatch_proto.config_space.power import (
    L1Substates,
    LatencyTolerance,
    PowerManagement,
    decode_l1_substates,
    decode_latency_tolerance,
    decode_power_management,
)
from barwatch_proto.config_space.resizable import ResizableBar, decode_resizable_bars
from barwatch_proto.config_space.sr_iov import SrIov, decode_sr_iov
from barwatch_proto.config_space.vendor_specific import (
    DesignatedVendorSpecific,
    VendorSpecific,
    VirtioStructure,
    decode_dvsec,
    decode_virtio,
    decode_vsec,
)
from barwatch_proto.config_space.virtio import virtio_structure

__all__ = [
    "Acs",
    "Aer",
    "BarPlace",
    "BridgeWindows",
    "Buses",
    "Capability",
    "DecodeError",
    "DesignatedVendorSpecific",
    "Dpc",
    "Express",
    "Header",
    "L1Substates",
    "LatencyTolerance",
    "Link",
    "Msi",
    "MsiX",
    "Overview",
    "PowerManagement",
    "ResizableBar",
    "Slot",
    "SrIov",
    "SubsystemIds",
    "VendorSpecific",
    "VirtioStructure",
    "Walk",
    "decode_acs",
    "decode_aer",
    "decode_dpc",
    "decode_dvsec",
    "decode_express",
    "decode_header",
    "decode_l1_substates",
    "decode_latency_tolerance",
    "decode_link",
    "decode_msi",
    "decode_msi_x",
    "decode_power_management",
    "decode_resizable_bars",
    "decode_serial_number",
    "decode_sr_iov",
    "decode_subsystem_ids",
    "decode_virtio",
    "decode_vsec",
    "decode_windows",
    "extended_name",
    "overview",
    "standard_name",
    "virtio_structure",
    "walk",
]
