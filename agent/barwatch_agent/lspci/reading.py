"""What each line tells: a new function, bytes of its configuration space, or a detail that lspci -v prints.

Source of the forms: lspci.c, ls-kernel.c, ls-caps.c of pciutils 3.5 to 3.13; Linux arch/x86/pci/early.c for dumps in a
kernel log.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from barwatch_agent.lspci.described import Described, Link, Region
from barwatch_proto.pci import Address

SLOT = r"(?:(?P<domain>[0-9a-f]{4,8}):)?(?P<bus>[0-9a-f]{2}):(?P<device>[01][0-9a-f])\.(?P<function>[0-7])"
HEX4 = "[0-9a-f]{4}"
HEAD = re.compile(rf"{SLOT}(?: +(?P<rest>.*))?", re.IGNORECASE)
EARLY = re.compile(rf"pci {SLOT}:? config space:", re.IGNORECASE)
NUMBERS = re.compile(
    rf'(?:Class )?"?(?P<class>{HEX4})"?: "?(?P<vendor>{HEX4})"?[: ]"?(?P<device>{HEX4})\b', re.IGNORECASE
)
NAMES = re.compile(r"[A-Z0-9][^:]{2,80}: \S")
CLASS_CODE = re.compile(rf"^[^:]*\[(?P<class>{HEX4})\]: ", re.IGNORECASE)
IDS = re.compile(rf"\[(?P<vendor>{HEX4}):(?P<device>{HEX4})\]", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)")
REVISION = re.compile(r"\(rev ([0-9a-f]{2})\)", re.IGNORECASE)
INTERFACE = re.compile(r"\(prog-if ([0-9a-f]{2})\b", re.IGNORECASE)
BYTES = re.compile(
    r"(?P<offset>[0-9a-f]{2,3}):(?P<bytes>(?: +[0-9a-f]{2}){16}(?=\s|$)|(?: +[0-9a-f]{2}){1,15}$)", re.IGNORECASE
)
SIZE = r"\[size=(?P<size>[0-9]+)(?P<unit>[KMGTP]?)\]"
MEMORY = re.compile(
    rf"(?:Region (?P<index>[0-5]): )?Memory at (?P<start>[0-9a-f]+|<\w+>) "
    rf"\((?P<type>[^,]*), (?P<non>non-)?prefetchable\).*{SIZE}"
)
PORTS = re.compile(rf"(?:Region (?P<index>[0-5]): )?I/O ports at (?P<start>[0-9a-f]+|<\w+>).*{SIZE}")
SUBSYSTEM = re.compile(rf"Subsystem: (?:.*\[)?(?P<vendor>{HEX4}):(?P<device>{HEX4})\]?$", re.IGNORECASE)
BUSES = re.compile(
    r"Bus: primary=[0-9a-f]+, secondary=(?P<secondary>[0-9a-f]+), subordinate=(?P<subordinate>[0-9a-f]+)"
)
DRIVER = re.compile(r"Kernel driver in use: (?P<name>\S.{0,62})")
GROUP = re.compile(r"IOMMU group: (?P<number>[0-9]{1,9})")
POWER = re.compile(r"Status: (?P<state>D[0-3]) ")
LINK = re.compile(r"Lnk(?P<which>Cap|Sta):.*?Speed (?P<speed>[0-9.]+)GT/s(?: \(\w+\))?, Width x(?P<width>[0-9]+)")
DETAIL = re.compile(
    r"(Control|Status|Flags|Latency|Interrupt|Region [0-5]|Capabilities|Bus|Kernel modules|Subsystem):? "
)
UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40, "P": 50}
POWER_STATES = {"D0": "D0", "D1": "D1", "D2": "D2", "D3": "D3hot"}
MAX_CONFIG = 4096
ENDS = {64, 128, 256, MAX_CONFIG}  # what lspci -x, -x of a CardBus bridge, -xxx and -xxxx print


@dataclass(slots=True)
class _Draft:
    """A function while its lines are read."""

    address: Address
    facts: dict[str, object] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)
    pieces: dict[int, bytes] = field(default_factory=dict)

    def described(self) -> Described:
        config, cut = _joined(self.pieces)
        return Described(self.address, config=config, cut=cut, regions=tuple(self.regions), **self.facts)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Text:
    """The functions in the order of the text, an address as often as it comes; and hex lines that belong to none."""

    functions: tuple[Described, ...]
    homeless: int


def read(lines: Iterable[str]) -> Text:
    """What the lines tell; lines of any other kind are ignored."""
    drafts: list[_Draft] = []
    homeless = 0
    for line in lines:
        draft = _begun(line)
        if draft is not None:
            drafts.append(draft)
        elif (found := BYTES.match(line)) is None:
            _note(drafts[-1:], line)
        elif drafts:
            drafts += _put(drafts[-1], found)
        else:
            homeless += 1
            _note(drafts[-1:], line)
    return Text(tuple(draft.described() for draft in drafts), homeless)


def _begun(line: str) -> _Draft | None:
    """The function that begins on this line; None when none does."""
    early = EARLY.match(line)
    head = early or HEAD.fullmatch(line)
    if head is None:
        return None
    rest = "" if early else head["rest"] or ""
    numbers = NUMBERS.match(rest)
    if rest and numbers is None and NAMES.match(rest) is None:
        return None
    return _Draft(_address(head), dict(_told_by_head(rest, numbers)))


def _address(found: re.Match[str]) -> Address:
    parts = (found[name] or "0" for name in ("domain", "bus", "device", "function"))
    return Address(*(int(part, 16) for part in parts))


def _told_by_head(rest: str, numbers: re.Match[str] | None) -> Iterator[tuple[str, object]]:
    """Ids, class and revision, as far as the first line has them."""
    ids = numbers or _last(IDS, rest)
    class_code = numbers or CLASS_CODE.search(rest)
    interface, revision = INTERFACE.search(rest), REVISION.search(rest)
    if rest and numbers is None:
        yield "name", " ".join(IN_BRACKETS.sub("", rest).split())
    if ids is not None:
        yield from (("vendor", int(ids["vendor"], 16)), ("device", int(ids["device"], 16)))
    if class_code is not None:
        yield "class_code", int(class_code["class"], 16) << 8 | (int(interface[1], 16) if interface else 0)
    if revision is not None:
        yield "revision", int(revision[1], 16)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Names may have brackets, too; the ids come last."""
    return next(reversed([*pattern.finditer(text)]), None)


def _put(draft: _Draft, found: re.Match[str]) -> list[_Draft]:
    """Bytes into a draft; another draft of the same function where these bytes were there already."""
    offset, piece = int(found["offset"], 16), bytes.fromhex(found["bytes"])
    if offset not in draft.pieces:
        draft.pieces[offset] = piece
        return []
    return [_Draft(draft.address, pieces={offset: piece})]


def _joined(pieces: dict[int, bytes]) -> tuple[bytes, str | None]:
    """Configuration space as far as it is without holes, and why it ends where it does if that is not its end."""
    config = b""
    while len(config) < MAX_CONFIG and (piece := pieces.get(len(config))):
        config += piece
    if any(offset > len(config) for offset in pieces):
        return config, f"the hex lines have a hole at {len(config):#x}; what comes after it is left out"
    return config, f"the hex lines end at {len(config):#x}" if config and len(config) not in ENDS else None


def _note(drafts: list[_Draft], line: str) -> None:
    """A detail of the function that was last begun, if the line is one."""
    for draft in drafts:
        if DETAIL.match(line):
            draft.facts.setdefault("has_details", True)
        for pattern, take in DETAILS:
            found = pattern.match(line)
            if found is not None:
                take(draft, found)
                return


def _take_memory(draft: _Draft, found: re.Match[str]) -> None:
    is_64bit = found["type"].startswith("64")
    draft.regions.append(_region(found, is_io=False, is_64bit=is_64bit, is_prefetchable=not found["non"]))


def _take_ports(draft: _Draft, found: re.Match[str]) -> None:
    draft.regions.append(_region(found, is_io=True, is_64bit=False, is_prefetchable=False))


def _region(found: re.Match[str], *, is_io: bool, is_64bit: bool, is_prefetchable: bool) -> Region:
    start = None if found["start"].startswith("<") else int(found["start"], 16)
    length = int(found["size"]) << UNITS[found["unit"]]
    index = None if found["index"] is None else int(found["index"])
    return Region(index, is_io, start, is_64bit, is_prefetchable, length)


def _take_subsystem(draft: _Draft, found: re.Match[str]) -> None:
    draft.facts["subsystem"] = (int(found["vendor"], 16), int(found["device"], 16))


def _take_buses(draft: _Draft, found: re.Match[str]) -> None:
    draft.facts["buses"] = (int(found["secondary"], 16), int(found["subordinate"], 16))


def _take_driver(draft: _Draft, found: re.Match[str]) -> None:
    draft.facts["driver"] = found["name"].strip()


def _take_group(draft: _Draft, found: re.Match[str]) -> None:
    draft.facts["iommu_group"] = int(found["number"])


def _take_power(draft: _Draft, found: re.Match[str]) -> None:
    draft.facts["power_state"] = POWER_STATES[found["state"]]


def _take_link(draft: _Draft, found: re.Match[str]) -> None:
    name = "max_link" if found["which"] == "Cap" else "link"
    draft.facts[name] = Link(found["speed"], found["width"])


DETAILS: tuple[tuple[re.Pattern[str], Callable[[_Draft, re.Match[str]], None]], ...] = (
    (MEMORY, _take_memory),
    (PORTS, _take_ports),
    (SUBSYSTEM, _take_subsystem),
    (BUSES, _take_buses),
    (DRIVER, _take_driver),
    (GROUP, _take_group),
    (POWER, _take_power),
    (LINK, _take_link),
)
