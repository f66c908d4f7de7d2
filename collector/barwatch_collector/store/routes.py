"""Routes in words."""

from collections.abc import Sequence

from barwatch_proto.class_words import function_in_words
from barwatch_proto.topology import Function


def in_words(route: Sequence[Function]) -> str:
    """A route for people: ``root port 8086:1901 > NVMe controller 144d:a808``."""
    return " > ".join(_hop(function) for function in route)


def _hop(function: Function) -> str:
    tunnelled = " (tunnelled)" if function.is_tunnelled else ""
    return f"{function_in_words(function)} {function.ids}{tunnelled}"
