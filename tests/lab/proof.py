"""What evidence proves: the few registers that scenarios look at, decoded from raw configuration spaces."""

from collections.abc import Iterator
from enum import IntEnum

from barwatch_proto.telemetry import Evidence

COMMAND, CAPABILITIES = 0x04, 0x34  # PCIe Base Spec 6.0, 7.5.1.1.3 and 7.5.1.1.11
MEMORY_DECODING = 0x2
PREFETCHABLE_UPPER = 0x28  # 7.5.1.3.10: upper 32 bits of the base of a bridge's prefetchable window
POWER_MANAGEMENT, EXPRESS = 0x01, 0x10  # capability ids
SLOT_STATUS = 0x1A  # from the start of the PCI Express capability: 7.5.3.11
PRESENCE = 0x40


class Power(IntEnum):
    """The power state in PMCSR: PCIe Base Spec 6.0, 7.5.2.2."""

    D0 = 0
    D1 = 1
    D2 = 2
    D3HOT = 3


def is_decoding(config: bytes) -> bool:
    """Whether the function decodes memory."""
    return bool(_word(config, COMMAND) & MEMORY_DECODING)


def power(config: bytes) -> Power:
    """The power state that the function itself tells."""
    return Power(_word(config, _capability(config, POWER_MANAGEMENT) + 4) & 3)


def is_slot_occupied(config: bytes) -> bool:
    """Whether a port sees a card in its slot."""
    return bool(_word(config, _capability(config, EXPRESS) + SLOT_STATUS) & PRESENCE)


def prefetchable_upper(config: bytes) -> int:
    """The upper half of where a bridge's prefetchable window begins."""
    return int.from_bytes(config[PREFETCHABLE_UPPER : PREFETCHABLE_UPPER + 4], "little")


def rereads(evidence: Evidence, register: str) -> list[tuple[str, str]]:
    """What the second looks at a register came to: access and outcome, in the order in which they were taken."""
    found = sorted(evidence.rereads, key=lambda each: each.taken_at_ns)
    return [(each.access.value, each.outcome.value) for each in found if each.register == register]


def twice(**outcomes: str) -> list[tuple[str, str]]:
    """Two looks that came to the same, the accesses next to each other: ``twice(user="all_ones", kernel="ok")``."""
    return list(outcomes.items()) * 2


def _capability(config: bytes, wanted: int) -> int:
    return next(offset for offset, identity in _capabilities(config) if identity == wanted)


def _capabilities(config: bytes) -> Iterator[tuple[int, int]]:
    offset = config[CAPABILITIES]
    while offset:
        yield offset, config[offset]
        offset = config[offset + 1]


def _word(config: bytes, offset: int) -> int:
    return int.from_bytes(config[offset : offset + 2], "little")
