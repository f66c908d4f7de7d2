"""Routes in words."""

from collections.abc import Sequence

from barwatch_proto.class_words import function_in_words
from barwatch_proto.topology import Function


def in_words(route: Sequence[Function]) -> str:
    """A route for people: both ends in words, and the ids of what lies between.

    ``root port 8086:9d18 > 8086:15c0 > 8086:1578 (tunnelled) > NVMe controller 144d:a808 (tunnelled)``
    """
    ends = (route[0], route[-1])
    return " > ".join(_hop(function, has_words=function in ends) for function in route)


def _hop(function: Function, *, has_words: bool) -> str:
    words = f"{function_in_words(function)} " if has_words else ""
    return f"{words}{function.ids}{' (tunnelled)' if function.is_tunnelled else ''}"
