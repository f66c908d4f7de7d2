"""The hosts of the founding case, from the table in fleet.toml: what each is made of, and what goes wrong there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
from tests.lab.hosts import Function, Host, Port

TABLE = Path(__file__).parent / "fleet.toml"
LAPTOPS = {9, 10}  # chassis: SMBIOS 3.7 (DSP0134), 7.4.1, laptop and notebook
CARD = "card"  # id of the function that the case is about
ABOVE_4G_GIB = 32  # a prefetchable window that large has no room below 4 GiB


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What hosts of one make have in common."""

    vendor: str
    chassis: int
    has_hotplug_slots: bool = False

    @property
    def is_laptop(self) -> bool:
        """Whether one carries it."""
        return self.chassis in LAPTOPS


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line of the table."""

    model: str
    bios: tuple[str, str]  # vendor, version
    iommu: bool
    above_4g: bool  # the BAR of the card
    card_in: Literal["slot", "switch", "two switches", "box"]
    fault: Literal["moved", "deaf"] | None = None  # of the card, after a few good reads; None: all is well
    user_mapping: Literal["sysfs", "driver"] = "sysfs"


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    model: dict[str, Model]
    host: dict[str, Line]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One host of the fleet."""

    name: str
    line: Line
    model: Model

    @property
    def has_box(self) -> bool:
        """Whether its card is in a box outside."""
        return self.line.card_in == "box"

    def host(self) -> Host:
        """As the lab boots it."""
        line, model = self.line, self.model
        return Host(
            name=self.name,
            summary=self.summary,
            vendor=model.vendor,
            model=line.model,
            chassis=model.chassis,
            iommu=line.iommu,
            bios=line.bios,
            user_mapping=line.user_mapping,
            port=tuple(self._ports()),
            function=tuple(self._functions()),
        )

    @property
    def summary(self) -> str:
        """One sentence of what it is and what happens."""
        kind = "laptop" if self.model.is_laptop else "desktop"
        place = {"slot": "in a slot", "switch": "behind a switch", "two switches": "behind two switches"}
        happens = {None: "", "moved": ", whose BAR moves", "deaf": ", which stops decoding memory for a while"}
        return f"A {kind}, its card {place.get(self.line.card_in, 'in a box')}{happens[self.line.fault]}"

    def _ports(self) -> Iterator[Port]:
        yield Port(id="inside", device="pcie-root-port", is_hotplug_capable=False)
        if self.model.is_laptop or self.has_box:
            yield from self._way_out()
        if self.has_box:
            yield from _switch("box", "cable")
        else:
            slot = {"is_hotplug_capable": self.model.has_hotplug_slots, "prefetchable_gib": self._window_gib()}
            yield Port(id="card-slot", device="pcie-root-port", **slot)
        if self.line.card_in in {"switch", "two switches"}:
            yield from _switch("switch", "card-slot")
        if self.line.card_in == "two switches":
            yield from _switch("riser", "switch-port")

    def _way_out(self) -> Iterator[Port]:
        """A port that leads out, and a controller: a switch with its own USB controller and a port for the cable."""
        window_gib = self._window_gib() if self.has_box else None
        yield Port(id="outside", device="pcie-root-port", is_external_facing=True, prefetchable_gib=window_gib)
        yield Port(id="controller", device="x3130-upstream", below="outside")
        yield Port(id="own", device="xio3130-downstream", below="controller")
        yield Port(id="cable", device="xio3130-downstream", below="controller")

    def _functions(self) -> Iterator[Function]:
        yield Function(id="disk", device="nvme", below="inside")
        if self.model.is_laptop or self.has_box:
            yield Function(id="usb", device="qemu-xhci", below="own")
        place = {"slot": "card-slot", "switch": "switch-port", "two switches": "riser-port", "box": "box-port"}
        yield Function(id=CARD, device="ivshmem-plain", below=place[self.line.card_in])

    def _window_gib(self) -> int | None:
        return ABOVE_4G_GIB if self.line.above_4g else None


def members(table: Path = TABLE) -> tuple[Member, ...]:
    """Every host of the fleet, in the order of the table.

    Raises:
        ValueError: the table is wrong; the text says where.
    """
    read = msgspec.toml.decode(table.read_bytes(), type=Table)
    for name, line in read.host.items():
        if line.model not in read.model:
            msg = f"{table}: {name}: no model is called {line.model!r}"
            raise ValueError(msg)
    return tuple(Member(name=name, line=line, model=read.model[line.model]) for name, line in read.host.items())


def _switch(name: str, below: str) -> Iterator[Port]:
    yield Port(id=name, device="x3130-upstream", below=below)
    yield Port(id=f"{name}-port", device="xio3130-downstream", below=name)
