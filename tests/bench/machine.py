"""A machine with a hundred functions: the recorded server, with one of its switches many times over."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from barwatch_agent import recorded
from barwatch_agent.recorded import RecordedHost
from barwatch_agent.roots import Roots

HOSTS = Path(__file__).parents[1] / "hosts"
SWITCH = "sys/devices/pci0000:00/0000:00:03.0"  # root port, switch with four ports, four NVMe drives: ten functions
SWITCH_BUSES = range(0x06, 0x0C)
NETWORK_CARD = "sys/devices/pci0000:80/0000:80:03.0"  # left out: its virtual functions have no ids, so no good read
NETWORK_CARD_LINK = re.compile(r"0000:(80:03|85:0.)\..$")
CLONES = 7  # 30 functions stay, and each clone has 10
FIRST_SLOT, FIRST_BUS = 0x05, 0x10
BRIDGE_HEADER, HEADER_TYPE, BUS_NUMBERS = 1, 0x0E, slice(0x18, 0x1B)  # PCIe Base Spec 6.0, 7.5.1.1.9 and 7.5.1.3

T = TypeVar("T")


def server() -> RecordedHost:
    """The machine; its ids, capabilities and register values are those of tests/hosts/server-switches.toml."""
    host = _without_network_card(recorded.load(HOSTS / "server-switches.toml"))
    for number in range(CLONES):
        host = _with_switch(host, _Renaming(FIRST_SLOT + number, FIRST_BUS + len(SWITCH_BUSES) * number))
    return host


def unpacked(folder: Path) -> Roots:
    """The machine's files."""
    return server().unpack(folder)


@dataclasses.dataclass(frozen=True, slots=True)
class _Renaming:
    """Where one copy of the switch is plugged in."""

    slot: int
    bus: int

    def text(self, text: str) -> str:
        """A path or the target of a link, with the addresses of the copy."""
        text = text.replace("0000:00:03.0", f"0000:00:{self.slot:02x}.0")
        return re.sub(r"0000:(0[6-9a-b]):", lambda found: f"0000:{self._moved(int(found[1], 16)):02x}:", text)

    def config(self, config: bytes) -> bytes:
        """A configuration space: bridges hold bus numbers."""
        if config[HEADER_TYPE] & 0x7F != BRIDGE_HEADER:
            return config
        changed = bytearray(config)
        changed[BUS_NUMBERS] = bytes(self._moved(bus) for bus in config[BUS_NUMBERS])
        return bytes(changed)

    def _moved(self, bus: int) -> int:
        return self.bus + bus - SWITCH_BUSES.start if bus in SWITCH_BUSES else bus


def _with_switch(host: RecordedHost, renaming: _Renaming) -> RecordedHost:
    return dataclasses.replace(
        host,
        files={**host.files, **{renaming.text(path): text for path, text in _of_switch(host.files)}},
        links={**host.links, **{renaming.text(path): renaming.text(to) for path, to in _of_switch(host.links)}},
        config={
            **host.config,
            **{renaming.text(path): renaming.config(data) for path, data in _of_switch(host.config)},
        },
        bars={**host.bars, **{renaming.text(path): bar for path, bar in _of_switch(host.bars)}},
    )


def _of_switch(entries: Mapping[str, T]) -> Iterator[tuple[str, T]]:
    """What is in the folders of the switch, and the links that lead to them."""
    for path, content in entries.items():
        if path.startswith(SWITCH) or re.search(r"/0000:(00:03\.0|0[6-9a-b]:..\..)$", path):
            yield path, content


def _without_network_card(host: RecordedHost) -> RecordedHost:
    def kept(entries: Mapping[str, T]) -> dict[str, T]:
        return {
            path: content
            for path, content in entries.items()
            if not path.startswith(NETWORK_CARD) and not NETWORK_CARD_LINK.search(path)
        }

    return dataclasses.replace(
        host, files=kept(host.files), links=kept(host.links), config=kept(host.config), bars=kept(host.bars)
    )
