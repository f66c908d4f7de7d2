"""Power: the state of a function, the sub-states of its link, the latency that it tolerates."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import bits, dword, flag, names_of, word

STATES = ("D0", "D1", "D2", "D3hot")
L1_SUBSTATES = ("pci_pm_l1.2", "pci_pm_l1.1", "aspm_l1.2", "aspm_l1.1")
LARGEST_SCALE = 5  # encodings above are not permitted


@dataclass(frozen=True, slots=True)
class PowerManagement:
    """The power state as the function itself tells it; D3cold cannot: then nothing answers."""

    version: int | None
    state: str | None  # "D0", "D1", "D2", "D3hot"
    keeps_state: bool | None  # No_Soft_Reset: D3hot to D0 does not reset the function
    is_pme_enabled: bool | None


@dataclass(frozen=True, slots=True)
class L1Substates:
    """Sub-states of L1, in the order of their bits."""

    supported: tuple[str, ...] | None
    enabled: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class LatencyTolerance:
    """The latencies that the platform promises, in nanoseconds."""

    max_snoop_ns: int | None
    max_no_snoop_ns: int | None


def decode_power_management(config: bytes, offset: int) -> PowerManagement:
    """The Power Management capability.

    Raises:
        DecodeError: config ends before PMCSR does.

    Source: PCIe Base Spec 6.0, 7.5.2.1 Power Management Capabilities, 7.5.2.2 Power Management Control/Status.
    """
    able, status = word(config, offset + 2), word(config, offset + 4)
    state = bits(status, 1, 0)
    return PowerManagement(bits(able, 2, 0), None if state is None else STATES[state], flag(status, 3), flag(status, 8))


def decode_l1_substates(config: bytes, offset: int) -> L1Substates:
    """Which L1 sub-states a port knows and uses.

    Raises:
        DecodeError: config ends before Control 1 does.

    Source: PCIe Base Spec 6.0, 7.8.3.2 L1 PM Substates Capabilities, 7.8.3.3 Control 1.
    """
    able, control = dword(config, offset + 4), dword(config, offset + 8)
    return L1Substates(names_of(able, L1_SUBSTATES), names_of(control, L1_SUBSTATES))


def decode_latency_tolerance(config: bytes, offset: int) -> LatencyTolerance:
    """The Latency Tolerance Reporting capability.

    Raises:
        DecodeError: config ends before the two latencies do.

    Source: PCIe Base Spec 6.0, 7.8.2.2 Max Snoop Latency, 7.8.2.3 Max No-Snoop Latency.
    """
    return LatencyTolerance(_nanoseconds(word(config, offset + 4)), _nanoseconds(word(config, offset + 6)))


def _nanoseconds(latency: int | None) -> int | None:
    """A value and a scale of 1, 32, 1024, ... nanoseconds; PCIe Base Spec 6.0, 6.18."""
    value, scale = bits(latency, 9, 0), bits(latency, 12, 10)
    return None if value is None or scale is None or scale > LARGEST_SCALE else value << (5 * scale)
