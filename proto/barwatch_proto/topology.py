"""The PCIe topology of one host: functions, their BARs and bridge windows, Thunderbolt, and what changes in between.

A ``Function`` holds configuration: what a topology *is*. A ``FunctionState`` holds what comes and goes (power, link,
errors): mediators, never causes (CORRELATION step 2), and so never part of a snapshot's identity.
Unknown is None, everywhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from barwatch_proto.pci import FOUR_GIB, Address, BarKind, PortType, WindowKind

MAX_HOPS = 64  # a hierarchy has at most 256 buses; real ones are a dozen deep


@dataclass(frozen=True, slots=True)
class Bar:
    """One base address register as the operating system assigned it."""

    index: int  # 0 to 5
    kind: BarKind
    is_prefetchable: bool
    length_bytes: int
    start: int | None  # physical address; None when the BAR has none
    resizable_bytes: tuple[int, ...] = ()  # the sizes that Resizable BAR offers, ascending

    @property
    def is_above_4g(self) -> bool | None:
        """Whether the BAR begins above 4 GiB; None when it is not assigned."""
        return None if self.start is None else self.start >= FOUR_GIB


@dataclass(frozen=True, slots=True)
class Window:
    """An address range that a bridge forwards downstream; a closed window is not listed."""

    kind: WindowKind
    start: int
    end: int  # the last address of the range
    is_64bit: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One PCI function: what it is and where it hangs."""

    address: Address
    parent: Address | None  # the bridge upstream; None on a root bus
    key: str  # identity within and across hosts; see barwatch_proto.fingerprint.function_key
    vendor: int
    device: int
    class_code: int  # 24 bits: base class, subclass, programming interface
    revision: int | None = None
    subsystem_vendor: int | None = None
    subsystem_device: int | None = None
    port_type: PortType | None = None
    bars: tuple[Bar, ...] = ()
    is_bridge: bool = False
    secondary_bus: int | None = None  # bridges only
    subordinate_bus: int | None = None  # bridges only
    windows: tuple[Window, ...] = ()  # bridges only
    max_link_speed_gts: float | None = None
    max_link_width: int | None = None
    capabilities: tuple[str, ...] = ()  # names of capabilities, in the order in which they were found
    serial_number: int | None = None  # Device Serial Number capability
    is_hotplug_capable: bool | None = None  # Slot Capabilities; None: no slot
    is_external_facing: bool | None = None  # the firmware says that this port leads out of the chassis
    is_removable: bool | None = None  # the OS says that what is here can be taken away
    is_tunnelled: bool | None = None  # reached through a Thunderbolt or USB4 tunnel; None: cannot be told
    is_d3cold_allowed: bool | None = None
    iommu_group: int | None = None
    driver: str | None = None  # bound driver
    driver_version: str | None = None
    max_payload_bytes: int | None = None  # as programmed
    max_read_request_bytes: int | None = None  # as programmed
    aspm: str | None = None  # "disabled", "l0s", "l1", "l0s+l1"
    l1_substates: str | None = None  # enabled ones, for example "aspm_l1.1+aspm_l1.2"; "disabled"
    acs: str | None = None  # enabled controls, for example "sv+rr+cr+uf"; "disabled"
    has_dpc_enabled: bool | None = None
    is_ari_enabled: bool | None = None
    problems: tuple[str, ...] = ()  # what could not be read, and why

    @property
    def ids(self) -> str:
        """Vendor and device in the form of lspci: ``10de:1b80``."""
        return f"{self.vendor:04x}:{self.device:04x}"


@dataclass(frozen=True, slots=True)
class FunctionState:
    """What comes and goes at one function; each field None when the OS does not tell."""

    key: str  # Function.key
    taken_at_ns: int
    power_state: str | None = None  # "D0", "D3hot", "D3cold", ...
    runtime_status: str | None = None  # runtime PM: "active", "suspended", ...
    link_speed_gts: float | None = None
    link_width: int | None = None
    is_memory_decoding: bool | None = None
    aer_correctable: int | None = None  # errors since boot
    aer_nonfatal: int | None = None  # errors since boot
    aer_fatal: int | None = None  # errors since boot


@dataclass(frozen=True, slots=True)
class ThunderboltDomain:
    """One Thunderbolt or USB4 host controller domain."""

    name: str  # "domain0"
    security: str | None = None  # "none", "user", "secure", "dponly", "usbonly", "nopcie"
    has_iommu_dma_protection: bool | None = None


@dataclass(frozen=True, slots=True)
class ThunderboltDevice:
    """One Thunderbolt or USB4 router, the host's own included."""

    name: str  # "0-1": domain and route string
    vendor_name: str | None = None
    device_name: str | None = None
    generation: int | None = None
    authorized: int | None = None  # 0 no, 1 yes, 2 with a key
    is_authorized_at_boot: bool | None = None
    nvm_version: str | None = None
    rx_speed_gbps: float | None = None
    rx_lanes: int | None = None
    tx_speed_gbps: float | None = None
    tx_lanes: int | None = None


@dataclass(frozen=True, slots=True)
class Topology:
    """All functions of a host in the order of their addresses, and its Thunderbolt side."""

    functions: tuple[Function, ...] = ()
    thunderbolt_domains: tuple[ThunderboltDomain, ...] = ()
    thunderbolt_devices: tuple[ThunderboltDevice, ...] = ()
    problems: tuple[str, ...] = ()  # functions that vanished during the scan, folders that could not be listed

    def by_address(self) -> Mapping[Address, Function]:
        """Functions by where they are now."""
        return MappingProxyType({function.address: function for function in self.functions})

    def route(self, function: Function) -> tuple[Function, ...]:
        """The chain root port, bridges, function; only the function where a parent is not in the topology."""
        return _route(function, self.by_address())

    def routes(self) -> Iterator[tuple[Function, ...]]:
        """The route of every function, in the order of the functions."""
        known = self.by_address()
        return (_route(function, known) for function in self.functions)


def _route(function: Function, known: Mapping[Address, Function]) -> tuple[Function, ...]:
    """Upstream to the root; a topology that lies about its parents costs a few steps and no more."""
    chain = [function]
    while len(chain) < MAX_HOPS and (parent := chain[-1].parent) and (upstream := known.get(parent)):
        if upstream in chain:
            break
        chain.append(upstream)
    return tuple(reversed(chain))
