"""Wild cases: any evidence there can be, each fact from one source, and bytes that nobody would believe."""

from hypothesis import strategies as st
from tests.proto.triage.live import route

from barwatch_proto.pci import BarKind, PortType, WindowKind
from barwatch_proto.topology import Bar, Window
from barwatch_proto.triage import Case, CaseRead, Hop
from barwatch_proto.words import Access, Outcome

REGISTERS = (("a", 0, 0x0), ("b", 0, 0x10), ("c", 2, 0x0))
REASONS = (
    None,
    "",
    "EPERM",
    "SIGBUS",
    "the BAR has no address: the kernel assigned none",
    "the function is gone: none has this address",
    "a link upstream is down",
    "the kernel is recovering the function, or a bridge upstream, from an error",
    "a bridge upstream is asleep, and a read would wake it",
    "the function is in D3cold: it has no power, and a read would wake it",
    "the kernel keeps everybody out: a reset or a self-test is under way",
)
ADDRESSES = (0x1000_0000, 0x2000_0000, 0x40_0000_0000)
flags = st.none() | st.booleans()
rises = st.none() | st.integers(0, 3)


def reals() -> list[bytes]:
    """Configuration spaces of machines, and what stands in their place when nobody answers or is ready."""
    seen = [hop.config for host in ("laptop-thunderbolt-box", "server-switches") for hop in route(host)]
    return [b"", b"\xff" * 4, b"\xff" * 256, b"\x01\x00\xff\xff", *seen, *(each[:64] for each in seen)]


bars = st.builds(
    Bar,
    index=st.sampled_from([0, 2]),
    kind=st.just(BarKind.MEMORY_32),
    is_prefetchable=st.just(value=False),
    length_bytes=st.sampled_from([0x1000, 0x1000000]),
    start=st.none() | st.sampled_from([0, *ADDRESSES]),
)
windows = st.sampled_from(
    [(), (Window(WindowKind.MEMORY, 0x1000_0000, 0x1FFF_FFFF),), (Window(WindowKind.MEMORY, 0, (1 << 48) - 1),)]
)


def hops(config: st.SearchStrategy[bytes]) -> st.SearchStrategy[Hop]:
    """Hops with bytes or without, and any facts told."""
    return st.builds(
        Hop,
        name=st.sampled_from(["0000:00:01.0", "0000:01:00.0", "the card"]),
        config=config,
        port_type=st.none() | st.sampled_from(PortType),
        vendor_id=st.none() | st.sampled_from([0x10DE, 0xFFFF, 0x0001]),
        is_gone=flags,
        power_state=st.none() | st.sampled_from(["D0", "D3hot", "D3cold", "unknown", "error"]),
        runtime_status=st.none() | st.sampled_from(["active", "suspended", "resuming"]),
        driver=st.none() | st.sampled_from(["", "nvidia"]),
        is_memory_decoding=flags,
        is_link_active=flags,
        is_slot_occupied=flags,
        is_dpc_triggered=flags,
        bars=st.none() | st.lists(bars, max_size=2, unique_by=lambda bar: bar.index).map(tuple),
        bar_registers=st.none()
        | st.dictionaries(st.sampled_from([0, 2]), st.sampled_from([0, *ADDRESSES])).map(lambda d: tuple(d.items())),
        windows=st.none() | windows,
        do_siblings_answer=flags,
        uncorrectable_status=st.none() | st.sampled_from([0, 1 << 5, 1 << 14, 1 << 20]),
        correctable_rise=rises,
        uncorrectable_rise=rises,
    )


@st.composite
def reads(draw: st.DrawFn, outcomes: st.SearchStrategy[Outcome]) -> CaseRead:
    """A read of one of three registers, or of configuration space."""
    access = draw(st.sampled_from(Access))
    name, bar, offset = draw(st.sampled_from(REGISTERS))
    is_config = access is Access.CONFIG
    return CaseRead(
        access=access,
        outcome=draw(outcomes),
        register=f"config.{name}" if is_config else name,
        bar=None if is_config else bar,
        offset=draw(st.sampled_from([0, 0x40, 0x100])) if is_config else offset,
        reason=draw(st.sampled_from(REASONS)),
        is_canary=name == "b",
        taken_at_ns=draw(st.none() | st.integers(0, 2)),
    )


failing = st.sampled_from([each for each in Outcome if each is not Outcome.OK])
mostly_ones = st.just(Outcome.ALL_ONES) | failing


def cases(config: st.SearchStrategy[bytes], told: int = 4) -> st.SearchStrategy[Case]:
    """Any case; a register is read again at most once by each access, so that what it gave again is one fact."""
    others = st.lists(
        reads(st.sampled_from(Outcome)),
        max_size=6,
        unique_by=lambda read: (read.access, read.register, read.bar, read.offset),
    )
    return st.builds(
        Case,
        read=reads(mostly_ones),
        others=others.map(tuple),
        route=st.lists(hops(config), max_size=told).map(tuple),
        mapped_start=st.none() | st.sampled_from(ADDRESSES),
        is_virtual_machine=flags,
    )
