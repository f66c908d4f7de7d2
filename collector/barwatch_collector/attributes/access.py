"""Attributes of an access: the way in to a register, and by whose means on this host."""

from dataclasses import dataclass

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.sources import function as told
from barwatch_collector.attributes.values import ABSENT
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.words import Access, State


@dataclass(frozen=True, slots=True)
class WayIn:
    """One access on one host."""

    access: Access
    setting: Setting | None  # what the host says of it; None when it says nothing

    @classmethod
    def of(cls, snapshot: Snapshot, access: Access) -> "WayIn":
        """The access as the host of this snapshot has it."""
        return cls(access, snapshot.setting(f"{access.value}_access"))


def _means(way_in: WayIn) -> Value:
    """By where the host says that it goes: the driver's device, or files of the operating system."""
    setting = way_in.setting
    if setting is None or setting.state is State.UNREADABLE:
        return None
    if setting.state is State.ABSENT:
        return ABSENT
    if setting.value in {"simulated", "recorded"}:
        return setting.value
    return "driver" if "barwatch" in setting.source else "system"


# fmt: off
ACCESS: tuple[Row[WayIn], ...] = (
    Row("access", Form.WORD, 1.0, None, lambda way_in: way_in.access.value,
        "The way in: kernel (the driver reads), user (a mapping into a user process), config (configuration space).",
        told.ACCESS),
    Row("access_means", Form.WORD, 0.6, "access", _means,
        "Who serves the access on this host: the barwatch driver, or the operating system itself.", told.MEANS),
)
# fmt: on
