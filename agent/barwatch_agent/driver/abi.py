"""Layouts and numbers of the driver's contract; tests/driver/test_contract.py compares them with the C header."""

import struct
from collections.abc import Mapping
from enum import IntEnum, IntFlag

from barwatch_proto.pci import Address
from barwatch_proto.words import Outcome

ABI = 1

ADDRESS = struct.Struct("=IBBBx")
INFO = struct.Struct("=12I15Q")
POLICY = struct.Struct("=6IQ")
RULE = struct.Struct("=I4H3I3Q2B6x")
BATCH = struct.Struct("=4I")
READ = struct.Struct("=8sQBBHIQQQ")
CONFIG = struct.Struct("=8sHHB3x8sIIQ")
MAP = struct.Struct("=II8sQBBHIQQII")


class Command(IntEnum):
    """Numbers of the ioctl calls on Linux: _IO(0xba, n)."""

    INFO = 0xBA00
    POLICY = 0xBA01
    READ = 0xBA03
    CONFIG = 0xBA04
    MAP = 0xBA05


ITEMS_MAX = 256  # of one batch
RULES_MAX = 256  # of the policy
POLICY_LOCK = 1  # flag of POLICY: refuse every later one until the driver is loaded anew
RULE_PAGE = 4096  # bytes; what the right to map is granted in


class PolicyState(IntEnum):
    """Whether there is a policy, and whether it can still be replaced."""

    NONE = 0
    LOADED = 1
    LOCKED = 2


class Matching(IntFlag):
    """Which ids of a function a rule compares."""

    VENDOR = 1
    DEVICE = 2
    SUBSYSTEM = 4
    CLASS = 8


class Right(IntFlag):
    """What a rule grants."""

    READ = 1
    MAP = 2
    CONFIG = 4
    SHARED = 8  # also while a driver is bound to the function
    WRITE = 16  # only in a build that nobody is handed


class Status(IntEnum):
    """What came of one item; the high byte is the outcome."""

    OK = 0
    DENIED_POLICY = 0x101
    DENIED_OWNER = 0x102
    DENIED_LOCKDOWN = 0x103
    DENIED_PAGE = 0x104
    DENIED_LIMIT = 0x105
    UNREACHABLE_GONE = 0x201
    UNREACHABLE_DISCONNECTED = 0x202
    UNREACHABLE_RECOVERING = 0x203
    UNREACHABLE_BLOCKED = 0x204
    UNREACHABLE_D3COLD = 0x205
    UNREACHABLE_POWER_CHANGING = 0x206
    UNREACHABLE_BRIDGE_ASLEEP = 0x207
    UNREACHABLE_LINK_DOWN = 0x208
    UNREACHABLE_NO_BAR = 0x209
    UNREACHABLE_UNASSIGNED = 0x20A
    UNREACHABLE_OUTSIDE_BAR = 0x20B
    UNREACHABLE_NO_BRIDGE = 0x20C
    UNREACHABLE_OUTSIDE_CONFIG = 0x20D
    UNREACHABLE_SLOW = 0x20E
    UNREACHABLE_INTERRUPTED = 0x20F
    UNREACHABLE_UNFILTERED = 0x210
    FAULT_MAPPING = 0x301
    FAULT_CONFIG = 0x302
    WRONG_RESERVED = 0x401
    WRONG_ADDRESS = 0x402
    WRONG_BAR = 0x403
    WRONG_WIDTH = 0x404
    WRONG_ALIGNMENT = 0x405
    WRONG_RANGE = 0x406
    WRONG_MATCH = 0x407
    WRONG_RIGHTS = 0x408
    WRONG_MASK = 0x409


FIRST_STATUS = 0x100  # no errno is as large: one number can hold either
OUTCOMES = {1: Outcome.DENIED, 2: Outcome.UNREACHABLE, 3: Outcome.FAULT, 4: Outcome.UNREACHABLE}
WORDS: Mapping[int, str] = {
    Status.DENIED_POLICY: "no rule of the driver's policy grants it",
    Status.DENIED_OWNER: "a driver is bound to the function, and no rule of the policy shares it",
    Status.DENIED_LOCKDOWN: "the kernel is locked down",
    Status.DENIED_PAGE: "the page holds more than the policy grants",
    Status.DENIED_LIMIT: "a limit of the driver is reached",
    Status.UNREACHABLE_GONE: "the function is gone: none has this address",
    Status.UNREACHABLE_DISCONNECTED: "the function, or a bridge upstream, was unplugged",
    Status.UNREACHABLE_RECOVERING: "the kernel is recovering the function, or a bridge upstream, from an error",
    Status.UNREACHABLE_BLOCKED: "the kernel keeps everybody out: a reset or a self-test is under way",
    Status.UNREACHABLE_D3COLD: "the function is in D3cold: it has no power, and a read would wake it",
    Status.UNREACHABLE_POWER_CHANGING: "the function is being suspended or resumed",
    Status.UNREACHABLE_BRIDGE_ASLEEP: "a bridge upstream is asleep, and a read would wake it",
    Status.UNREACHABLE_LINK_DOWN: "a link upstream is down",
    Status.UNREACHABLE_NO_BAR: "the function has no memory BAR of this number",
    Status.UNREACHABLE_UNASSIGNED: "the BAR has no address: the kernel assigned none",
    Status.UNREACHABLE_OUTSIDE_BAR: "the BAR ends before the register does",
    Status.UNREACHABLE_NO_BRIDGE: "the route has fewer bridges",
    Status.UNREACHABLE_OUTSIDE_CONFIG: "configuration space ends before the register does",
    Status.UNREACHABLE_SLOW: "reads kept the CPU waiting over 10 ms: a second's rest",
    Status.UNREACHABLE_INTERRUPTED: "the agent was being ended",
    Status.UNREACHABLE_UNFILTERED: "the driver is not on the stack of the function or bridge",
    Status.FAULT_MAPPING: "the kernel could not map the page",
    Status.FAULT_CONFIG: "the kernel's read of configuration space failed",
    Status.WRONG_RESERVED: "the request has a reserved field that is not zero",
    Status.WRONG_ADDRESS: "no function can have this address",
    Status.WRONG_BAR: "no function has a BAR of this number",
    Status.WRONG_WIDTH: "this CPU does not load so many bytes at once",
    Status.WRONG_ALIGNMENT: "the offset is not a multiple of the width",
    Status.WRONG_RANGE: "the bytes are none, past the end of memory, or to be mapped and not whole pages",
    Status.WRONG_MATCH: "the rule matches neither vendor nor class, or has ids that it does not match",
    Status.WRONG_RIGHTS: "the rule has no rights, or some that this driver does not have",
    Status.WRONG_MASK: "the rule has a write mask and no right to write",
}


def outcome_of(status: int) -> Outcome:
    """The outcome of a status that is not OK; of an unknown one, of a newer driver, as far as its high byte tells."""
    return OUTCOMES.get(status >> 8, Outcome.FAULT)


def words_for(status: int) -> str:
    """Why, for people."""
    return WORDS.get(status, f"the driver's status {status:#x}, which this agent does not know")


def pack_address(address: Address) -> bytes:
    """``struct bw_address``."""
    return ADDRESS.pack(address.domain, address.bus, address.device, address.function)


def pack_read(address: Address, bar: int, offset: int, width: int) -> bytes:
    """``struct bw_read``."""
    return READ.pack(pack_address(address), offset, bar, width, 0, 0, 0, 0, 0)


def pack_config(address: Address, bridge: int, offset: int, width: int) -> bytes:
    """``struct bw_config``. bridge: 0 is the function, 1 the bridge above it, and so on."""
    return CONFIG.pack(pack_address(address), bridge, offset, width, bytes(8), 0, 0, 0)


def pack_map(address: Address, bar: int, offset: int, width: int) -> bytes:
    """``struct bw_map``."""
    return MAP.pack(MAP.size, 0, pack_address(address), offset, bar, width, 0, 0, 0, 0, 0, 0)
