"""From JSON back to answers: the way back from ``barwatch_proto.plain``, which the HTTP API speaks."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from barwatch_proto.pci import Address

T = TypeVar("T")


class NotThatAnswer(ValueError):
    """JSON that is not the answer it should be; the text says where."""


def from_plain(kind: type[T], plain: object) -> T:
    """The dataclass that the JSON of an answer holds; keys that it does not know are left alone.

    Raises:
        NotThatAnswer: a key is missing, or a value is of another kind.
    """
    return typing.cast("T", _read(kind, plain, kind.__name__))


def _read(kind: Any, plain: Any, where: str) -> object:  # noqa: ANN401 a type hint on one side, JSON on the other
    origin, arms = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        return None if plain is None else _read(next(arm for arm in arms if arm is not types.NoneType), plain, where)
    if origin is tuple:
        return tuple(_read(arms[0], item, f"{where}[{at}]") for at, item in enumerate(_a(list, plain, where)))
    if origin is not None:  # a mapping from words
        return {key: _read(arms[1], item, f"{where}.{key}") for key, item in _a(dict, plain, where).items()}
    if dataclasses.is_dataclass(kind) and kind is not Address:
        return _record(kind, _a(dict, plain, where), where)
    return _leaf(kind, plain, where)


def _record(kind: Any, plain: Mapping[str, Any], where: str) -> object:  # noqa: ANN401 any of the dataclasses
    values = {}
    for name, hint in _fields(kind):
        if name not in plain:
            msg = f"{where}.{name} is missing"
            raise NotThatAnswer(msg)
        values[name] = _read(hint, plain[name], f"{where}.{name}")
    return kind(**values)


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in dataclasses.fields(kind))


def _leaf(kind: Any, plain: Any, where: str) -> object:  # noqa: ANN401 a type hint on one side, JSON on the other
    try:
        if kind is Address:
            return Address.parse(_a(str, plain, where))
        if issubclass(kind, Enum):
            return kind(plain)
    except ValueError as exc:
        msg = f"{where} is {plain!r}, which is not a {kind.__name__}"
        raise NotThatAnswer(msg) from exc
    return float(_a((int, float), plain, where)) if kind is float else _a(kind, plain, where)


def _a(kind: Any, plain: Any, where: str) -> Any:  # noqa: ANN401 JSON has no type
    if not isinstance(plain, kind):
        msg = f"{where} is a {type(plain).__name__}"
        raise NotThatAnswer(msg)
    return plain
