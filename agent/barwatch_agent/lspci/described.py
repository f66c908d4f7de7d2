"""What a text says of one function; None where it says nothing."""

from dataclasses import dataclass, replace

from barwatch_proto.pci import Address


@dataclass(frozen=True, slots=True)
class Region:
    """One BAR as lspci tells it."""

    index: int | None  # None: lspci -v does not number them
    is_io: bool
    start: int | None  # None: not assigned
    is_64bit: bool
    is_prefetchable: bool
    length_bytes: int


@dataclass(frozen=True, slots=True)
class Link:
    """Speed in GT/s and width, as text has them."""

    speed: str
    width: str


@dataclass(frozen=True, slots=True)
class Described:
    """One function."""

    address: Address
    name: str | None = None  # class, vendor and device in words, without numbers
    config: bytes = b""
    cut: str | None = None  # why there is less of config than the text has, or than it should
    vendor: int | None = None
    device: int | None = None
    class_code: int | None = None  # 24 bits; the last 8 are zero where nothing tells them
    revision: int | None = None
    subsystem: tuple[int, int] | None = None
    regions: tuple[Region, ...] = ()
    buses: tuple[int, int] | None = None  # secondary and subordinate bus of a bridge
    driver: str | None = None
    iommu_group: int | None = None
    power_state: str | None = None
    link: Link | None = None
    max_link: Link | None = None
    has_details: bool = False  # there were lines of lspci -v

    @property
    def has_ids(self) -> bool:
        """Whether one can tell what it is."""
        return bool(self.config) or (self.vendor is not None and self.class_code is not None)


# What one text may tell and another may not
TOLD = (
    "name",
    "vendor",
    "device",
    "class_code",
    "revision",
    "subsystem",
    "buses",
    "driver",
    "iommu_group",
    "power_state",
    "link",
    "max_link",
)


def merged(one: Described, other: Described) -> Described:
    """What two texts say of the same function; the longer configuration space counts."""
    first, second = (one, other) if len(one.config) >= len(other.config) else (other, one)
    gaps = {name: getattr(second, name) for name in TOLD if getattr(first, name) is None}
    regions, has_details = first.regions or second.regions, first.has_details or second.has_details
    return replace(first, regions=regions, has_details=has_details, **gaps)


def agree(one: Described, other: Described) -> bool:
    """Whether both may be the same function of the same machine at the same time."""
    length = min(len(one.config), len(other.config))
    return (
        one.config[:length] == other.config[:length]
        and (one.name == other.name or None in {one.name, other.name})
        and _same((one.vendor, one.device, one.revision), (other.vendor, other.device, other.revision))
        and _same(_bus_of(one), _bus_of(other))
    )


def _same(ones: tuple[int | None, ...], others: tuple[int | None, ...]) -> bool:
    return all(one == other or one is None or other is None for one, other in zip(ones, others, strict=True))


def _bus_of(function: Described) -> tuple[int | None, int | None]:
    return function.buses or (None, None)
