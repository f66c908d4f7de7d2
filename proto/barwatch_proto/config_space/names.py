"""What capabilities are called: the words of lspci in lower case with underscores.

Source: PCI Code and ID Assignment Specification 1.15, chapters 2 and 3; Linux include/uapi/linux/pci_regs.h.
"""

from types import MappingProxyType

STANDARD = MappingProxyType(
    {
        0x01: "power_management",
        0x02: "agp",
        0x03: "vital_product_data",
        0x04: "slot_identification",
        0x05: "msi",
        0x06: "compact_pci_hot_swap",
        0x07: "pci_x",
        0x08: "hypertransport",
        0x09: "vendor_specific",
        0x0A: "debug_port",
        0x0B: "compact_pci_resource_control",
        0x0C: "standard_hot_plug",
        0x0D: "subsystem_ids",
        0x0E: "agp_8x",
        0x0F: "secure_device",
        0x10: "express",
        0x11: "msi_x",
        0x12: "sata",
        0x13: "advanced_features",
        0x14: "enhanced_allocation",
        0x15: "flattening_portal_bridge",
    }
)
EXTENDED = MappingProxyType(
    {
        0x01: "aer",
        0x02: "virtual_channel",
        0x03: "serial_number",
        0x04: "power_budgeting",
        0x05: "root_complex_link_declaration",
        0x06: "root_complex_internal_link",
        0x07: "root_complex_event_collector_association",
        0x08: "multi_function_virtual_channel",
        0x09: "virtual_channel_mfvc",
        0x0A: "rcrb_header",
        0x0B: "vendor_specific",
        0x0C: "config_access_correlation",
        0x0D: "acs",
        0x0E: "ari",
        0x0F: "ats",
        0x10: "sr_iov",
        0x11: "mr_iov",
        0x12: "multicast",
        0x13: "page_request",
        0x14: "reserved_for_amd",
        0x15: "resizable_bar",
        0x16: "dynamic_power_allocation",
        0x17: "tph_requester",
        0x18: "ltr",
        0x19: "secondary_express",
        0x1A: "protocol_multiplexing",
        0x1B: "pasid",
        0x1C: "ln_requester",
        0x1D: "dpc",
        0x1E: "l1_substates",
        0x1F: "precision_time_measurement",
        0x20: "mpcie",
        0x21: "frs_queueing",
        0x22: "readiness_time_reporting",
        0x23: "designated_vendor_specific",
        0x24: "vf_resizable_bar",
        0x25: "data_link_feature",
        0x26: "physical_layer_16gt",
        0x27: "lane_margining",
        0x28: "hierarchy_id",
        0x29: "native_enclosure_management",
        0x2A: "physical_layer_32gt",
        0x2B: "alternate_protocol",
        0x2C: "system_firmware_intermediary",
        0x2D: "shadow_functions",
        0x2E: "data_object_exchange",
        0x2F: "device_3",
        0x30: "integrity_and_data_encryption",
        0x31: "physical_layer_64gt",
    }
)


def standard_name(capability_id: int) -> str:
    """The name of a capability in the first 256 bytes; ``id_0x2a`` where none is known."""
    return STANDARD.get(capability_id) or f"id_{capability_id:#04x}"


def extended_name(capability_id: int) -> str:
    """The name of an extended capability; ``ext_0x3a`` where none is known."""
    return EXTENDED.get(capability_id) or f"ext_{capability_id:#04x}"
