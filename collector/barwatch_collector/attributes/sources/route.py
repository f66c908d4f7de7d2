"""Where what a route is, and what the host gives to the function at its end, comes from."""

from dataclasses import replace

from barwatch_collector.attributes.attribute import Source

CONFIG = "configuration space"
THUNDERBOLT = "`/sys/bus/thunderbolt/devices`"
WITHOUT = "`absent` on a route without a tunnel"
UNTOLD = "Windows: no call tells; both: it is not known whether there is a tunnel"


def by_config(what: str, unknown: str = "configuration space of a hop was not read") -> Source:
    """What only configuration space tells, on both systems."""
    return Source(f"{CONFIG}: {what}", f"{CONFIG}: {what}", unknown)


TUNNELLED = Source(
    "ports that firmware, ids or a Thunderbolt controller of its own give away; else what is `removable` on a host "
    "with a host interface: `topology/tunnels.py` of the agent has the rule",
    "`PciDevice_IsTunneledDevice`; else yes below a port with `PciDevice_UsbDvsecPortType`; else the rule of Linux",
    "the rule cannot tell: a hot-plug port of a host with a host interface may be either",
)
CONTROLLER = by_config("capabilities")
REMOVABLE = Source(
    "`removable`; a function without that file is not (Linux 5.14 and newer)",
    "yes where `InLocalMachineContainer` is false, or `RemovalPolicy` is surprise removal",
    "Linux: an older kernel says nothing; Windows: it tells neither",
)
FACING = Source(
    "the port directly above what is `removable`: that is all below a port that the firmware calls external-facing",
    "the same, by what is removable as of `route_removable`",
    "it is not known of a hop whether it is removable",
)
SLOT = by_config("Slot Capabilities")
PORT_TYPE = Source(
    f"{CONFIG}: PCI Express Capabilities; conventional without that capability",
    f"{CONFIG}; else `PciDevice_DeviceType`",
    "Linux: not read; Windows: neither tells",
)
PLACE = Source(
    "the real path of the function's folder in `/sys/bus/pci/devices`",
    "`Parent`, upwards as long as it is a bridge",
    "a bridge of the route is missing",
)
SHAPE = Source(
    "`function_port_type`, `function_ids` and `route_tunnelled` of each hop, and its BARs",
    "`function_port_type`, `function_ids` and `route_tunnelled` of each hop, and its BARs",
    "BARs of a hop could not be read; Windows: nor their widths, without configuration space",
)
DRIVER = Source("the link `driver`", "`Service`", "it could not be read")
DOMAIN = Source(
    f"`security` of the domain; {WITHOUT}", WITHOUT, f"Linux: the host has several domains, which differ; {UNTOLD}"
)
TUNNEL_GUARD = Source(
    f"`iommu_dma_protection` of the domain; {WITHOUT}",
    f"`kernel_dma_protection`, which is for all ports; {WITHOUT}",
    "Linux: the host has several domains, which differ; Windows: that setting is not known; both: it is not known "
    "whether there is a tunnel",
)
BOX = Source(
    f"files of the box in {THUNDERBOLT}; {WITHOUT}", WITHOUT, f"Linux: there are several boxes, which differ; {UNTOLD}"
)
BOX_NUMBER = Source(
    f"boxes in {THUNDERBOLT}",
    None,
    f"there is no tunnel; Linux: there are several boxes, whose generation differs; {UNTOLD}",
)
HOST_ROUTER = Source(
    f"`nvm_version` of the host's own router in {THUNDERBOLT}; {WITHOUT}",
    WITHOUT,
    f"Linux: it is in safe mode, or there are several, which differ; {UNTOLD}",
)

LINK_AT_BEST = Source(
    f"{CONFIG}: Link Capabilities; else `max_link_speed`, `max_link_width`",
    f"{CONFIG}; else `PciDevice_MaxLinkSpeed`, `PciDevice_MaxLinkWidth`",
    "no hop has a link, or one of them does not tell",
)
ASPM = by_config("Link Control")
L1_SUBSTATES = by_config("L1 PM Substates")
D3COLD = Source(
    "`d3cold_allowed`: the kernel may put it there",
    "`PciDevice_D3ColdSupport`: enabled or disabled",
    "a hop does not tell",
)
PAYLOAD = Source(
    f"{CONFIG}: Device Control",
    f"{CONFIG}; else `PciDevice_CurrentPayloadSize`",
    "a hop does not tell; of a number also: nothing on the route is PCI Express",
)
ACS = by_config("Access Control Services")
DPC = by_config("Downstream Port Containment")

WINDOWS = Source(
    f"{CONFIG}: registers of the bridge",
    f"{CONFIG}; else the bridge's assigned ranges that are marked as windows",
    "a bridge's registers were not read; of a length also: there is no bridge",
)
WIDE_WINDOWS = Source(
    f"{CONFIG}: type bits of the window",
    f"{CONFIG}; else only that a window above 4 GiB has 64 bits",
    "not read, and below 4 GiB",
)
BARS_IN_WINDOWS = Source(
    "the file `resource`, and windows as of `route_prefetchable_windows`",
    "assigned ranges, and windows as of `route_prefetchable_windows`",
    "BARs or a bridge's windows were not read",
)
RESIZABLE_IN_WINDOWS = Source(
    f"{CONFIG}: Resizable BAR, and windows as of `route_prefetchable_windows`",
    f"{CONFIG}: Resizable BAR, and windows as of `route_prefetchable_windows`",
    "one of them was not read",
)

READ_REQUEST = Source(
    f"{CONFIG}: Device Control", f"{CONFIG}; else `PciDevice_MaxReadRequestSize`", "it is not PCI Express, or not told"
)
DRIVER_VERSION = Source(
    "`version` of the driver's module, which few drivers of the kernel have: else `absent`",
    "`DriverVersion`",
    "it could not be read",
)
D3COLD_ITSELF = replace(D3COLD, unknown="it does not tell")
ARI = Source("`ari_enabled`", None, "Linux: the kernel does not tell; Windows: nothing tells")
BAR_ADDRESSES = Source(
    "the file `resource`",
    "ranges of `CM_Get_First_Log_Conf`, in the order of BARs",
    "they could not be read, or the BAR that decides has no address",
)
UNASSIGNED = Source(
    "the file `resource`: start 0, or flag UNSET",
    None,
    "Linux: it could not be read; Windows: it lists what it assigned, and no other BAR",
)
RESIZABLE = by_config("Resizable BAR", "it was not read")
IOMMU_GROUP = Source(
    "the link `iommu_group`; `absent` where the host has no groups",
    None,
    "Linux: it could not be read; Windows: there is no such thing",
)
