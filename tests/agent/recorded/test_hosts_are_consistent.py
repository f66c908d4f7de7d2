"""Every host in tests/hosts is a machine that could be: what its files, registers and windows say fits together.

The registers are decoded here by hand, not by the product's decoders, so that one checks the other.
"""

import mmap
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from posixpath import basename, dirname

import pytest

from barwatch_agent import recorded
from barwatch_agent.recorded import RecordedHost
from barwatch_agent.recorded.paths import lead
from barwatch_agent.roots import Roots
from barwatch_agent.topology.linux import scan
from barwatch_proto.config_space import overview
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.pci import ADDRESS, Address
from barwatch_proto.topology import Function, Topology

FOLDER = Path(__file__).parents[2] / "hosts"
HOSTS = {path.stem: recorded.load(path) for path in sorted(FOLDER.glob("*.toml"))}
LINUX = [name for name, host in HOSTS.items() if not any(path.startswith("windows/") for path in host.files)]
EACH = pytest.mark.parametrize("name", LINUX)  # tests/agent/windows has the others
IO, MEMORY, PREFETCHABLE, SIXTY_FOUR = 0x100, 0x200, 0x2000, 0x100000  # Linux include/linux/ioport.h
BARS, ROM, BRIDGE_WINDOWS = 6, 6, 13  # lines of the file resource where CONFIG_PCI_IOV is set
ROOT_PORT, UPSTREAM_PORT, DOWNSTREAM_PORT = 4, 5, 6  # PCIe Base Spec 6.0, 7.5.3.2
SPEEDS = {"2.5 GT/s PCIe": 1, "5.0 GT/s PCIe": 2, "8.0 GT/s PCIe": 3, "16.0 GT/s PCIe": 4, "Unknown": 0}

Range = tuple[int, int, int]  # start, end, flags


@dataclass(frozen=True)
class Recorded:
    """One function of a recorded host."""

    host: RecordedHost
    folder: str

    @property
    def address(self) -> Address:
        return Address.parse(basename(self.folder))

    @property
    def parent(self) -> "Recorded | None":
        above = dirname(self.folder)
        return Recorded(self.host, above) if ADDRESS.fullmatch(basename(above)) else None

    @property
    def config(self) -> bytes:
        return self.host.config.get(f"{self.folder}/config", b"")

    @property
    def is_bridge(self) -> bool:
        return self.config[0x0E] & 0x7F == 1

    @property
    def is_virtual(self) -> bool:
        return f"{self.folder}/physfn" in self.host.links

    @property
    def ranges(self) -> list[Range]:
        lines = self.host.files[f"{self.folder}/resource"].splitlines()
        return [(int(start, 16), int(end, 16), int(flags, 16)) for start, end, flags in map(str.split, lines)]

    @property
    def express(self) -> int | None:
        """The offset of the PCI Express capability; None where there is none, or it cannot be seen."""
        offset = self.config[0x34] if len(self.config) >= 256 else 0
        while offset and self.config[offset] != 0x10:
            offset = self.config[offset + 1]
        return offset or None

    @property
    def port_type(self) -> int | None:
        return None if self.express is None else self.config[self.express + 2] >> 4

    def has(self, name: str) -> bool:
        return f"{self.folder}/{name}" in self.host.files

    def text(self, name: str) -> str:
        return self.host.files[f"{self.folder}/{name}"].strip()

    def number(self, name: str) -> int:
        return int(self.text(name), 16)

    def word(self, offset: int) -> int:
        return int(struct.unpack_from("<H", self.config, offset)[0])

    def dword(self, offset: int) -> int:
        return int(struct.unpack_from("<I", self.config, offset)[0])

    def upstream(self) -> Iterator["Recorded"]:
        bridge = self.parent
        while bridge:
            yield bridge
            bridge = bridge.parent

    def windows(self) -> list[Range]:
        """Open windows as the registers have them; PCI-to-PCI Bridge Architecture Spec 1.2, 3.2.5."""
        io = ((self.config[0x1C] & 0xF0) << 8, (self.config[0x1D] & 0xF0) << 8 | 0xFFF, IO)
        memory = (self.word(0x20) << 16, self.word(0x22) << 16 | 0xFFFFF, MEMORY)
        base, limit = (self.word(0x24) & 0xFFF0) << 16, (self.word(0x26) & 0xFFF0) << 16 | 0xFFFFF
        wide = (self.dword(0x28) << 32 | base, self.dword(0x2C) << 32 | limit, MEMORY | PREFETCHABLE | SIXTY_FOUR | 1)
        return [window for window in (io, memory, wide) if window[0] <= window[1]]


def functions(name: str) -> list[Recorded]:
    host = HOSTS[name]
    folders = (dirname(path) for path in host.files if basename(path) == "vendor")
    return [Recorded(host, folder) for folder in folders if ADDRESS.fullmatch(basename(folder))]


def assigned_bars(function: Recorded) -> list[Range]:
    return [each for each in function.ranges[:BARS] if each[2]]


@EACH
def test_a_host_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    host = HOSTS[name]

    assert host.name == name
    assert len(host.description) > 20
    assert len(host.source) > 60
    assert f"`{name}`" in (FOLDER / "README.md").read_text()


@EACH
def test_the_text_is_in_the_form_that_dump_writes(name: str) -> None:
    assert (FOLDER / f"{name}.toml").read_text() == recorded.dump(HOSTS[name])


@EACH
def test_every_function_is_on_the_bus_of_a_bridge_that_is_there(name: str) -> None:
    known = {function.folder for function in functions(name)}

    for function in functions(name):
        link = HOSTS[name].links[f"sys/bus/pci/devices/{function.address}"]
        assert lead(f"sys/bus/pci/devices/{function.address}", link) == function.folder
        bridge = function.parent
        if bridge:
            assert bridge.folder in known
            assert bridge.is_bridge
            assert bridge.config[0x18] == bridge.address.bus
            assert bridge.config[0x19] <= function.address.bus <= bridge.config[0x1A]
            assert function.is_virtual or bridge.config[0x19] == function.address.bus
        if bridge and function.is_bridge:
            assert bridge.config[0x19] < function.config[0x19] <= function.config[0x1A] <= bridge.config[0x1A]


@EACH
def test_buses_of_neighbours_do_not_overlap(name: str) -> None:
    bridges = [function for function in functions(name) if function.is_bridge]

    for parent in {dirname(bridge.folder) for bridge in bridges}:
        buses = sorted((each.config[0x19], each.config[0x1A]) for each in bridges if dirname(each.folder) == parent)
        assert all(before[1] < after[0] for before, after in pairwise(buses))


@EACH
def test_configuration_space_has_the_ids_that_the_files_have(name: str) -> None:
    for function in functions(name):
        if function.is_virtual:  # PCIe Base Spec 6.0, 9.3.4.1.1: they read as ones
            assert function.dword(0) == 0xFFFFFFFF
        else:
            assert (function.word(0), function.word(2)) == (function.number("vendor"), function.number("device"))
        assert function.dword(8) >> 8 == function.number("class")
        assert function.config[8] == function.number("revision")
        if not function.is_bridge:
            subsystem = function.number("subsystem_vendor"), function.number("subsystem_device")
            assert (function.word(0x2C), function.word(0x2E)) == subsystem


@EACH
def test_the_resource_file_has_what_the_bar_registers_have(name: str) -> None:
    for function in functions(name):
        count = 2 if function.is_bridge else BARS
        for index, (start, end, flags) in enumerate(function.ranges[:count]):
            if not flags or function.is_virtual:
                continue
            register = function.dword(0x10 + 4 * index)
            upper = function.dword(0x14 + 4 * index) << 32 if flags & SIXTY_FOUR else 0
            kind = register & (0x3 if flags & IO else 0xF)
            assert upper | (register - kind) == start
            assert kind == flags & 0xF
            assert bool(kind & 8) == bool(flags & PREFETCHABLE)
            assert bool(flags & IO) == (kind & 1 == 1)
            size = end - start + 1
            assert size & (size - 1) == 0
            assert start % size == 0


@EACH
def test_the_resource_file_has_what_the_window_registers_have(name: str) -> None:
    for bridge in functions(name):
        if bridge.is_bridge:
            listed = [(start, end) for start, end, flags in bridge.ranges[BRIDGE_WINDOWS:] if flags]
            assert listed == [(start, end) for start, end, _ in bridge.windows()]


@EACH
def test_bars_are_inside_the_windows_of_every_bridge_upstream(name: str) -> None:
    """A prefetchable BAR may sit in either memory window, another one only in the one that is not prefetchable."""
    for function in functions(name):
        for start, end, flags in (*assigned_bars(function), *function.ranges[ROM : ROM + 1]):
            for bridge in function.upstream() if flags else ():
                fitting = [
                    window
                    for window in bridge.windows()
                    if window[0] <= start
                    and end <= window[1]
                    and window[2] & flags & (IO | MEMORY)
                    and not (window[2] & PREFETCHABLE and not flags & PREFETCHABLE)
                ]
                assert fitting, f"{function.address}: {start:#x}-{end:#x} is outside of {bridge.address}"


@EACH
def test_windows_are_inside_the_windows_upstream(name: str) -> None:
    for bridge in functions(name):
        for start, end, flags in bridge.windows() if bridge.is_bridge else ():
            for above in bridge.upstream():
                assert any(first <= start and end <= last and flags == kind for first, last, kind in above.windows())


@EACH
@pytest.mark.parametrize("space", [IO, MEMORY])
def test_no_two_bars_claim_one_address(name: str, space: int) -> None:
    ranges = sorted(each for function in functions(name) for each in assigned_bars(function) if each[2] & space)

    assert all(before[1] < after[0] for before, after in pairwise(ranges))


@EACH
def test_capability_lists_are_whole(name: str) -> None:
    for function in functions(name):
        if len(function.config) >= 256:
            assert overview(function.config).problems == ()


@EACH
def test_link_files_have_what_the_link_registers_have(name: str) -> None:
    for function in functions(name):
        if function.express is None or not function.has("current_link_speed"):
            continue
        able, status = function.dword(function.express + 0x0C), function.word(function.express + 0x12)
        assert SPEEDS[function.text("current_link_speed")] == status & 0xF
        assert int(function.text("current_link_width")) == status >> 4 & 0x3F
        assert SPEEDS[function.text("max_link_speed")] == able & 0xF
        assert int(function.text("max_link_width")) == (able >> 4 & 0x3F or 255)  # 255: PCIE_LNK_WIDTH_UNKNOWN


@EACH
def test_both_ends_of_a_link_agree_on_it(name: str) -> None:
    for function in functions(name):
        bridge = function.parent
        if bridge is None or function.is_virtual or not (function.express and bridge.express):
            continue
        if bridge.port_type in {ROOT_PORT, DOWNSTREAM_PORT}:  # behind the others there is no link
            for end in ("current_link_speed", "current_link_width"):
                assert function.text(end) == bridge.text(end), function.address
            assert function.port_type != DOWNSTREAM_PORT
        elif bridge.port_type == UPSTREAM_PORT:
            assert function.port_type == DOWNSTREAM_PORT


@EACH
def test_recorded_bars_are_as_long_as_the_resource_file_says(name: str) -> None:
    for function in functions(name):
        for index, (start, end, _) in enumerate(function.ranges[:BARS]):
            bar = HOSTS[name].bars.get(f"{function.folder}/resource{index}")
            assert bar is None or bar.length_bytes == end - start + 1


@EACH
def test_links_lead_to_what_is_recorded(name: str) -> None:
    host = HOSTS[name]
    places = {*host.files, *host.config, *host.binary, *host.unreadable, *host.empty_folders}
    folders = {above for place in (*places, *host.links) for above in parents(place)}

    for path, target in host.links.items():
        assert lead(path, target) in places | folders


def parents(path: str) -> Iterator[str]:
    while path := dirname(path):
        yield path


@EACH
def test_the_scanner_finds_nothing_wrong(name: str, shared_host: Callable[[str], Roots]) -> None:
    """Sleeping functions are not read; an ordinary user is told so by each function: that is all."""
    topology = scan(shared_host(name), 0).topology

    assert topology.problems == ()
    assert len(topology.functions) == len(functions(name))
    expected = ("not root?",) if name == "ordinary-user" else ()
    for function in topology.functions:
        told = [problem for problem in function.problems if "asleep" not in problem]
        assert all(any(word in problem for word in expected) for problem in told)


def fingerprints(topology: Topology) -> list[str]:
    return sorted(topology_fingerprint(topology.route(function)) for function in topology.functions)


def gpu(topology: Topology) -> Function:
    return next(function for function in topology.functions if function.ids == "10de:1c02")


def test_the_two_desktops_have_one_topology_at_different_addresses(shared_host: Callable[[str], Roots]) -> None:
    slot, other = scan(shared_host("desktop-gpu-slot"), 0).topology, scan(shared_host("desktop-other-slot"), 0).topology

    assert fingerprints(slot) == fingerprints(other)
    assert gpu(slot).address != gpu(other).address
    assert [bar.start for bar in gpu(slot).bars] != [bar.start for bar in gpu(other).bars]


def test_one_gpu_has_another_topology_in_a_slot_than_in_a_box(shared_host: Callable[[str], Roots]) -> None:
    slot, box = (
        scan(shared_host("desktop-gpu-slot"), 0).topology,
        scan(shared_host("laptop-thunderbolt-box"), 0).topology,
    )

    assert gpu(slot).ids == gpu(box).ids
    assert [bar.length_bytes for bar in gpu(slot).bars] == [bar.length_bytes for bar in gpu(box).bars]
    assert topology_fingerprint(slot.route(gpu(slot))) != topology_fingerprint(box.route(gpu(box)))
    assert gpu(slot).is_tunnelled is False
    assert gpu(box).is_tunnelled is True
    assert gpu(box).is_removable is True


@pytest.mark.parametrize(
    ("name", "boot_0", "register"),
    [
        ("desktop-gpu-slot", 0x136000A1, 0x7666),
        ("desktop-other-slot", 0x136000A1, 0x7666),
        ("laptop-thunderbolt-box", 0x136000A1, 0x7666),
        ("laptop-thunderbolt-box-all-ones", 0xFFFFFFFF, 0xFFFFFFFF),
    ],
)
def test_a_mapping_of_the_gpu_shows_its_registers(
    name: str, boot_0: int, register: int, shared_host: Callable[[str], Roots]
) -> None:
    roots = shared_host(name)
    resource = roots.sys / "bus/pci/devices" / str(gpu(scan(roots, 0).topology).address) / "resource0"

    with resource.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert struct.unpack_from("<I", mapped, 0) == (boot_0,)
        assert struct.unpack_from("<I", mapped, 0x1F380) == (register,)


def test_an_ordinary_user_sees_the_laptop_less_well(shared_host: Callable[[str], Roots]) -> None:
    user, root = HOSTS["ordinary-user"], HOSTS["laptop-thunderbolt-box"]

    assert {len(config) for config in user.config.values()} == {64}
    assert {path: config[:64] for path, config in root.config.items()} == user.config
    assert user.bars == {}
    assert {path for path in user.unreadable if path.endswith("product_uuid")}
    assert gpu(scan(shared_host("ordinary-user"), 0).topology).is_tunnelled is True
