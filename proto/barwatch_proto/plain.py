"""What JSON knows: dataclasses as objects, enums as their words, addresses as the text of Linux, unknown as null."""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any

from barwatch_proto.pci import Address


def to_plain(value: object) -> Any:  # noqa: ANN401 JSON has no type
    """Dataclasses, tuples, mappings and enums as dicts, lists and words. Numbers stay numbers."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value
