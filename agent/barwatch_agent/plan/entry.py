"""One [[register]] table as written: the keys that exist and their types."""

from typing import TYPE_CHECKING

import msgspec

from barwatch_proto.words import Access, Record

if TYPE_CHECKING:
    from collections.abc import Sequence


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The keys of a register; README.md says what each means."""

    name: str
    summary: str
    source: str
    offset: int
    width: int
    side_effect_free: bool | None = None  # None: not stated, which the rules refuse
    vendor: int | None = None
    device: int | tuple[int, ...] | None = None
    subsystem: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")
    bar: int | None = None
    config: bool = False
    relative_to: str | None = None
    expect: int | None = None
    expect_ids: bool = False
    mask: int | None = None
    canary: bool = False
    access: tuple[Access, ...] | None = None
    record: Record = Record.COUNTERS
    every: str = "1s"

    @property
    def devices(self) -> "Sequence[int]":
        """The device ids, one or several."""
        if self.device is None:
            return ()
        return (self.device,) if isinstance(self.device, int) else self.device

    @property
    def has_expectation(self) -> bool:
        """Whether a value is expected."""
        return self.expect is not None or self.expect_ids


class PlanFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The top level of a plan file."""

    register: list[dict[str, object]]
