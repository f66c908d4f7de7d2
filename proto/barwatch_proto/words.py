"""The closed sets of words that every part of barwatch uses: accesses, outcomes, states."""

from enum import Enum


class Access(Enum):
    """The way in to a register."""

    __hash__ = object.__hash__  # members are single: Enum's own hash is Python code, and a pass asks for hundreds

    KERNEL = "kernel"  # the driver's IOCTL
    USER = "user"  # a mapping of the BAR into a user process
    CONFIG = "config"  # configuration space


class Outcome(Enum):
    """What one read came to.

    ``all_ones`` is a suspicion, not a verdict: a root complex fabricates it for a failed read, and a register may hold
    it. ``denied``, ``unreachable`` and ``fault`` carry no value, so nothing of ours can be taken for data of the bus.
    """

    __hash__ = object.__hash__  # as in Access

    OK = "ok"
    ALL_ONES = "all_ones"
    MISMATCH = "mismatch"  # neither the expected value nor all ones
    DENIED = "denied"  # the operating system said no
    UNREACHABLE = "unreachable"  # not attempted: there is no way to the register, or touching it is unsafe
    FAULT = "fault"  # SIGBUS, access violation, I/O error

    @property
    def is_attempt(self) -> bool:
        """Whether the register was touched: only such reads say something about a topology."""
        return self not in {Outcome.DENIED, Outcome.UNREACHABLE}

    @property
    def is_failure(self) -> bool:
        """Whether the register was touched and did not answer as it should."""
        return self.is_attempt and self is not Outcome.OK


class State(Enum):
    """What we know of a setting; not knowing is an answer too."""

    ON = "on"
    OFF = "off"
    VALUE = "value"  # neither on nor off: the setting's value says it
    ABSENT = "absent"  # this platform does not have it
    UNREADABLE = "unreadable"  # it is there, and we could not read it


class Record(Enum):
    """How much of a register's values is kept besides the counters."""

    COUNTERS = "counters"
    CHANGES = "changes"
    ALL = "all"
