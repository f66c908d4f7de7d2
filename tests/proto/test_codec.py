"""Dataclasses to wire and back: the two sides mirror each other, and the boundary holds."""

import dataclasses
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_proto import codec
from barwatch_proto.codec import MESSAGES, WireError, decode, encode
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import HostFacts, Setting, Snapshot
from barwatch_proto.telemetry import Batch, CounterRun, Counts, Episode, Evidence, Gap, Series
from barwatch_proto.topology import Function, FunctionState, Topology
from barwatch_proto.v1 import telemetry_pb2
from barwatch_proto.words import Access, Outcome, State

UNSIGNED = {13: 2**32 - 1, 4: 2**64 - 1}  # descriptor types uint32 and uint64

addresses = st.builds(Address, st.integers(0, 0xFFFF), st.integers(0, 255), st.integers(0, 31), st.integers(0, 7))

PLAIN = {
    Address: addresses,
    str: st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    bytes: st.binary(max_size=16),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
}


def values(kind, depth=0):
    """A strategy for a dataclass that keeps to the ranges of the wire."""
    hints = typing.get_type_hints(kind)
    fields = MESSAGES[kind].DESCRIPTOR.fields_by_name
    return st.builds(kind, **{name: field_values(hints[name], fields[name], depth) for name in hints})


def field_values(hint, field, depth):
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return st.lists(plain_values(arguments[0], field, depth), max_size=2 if depth < 2 else 1).map(tuple)
    if type(None) in arguments:
        (kind,) = [argument for argument in arguments if argument is not type(None)]
        return st.none() | plain_values(kind, field, depth)
    return plain_values(hint, field, depth)


def plain_values(kind, field, depth):
    if kind in MESSAGES:
        return values(kind, depth + 1)
    if kind is int:
        return st.integers(0, UNSIGNED[field.type]) if field.type in UNSIGNED else st.integers(-(2**63), 2**63 - 1)
    return PLAIN[kind] if kind in PLAIN else st.sampled_from(kind)


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_every_message_mirrors_its_dataclass_field_by_field(kind):
    ours = {field.name for field in dataclasses.fields(kind)}
    theirs = {field.name for field in MESSAGES[kind].DESCRIPTOR.fields}

    assert ours == theirs


def test_every_message_of_the_schema_has_a_dataclass():
    files = [codec.topology_pb2.DESCRIPTOR, codec.settings_pb2.DESCRIPTOR, telemetry_pb2.DESCRIPTOR]
    messages = {name for file in files for name in file.message_types_by_name}

    assert messages - {kind.__name__ for kind in MESSAGES} == {"AgentMessage", "CollectorMessage"}


@pytest.mark.parametrize("kind", codec.WIRE_ENUMS, ids=lambda kind: kind.__name__)
def test_every_word_has_a_number_and_every_number_but_zero_a_word(kind):
    (enum,) = [
        file.enum_types_by_name[kind.__name__]
        for file in (codec.topology_pb2.DESCRIPTOR, codec.settings_pb2.DESCRIPTOR, telemetry_pb2.DESCRIPTOR)
        if kind.__name__ in file.enum_types_by_name
    ]
    prefix = codec.WIRE_ENUMS[kind]

    assert {value.name for value in enum.values if value.number} == {f"{prefix}_{word.name}" for word in kind}


@given(st.data())
def test_what_is_encoded_is_decoded_the_same(data):
    kind = data.draw(st.sampled_from([kind for kind in MESSAGES if kind is not Batch]))
    value = data.draw(values(kind))

    assert decode(kind, encode(value)) == value


@given(values(Batch), values(Batch))
def test_batches_joined_as_bytes_are_one_batch_with_all_their_parts(first, second):
    joined = decode(Batch, encode(first) + encode(second))

    assert joined.snapshots == first.snapshots + second.snapshots
    assert joined.episodes == first.episodes + second.episodes
    assert joined.counters == first.counters + second.counters


@given(st.binary(max_size=200))
def test_rubbish_is_a_batch_or_a_wire_error_and_nothing_else(data):
    try:
        batch = decode(Batch, data)
    except WireError:
        return
    assert decode(Batch, encode(batch)) == batch


def test_unknown_stays_unknown_and_zero_stays_zero():
    nothing = FunctionState("k", 1)
    zero = FunctionState("k", 1, link_width=0, aer_fatal=0, is_memory_decoding=False)

    assert decode(FunctionState, encode(nothing)) == nothing
    assert decode(FunctionState, encode(zero)) == zero


def test_a_quiet_host_of_any_size_costs_a_few_bytes():
    batch = Batch(1000, 1_700_000_000_000_000_000, counters=(CounterRun(1, 5000, Counts(ok=86_400)),))

    assert len(encode(batch)) < 40


def setting(**changes):
    return Snapshot(
        1,
        HostFacts("h", "linux"),
        Topology(),
        (Setting(**({"name": "n", "state": State.ON, "source": "s"} | changes)),),
    )


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (setting(value="x" * 4097), r"Snapshot\.Setting\.value: 4097 long, at most 4096 is taken"),
        (Batch(counters=(CounterRun(1, 1, Counts()),) * 65_537), r"Batch\.counters: 65537 entries"),
        (Batch(snapshots=(setting(),) * 17), r"Batch\.snapshots: 17 entries, at most 16"),
        (Topology(problems=("p",) * 4097), r"Topology\.problems: 4097 entries"),
    ],
    ids=["text", "counters", "snapshots", "problems"],
)
def test_what_is_too_long_is_refused_with_its_place_and_the_limit(value, complaint):
    with pytest.raises(WireError, match=complaint):
        decode(type(value), encode(value))


def test_evidence_holds_no_more_than_a_configuration_space():
    message = telemetry_pb2.Evidence(route=[telemetry_pb2.ConfigSpace(address="0000:00:00.0", data=bytes(4097))])

    with pytest.raises(WireError, match=r"Evidence\.ConfigSpace\.data: 4097 long"):
        codec.from_message(Evidence, message)


def test_a_word_of_a_newer_protocol_is_refused_with_its_place():
    message = telemetry_pb2.Episode(id=1, series=1, outcome=99)

    with pytest.raises(WireError, match=r"Episode\.outcome: 99 is not a word of this protocol version"):
        codec.from_message(Episode, message)


def test_an_address_that_is_none_is_refused_with_its_place():
    message = telemetry_pb2.Series(id=1, address="the one on the left", access=1)

    with pytest.raises(WireError, match=r"Series\.address: not a PCI address: 'the one on the left'"):
        codec.from_message(Series, message)


def test_bytes_that_are_no_message_are_refused_with_what_was_expected():
    with pytest.raises(WireError, match=r"Gap: not a protobuf message of this kind \(3 bytes\)"):
        decode(Gap, b"\xff\xff\xff")


def test_a_field_of_a_newer_protocol_is_left_out():
    newer = encode(Gap(1, "killed", 2, 3)) + b"\xfa\x3f\x02hi"

    assert decode(Gap, newer) == Gap(1, "killed", 2, 3)


def test_the_order_of_counts_is_the_order_of_outcomes():
    names = [field.name for field in dataclasses.fields(Counts)]

    assert names == [*(outcome.value for outcome in Outcome), "skipped"]


def test_a_function_without_readable_configuration_has_no_port_type():
    function = Function(Address(0, 0, 0, 0), None, "k", 1, 2, 3)

    assert decode(Function, encode(function)).port_type is None
    assert {access.value for access in Access} == {"kernel", "user", "config"}
