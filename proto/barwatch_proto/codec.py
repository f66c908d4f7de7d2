"""Dataclasses to wire and back, field by field, by name.

Every message of ``v1`` mirrors a dataclass with the same field names, so one pair of functions serves them all; a test
holds the two sides together. Decoding is the boundary: it limits counts and lengths and says where a message is wrong.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cache
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from barwatch_proto import snapshot, telemetry, topology
from barwatch_proto.pci import Address, BarKind, PortType, WindowKind
from barwatch_proto.v1 import settings_pb2, telemetry_pb2, topology_pb2
from barwatch_proto.words import Access, Outcome, State

MAX_TEXT = 4096  # characters of one string
MAX_BYTES = 4096  # bytes of one bytes field: configuration space is no longer
MAX_ITEMS = 4096  # entries of one repeated field ...
MAX_ITEMS_OF = {  # ... but of these
    "series": 65_536,
    "counters": 65_536,
    "episodes": 65_536,
    "offsets_ns": 65_536,
    "outcomes": 65_536,
    "values": 65_536,
    "rereads": 256,
    "reads": 256,
    "registers": 256,
    "mapped": 6,
    "route": 64,
    "after": 64,
    "snapshots": 16,
    "bars": 6,
    "windows": 8,
}
MAX_BATCH_BYTES = 4 << 20

MESSAGES: dict[type, type[Message]] = {
    kind: getattr(module, kind.__name__)
    for module, kinds in (
        (
            topology_pb2,
            (
                topology.Bar,
                topology.Window,
                topology.Function,
                topology.FunctionState,
                topology.ThunderboltDomain,
                topology.ThunderboltDevice,
                topology.Topology,
            ),
        ),
        (settings_pb2, (snapshot.Setting, snapshot.HostFacts, snapshot.Snapshot)),
        (
            telemetry_pb2,
            (
                telemetry.Series,
                telemetry.Counts,
                telemetry.CounterRun,
                telemetry.ConfigSpace,
                telemetry.SeenRegister,
                telemetry.MappedBar,
                telemetry.Reread,
                telemetry.Evidence,
                telemetry.Episode,
                telemetry.Gap,
                telemetry.RawBlock,
                telemetry.Batch,
                telemetry.Hello,
                telemetry.Welcome,
                telemetry.Ack,
                telemetry.Retry,
                telemetry.Refused,
            ),
        ),
    )
    for kind in kinds
}
WIRE_ENUMS: dict[type[Enum], str] = {
    PortType: "PORT_TYPE",
    BarKind: "BAR_KIND",
    WindowKind: "WINDOW_KIND",
    State: "STATE",
    Access: "ACCESS",
    Outcome: "OUTCOME",
}

T = TypeVar("T")


class WireError(ValueError):
    """A message breaks the schema or a limit; the text says which field."""


def encode(value: object) -> bytes:
    """The wire bytes of a dataclass; bytes of several batches joined are one batch with all their parts."""
    return to_message(value).SerializeToString()


def decode(kind: type[T], data: bytes) -> T:
    """The dataclass that the wire bytes hold.

    Raises:
        WireError: not such a message, or one that breaks a limit.
    """
    try:
        message = MESSAGES[kind].FromString(data)
    except DecodeError as exc:
        msg = f"{kind.__name__}: not a protobuf message of this kind ({len(data)} bytes)"
        raise WireError(msg) from exc
    return from_message(kind, message)


def to_message(value: object) -> Message:
    """The protobuf message that mirrors a dataclass."""
    message = MESSAGES[type(value)]()
    _fill(message, value)
    return message


def from_message(kind: type[T], message: Message) -> T:
    """The dataclass that a protobuf message mirrors.

    Raises:
        WireError: a field breaks a limit or holds what the dataclass cannot.
    """
    values = {}
    for name, read in _readers(typing.cast("type", kind)):
        try:
            values[name] = read(message)
        except WireError as exc:
            msg = f"{kind.__name__}.{exc}"
            raise WireError(msg) from exc.__cause__
    return kind(**values)


def _fill(message: Message, value: object) -> None:
    for field in dataclasses.fields(typing.cast("typing.Any", value)):
        content = getattr(value, field.name)
        if content is None:
            continue
        if isinstance(content, tuple):
            _extend(getattr(message, field.name), content)
        elif type(content) in MESSAGES:
            target = getattr(message, field.name)
            target.SetInParent()
            _fill(target, content)
        else:
            setattr(message, field.name, _plain(content))


def _extend(target: typing.Any, content: tuple[object, ...]) -> None:  # noqa: ANN401 a protobuf container has no public type
    for item in content:
        if type(item) in MESSAGES:
            _fill(target.add(), item)
        else:
            target.append(_plain(item))


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return _numbers(type(value))[value]
    if isinstance(value, Address):
        return str(value)
    return value


@cache
def _numbers(kind: type[Enum]) -> dict[Enum, int]:
    """Number on the wire of each word."""
    prefix = WIRE_ENUMS[kind]
    modules = (topology_pb2, settings_pb2, telemetry_pb2)
    return {
        word: next(n for m in modules if (n := getattr(m, f"{prefix}_{word.name}", None)) is not None) for word in kind
    }


@cache
def _words(kind: type[Enum]) -> dict[int, Enum]:
    return {number: word for word, number in _numbers(kind).items()}


@cache
def _readers(kind: type) -> Sequence[tuple[str, Callable[[Message], object]]]:
    """For each field of a dataclass, the function that takes it out of the message."""
    descriptor = MESSAGES[kind].DESCRIPTOR
    hints = typing.get_type_hints(kind)
    return [
        (field.name, _reader(hints[field.name], descriptor.fields_by_name[field.name]))
        for field in dataclasses.fields(kind)
    ]


def _reader(hint: object, field: typing.Any) -> Callable[[Message], object]:  # noqa: ANN401 two classes of descriptors
    name = field.name
    if typing.get_origin(hint) is tuple:
        one = _converter(typing.get_args(hint)[0], name)
        most = MAX_ITEMS_OF.get(name, MAX_ITEMS)
        return lambda message: _several(name, getattr(message, name), one, most)
    convert = _converter(_without_none(hint), name)
    if field.has_presence:
        return lambda message: convert(getattr(message, name)) if message.HasField(name) else None
    if _is_optional(hint):  # an enum whose 0 says that nothing is known
        return lambda message: convert(value) if (value := getattr(message, name)) else None
    return lambda message: convert(getattr(message, name))


def _several(
    name: str, items: Iterable[typing.Any], one: Callable[[typing.Any], object], most: int
) -> tuple[object, ...]:
    items = list(items)
    if len(items) > most:
        msg = f"{name}: {len(items)} entries, at most {most} are taken"
        raise WireError(msg)
    return tuple(one(item) for item in items)


def _converter(kind: object, name: str) -> Callable[[typing.Any], object]:
    if isinstance(kind, type):
        if kind in MESSAGES:
            return lambda message: from_message(kind, message)
        if issubclass(kind, Enum):
            return lambda number: _word(name, _words(kind), number)
        if kind is Address:
            return lambda text: _address(name, text)
        if kind in {str, bytes}:
            return lambda value: _short(name, value, MAX_TEXT if kind is str else MAX_BYTES)
    return lambda value: value


def _word(name: str, words: dict[int, Enum], number: int) -> Enum:
    try:
        return words[number]
    except KeyError as exc:
        msg = f"{name}: {number} is not a word of this protocol version"
        raise WireError(msg) from exc


def _address(name: str, text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as exc:
        msg = f"{name}: {str(exc)[:200]}"
        raise WireError(msg) from exc


def _short(name: str, value: str | bytes, most: int) -> str | bytes:
    if len(value) > most:
        msg = f"{name}: {len(value)} long, at most {most} is taken"
        raise WireError(msg)
    return value


def _is_optional(hint: object) -> bool:
    return typing.get_origin(hint) in {types.UnionType, typing.Union} and type(None) in typing.get_args(hint)


def _without_none(hint: object) -> object:
    if not _is_optional(hint):
        return hint
    return next(arm for arm in typing.get_args(hint) if arm is not type(None))
