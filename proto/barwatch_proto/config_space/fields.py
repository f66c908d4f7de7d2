"""Registers taken out of configuration space: a register that reads all ones is unknown, and so None.

A dead or sleeping function answers all ones, so nothing may be decoded from them (FACTS: a dead device's PMCSR looks
like D3, its link status like a link). A byte has too few bits to be judged alone: the dword around it decides.
"""

from typing import overload

DWORD = 4
WORD = 2


class DecodeError(ValueError):
    """Configuration space ends before the field; the text says where it ends and where the field is."""


def dword(config: bytes, offset: int) -> int | None:
    """The 32-bit register at the offset; None when it reads all ones.

    Raises:
        DecodeError: config ends before the register does.
    """
    return _register(config, offset, DWORD)


def word(config: bytes, offset: int) -> int | None:
    """The 16-bit register at the offset; None when it reads all ones.

    Raises:
        DecodeError: config ends before the register does.
    """
    return _register(config, offset, WORD)


def byte(config: bytes, offset: int) -> int | None:
    """The 8-bit register at the offset; None when the dword around it reads all ones.

    Raises:
        DecodeError: config ends before the dword around it does.
    """
    return None if dword(config, offset & ~3) is None else config[offset]


def bits(value: int | None, high: int, low: int) -> int | None:
    """The field from bit ``high`` down to bit ``low``, both included, as the specifications write it."""
    return None if value is None else value >> low & ((1 << (high - low + 1)) - 1)


@overload
def flag(value: int, bit: int) -> bool: ...
@overload
def flag(value: int | None, bit: int) -> bool | None: ...
def flag(value: int | None, bit: int) -> bool | None:
    """Whether the bit is set."""
    return None if value is None else bool(value >> bit & 1)


def names_of(value: int | None, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The names of the bits that are set, bit 0 first."""
    return None if value is None else tuple(name for bit, name in enumerate(names) if value >> bit & 1)


def _register(config: bytes, offset: int, width: int) -> int | None:
    end = offset + width
    if end > len(config):
        msg = f"config space ends at {len(config):#x}, the {width} bytes at {offset:#x} are not in it"
        raise DecodeError(msg)
    value = int.from_bytes(config[offset:end], "little")
    return None if value == (1 << 8 * width) - 1 else value
