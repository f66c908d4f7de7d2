"""Rules and policies as values: which functions and bytes, packed for the driver, and what they grant."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import Matching, Right
from barwatch_agent.reads import Match

FNV_START, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3  # FNV-1a, 64 bits; driver/common/bw_policy.h, bw_digest


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be done with some bytes of one BAR of the functions that match: one [[rule]] table.

    The driver's rule has one device: a table with several devices is several of the driver's.
    """

    summary: str
    match: Match
    rights: Right
    bar: int = 0  # this and the rest: nothing where the rights are about configuration space alone
    offset: int = 0  # bytes from the start of the BAR
    length: int = 0  # bytes
    widths: tuple[int, ...] = ()  # bytes of one access, ascending

    def packed(self) -> Iterator[bytes]:
        """The driver's rules, each a ``struct bw_rule``."""
        return (self._packed(device) for device in self.match.devices or (None,))

    def right_words(self) -> list[str]:
        """The rights as a file names them."""
        return [right.name.lower() for right in Right if right in self.rights and right.name]

    def grants(self, right: Right, bar: int, offset: int, length: int) -> bool:
        """Whether one access of ``length`` bytes lies in this rule.

        Source: driver/common/bw_policy.h, bw_rule_grants.
        """
        return (
            right in self.rights
            and bar == self.bar
            and (right is Right.MAP or length in self.widths)
            and self.offset <= offset
            and offset + length <= self.offset + self.length
        )

    def _packed(self, device: int | None) -> bytes:
        match = self.match
        return abi.RULE.pack(
            _compared(match, device),
            match.vendor or 0,
            device or 0,
            *(match.subsystem or (0, 0)),
            match.class_code or 0,
            0 if match.class_code is None else match.class_mask,
            self.rights,
            self.offset,
            self.length,
            0,
            self.bar,
            sum(self.widths),
        )


def digest_of(rules: Iterable[bytes]) -> int:
    """What the driver calls these rules: FNV-1a, 64 bits. It tells policies apart, and proves nothing."""
    return reduce(lambda found, byte: (found ^ byte) * FNV_PRIME & ~(-1 << 64), b"".join(rules), FNV_START)


def counted(rules: int) -> str:
    """``1 rule``, ``2 rules``."""
    return f"{rules} rule{'' if rules == 1 else 's'}"


def _compared(match: Match, device: int | None) -> int:
    """Which ids the driver is to compare."""
    given = (
        (Matching.VENDOR, match.vendor),
        (Matching.DEVICE, device),
        (Matching.SUBSYSTEM, match.subsystem),
        (Matching.CLASS, match.class_code),
    )
    return sum(flag for flag, value in given if value is not None)


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules, in the order in which they are loaded."""

    rules: tuple[Rule, ...]

    def packed(self) -> list[bytes]:
        """The driver's rules."""
        return [each for rule in self.rules for each in rule.packed()]

    @property
    def digest(self) -> int:
        """What the driver calls this policy."""
        return digest_of(self.packed())

    def table_of(self, number: int) -> int:
        """Which [[rule]] table, from 0, the driver's rule of that number comes from."""
        tables = [index for index, rule in enumerate(self.rules) for _ in rule.packed()]
        return tables[number]
