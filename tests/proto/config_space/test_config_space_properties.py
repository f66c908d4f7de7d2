"""What holds for any bytes and any list of capabilities."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from barwatch_proto import config_space
from barwatch_proto.config_space import DecodeError, Walk, extended_name, overview, standard_name, walk

DECODERS: dict[str, Callable[[bytes, int], object]] = {
    "acs": config_space.decode_acs,
    "aer": lambda config, offset: config_space.decode_aer(config, offset, is_root=True),
    "dpc": config_space.decode_dpc,
    "dvsec": config_space.decode_dvsec,
    "express": config_space.decode_express,
    "header": lambda config, _offset: config_space.decode_header(config),
    "l1_substates": config_space.decode_l1_substates,
    "ltr": config_space.decode_latency_tolerance,
    "link": lambda config, offset: config_space.decode_link(config, offset, 2),
    "msi": config_space.decode_msi,
    "msi_x": config_space.decode_msi_x,
    "power_management": config_space.decode_power_management,
    "resizable_bars": config_space.decode_resizable_bars,
    "serial_number": config_space.decode_serial_number,
    "sr_iov": config_space.decode_sr_iov,
    "subsystem_ids": config_space.decode_subsystem_ids,
    "virtio": config_space.decode_virtio,
    "vsec": config_space.decode_vsec,
    "windows": lambda config, _offset: config_space.decode_windows(config),
}
STRUCTURE = 64  # room for each generated structure, so that none overlaps the next
STANDARD_IDS = st.sampled_from([0x01, 0x05, 0x0D, 0x10, 0x11]) | st.integers(0x01, 0xFE)
UNNAMED = {0x0B, 0x23}  # vendor-specific: names depend on more than the ID
EXTENDED_IDS = st.sampled_from([0x01, 0x03, 0x0D, 0x10, 0x15, 0x18, 0x1D, 0x1E]) | st.integers(0x01, 0xFFFE).filter(
    lambda each: each not in UNNAMED
)


@st.composite
def lists(draw: st.DrawFn) -> tuple[bytes, Walk]:
    """A configuration space with valid lists in any order, rubbish in the structures, and what is in it."""
    config = bytearray((draw(st.binary(min_size=1, max_size=97)) * 4096)[:4096])
    config[0x00:0x04] = b"\x86\x80\x34\x12"
    config[0x06:0x08] = b"\x10\x00"
    config[0x08:0x0C] = b"\x00\x00\x00\x02"
    config[0x0C:0x10] = bytes([0, 0, draw(st.sampled_from([0, 1])), 0])
    found = []
    places = draw(st.permutations(range(0x40, 0x100, STRUCTURE)))[: draw(st.integers(1, 3))]
    config[0x34:0x38] = bytes([places[0] | draw(st.integers(0, 3)), 0, 0, 0])
    for place, following in zip(places, [*places[1:], 0], strict=True):
        capability_id = draw(STANDARD_IDS)
        config[place : place + 2] = bytes([capability_id, following | draw(st.integers(0, 3))])
        found.append((capability_id, place, standard_name(capability_id), None))
    others = draw(st.permutations(range(0x140, 0x1000, STRUCTURE)))[: draw(st.integers(0, 12))]
    for place, following in zip([0x100, *others], [*others, 0], strict=True):
        capability_id, version = draw(EXTENDED_IDS), draw(st.integers(0, 14))
        header = capability_id | version << 16 | following << 20
        config[place : place + 4] = header.to_bytes(4, "little")
        found.append((capability_id, place, extended_name(capability_id), version))
    return bytes(config), Walk(tuple(config_space.Capability(*each) for each in found))


@given(st.binary(max_size=4096))
def test_no_bytes_can_make_the_walk_or_the_overview_raise(config: bytes) -> None:
    found = walk(config)
    places = [capability.offset for capability in found.capabilities]

    assert len(set(places)) == len(places) <= 48 + 960
    assert all(0x40 <= place < len(config) for place in places)
    assert overview(config).walk.capabilities in {(), found.capabilities}


@given(st.binary(max_size=512), st.integers(0, 600))
def test_no_bytes_can_make_a_decoder_raise_anything_but_its_own_error(config: bytes, offset: int) -> None:
    for decode in DECODERS.values():
        try:
            decode(config, offset)
        except DecodeError as error:
            assert f"ends at {len(config):#x}" in str(error)  # noqa: PT017 both ways out are right


@given(lists())
def test_a_valid_list_is_found_exactly(generated: tuple[bytes, Walk]) -> None:
    config, expected = generated

    assert walk(config) == expected


@given(lists(), st.integers(0, 4096))
def test_less_of_a_configuration_space_never_shows_another_capability(
    generated: tuple[bytes, Walk], length: int
) -> None:
    config, _ = generated
    whole, part = walk(config).capabilities, walk(config[:length]).capabilities

    for is_extended in (False, True):
        of_whole = [each for each in whole if each.is_extended is is_extended]
        of_part = [each for each in part if each.is_extended is is_extended]
        assert of_part == of_whole[: len(of_part)]


@given(lists(), st.integers(0, 4096))
def test_less_of_a_configuration_space_never_shows_another_value(generated: tuple[bytes, Walk], length: int) -> None:
    config, _ = generated
    whole, part = overview(config), overview(config[:length])

    for name in ("header", "windows", "express", "serial_number", "subsystem", "acs", "dpc", "l1_substates"):
        assert getattr(part, name) in {None, getattr(whole, name)}
    assert part.resizable_bars in {(), whole.resizable_bars}


@given(st.binary(min_size=128, max_size=256), st.integers(0, 64), st.integers(0, 256))
def test_a_decoder_of_less_gives_the_same_or_nothing(config: bytes, offset: int, length: int) -> None:
    for decode in DECODERS.values():
        try:
            part = decode(config[:length], offset)
        except DecodeError:
            continue
        assert part == decode(config, offset)


@given(st.integers(0, 0x3FF))
def test_all_ones_decode_to_nothing(offset: int) -> None:
    """Whatever a function that does not answer is asked, no value comes out."""
    ones = b"\xff" * 4096

    for name, decode in DECODERS.items():
        assert _values(decode(ones, offset & ~3)) == set(), name


def _values(decoded: object) -> set[object]:
    """What a decoded structure says, apart from saying that it knows nothing."""
    if isinstance(decoded, tuple):
        return set().union(*map(_values, decoded))
    if decoded is None or not hasattr(decoded, "__dataclass_fields__"):
        return set() if decoded is None else {decoded}
    named = {name: getattr(decoded, name) for name in decoded.__dataclass_fields__}
    named.pop("unknown", None)  # of windows: that is where it says so
    return set().union(*(_values(value) for value in named.values()))
