"""The failure classes: what a verdict can say, and what to try next."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class FailureClass(Enum):
    """Why a read was not ok; table.py says what each one takes."""

    DENIED = "denied"  # the operating system said no
    LEGITIMATE_ONES = "legitimate_ones"  # the register holds all ones
    CONTAINED = "contained"  # a port cut the link off because of an error (DPC)
    REMOVED = "removed"  # unplugged, or without power
    D3COLD = "d3cold"  # without power on purpose
    UPSTREAM_ASLEEP = "upstream_asleep"  # a bridge above sleeps
    LINK_DOWN = "link_down"  # something is there, and the link is not
    NOT_READY = "not_ready"  # asks to be asked again later (RRS)
    HUNG = "hung"  # the link is up, and requests time out
    HIDDEN = "hidden"  # its neighbours answer, it does not
    D3HOT = "d3hot"  # sleeps, and answers to configuration requests only
    DECODE_OFF = "decode_off"  # nobody claims the address: memory decoding is off
    BAR_UNASSIGNED = "bar_unassigned"  # the operating system found no address for the BAR
    BAR_MOVED = "bar_moved"  # the BAR register holds another address than the operating system believes
    STALE_MAPPING = "stale_mapping"  # the mapping leads to where the BAR was
    OUTSIDE_WINDOW = "outside_window"  # no bridge forwards the address
    USER_MAPPING_ONLY = "user_mapping_only"  # the kernel reads the value, the user mapping does not; unexplained
    MARGINAL_LINK = "marginal_link"  # comes and goes, and the link counts errors
    VIRTUALISED = "virtualised"  # a hypervisor does not back the BAR
    BLOCK_GATED = "block_gated"  # a part of the function is without power or clock, or is protected
    DEVICE_DEAD_CONFIG_ALIVE = "device_dead_config_alive"  # configuration answers, no register does
    UNKNOWN = "unknown"  # the evidence does not say


NEXT: Mapping[FailureClass, str] = MappingProxyType(
    {
        FailureClass.DENIED: "Nothing is broken: ask who refuses: lockdown, the driver that owns the BAR, the policy.",
        FailureClass.LEGITIMATE_ONES: "Nothing is broken: this register may hold all ones. Give it `expect` in the plan"
        " if that is its only value.",
        FailureClass.CONTAINED: "Read the DPC status and the header log before anything clears them; the request in the"
        " log names the register.",
        FailureClass.REMOVED: "Look at the cable and at the power of the box, then rescan the bus.",
        FailureClass.D3COLD: "Wake it first (power/control = on), or let it sleep: this is no failure.",
        FailureClass.UPSTREAM_ASLEEP: "Set power/control = on for the bridge that sleeps and read again.",
        FailureClass.LINK_DOWN: "Look at link training: another cable, another slot, a lower target speed.",
        FailureClass.NOT_READY: "Wait, up to a minute after a reset, and read again.",
        FailureClass.HUNG: "Reset the function or its slot; if it comes back and hangs again, look at its firmware.",
        FailureClass.HIDDEN: "Look at firmware settings, SR-IOV and stale bus numbers; rescan the bus.",
        FailureClass.D3HOT: "Wake it first (power/control = on): asleep it must not answer.",
        FailureClass.DECODE_OFF: "Enable memory decoding (a driver does), at the hop that is named.",
        FailureClass.BAR_UNASSIGNED: "Give the port more address space: pci=realloc, above 4G decoding, hpmmiosize.",
        FailureClass.BAR_MOVED: "Something reset the function without restoring it: rescan, or reload its driver.",
        FailureClass.STALE_MAPPING: "Map it anew after a rebalance or a hot-plug; the old mapping must not be kept.",
        FailureClass.OUTSIDE_WINDOW: "Compare BAR and windows; pci=realloc, or above 4G decoding in the firmware.",
        FailureClass.USER_MAPPING_ONLY: "Compare the page that is mapped with the BAR; map it by another way.",
        FailureClass.MARGINAL_LINK: "Another cable, a lower link speed, ASPM off; then watch the correctable errors.",
        FailureClass.VIRTUALISED: "Ask the host: does the hypervisor back this BAR of the function it passed through?",
        FailureClass.BLOCK_GATED: "Ask the driver for power and clock of that block, or the vendor who protects it.",
        FailureClass.DEVICE_DEAD_CONFIG_ALIVE: "Reset the function; if that does not help, the power of its slot.",
        FailureClass.UNKNOWN: "Take the evidence that is missing, or compare with other hosts.",
    }
)


class Repetition(Enum):
    """What reading again, other registers and by other ways came to."""

    TRANSIENT = "transient"  # the same read again was ok
    PATH_SPECIFIC = "path_specific"  # another access read the same register
    BLOCK_ONLY = "block_only"  # the same access read other registers of the function
    DEVICE_WIDE = "device_wide"  # nothing of the function was read
