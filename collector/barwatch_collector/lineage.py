"""Which names say less of the same: a walk along a mapping from each name to the wider one above it."""

from collections.abc import Mapping


def lineage(name: str, parent_of: Mapping[str, str]) -> tuple[str, ...]:
    """All wider names, the nearest first; a circle ends where it closes."""
    wider: list[str] = []
    above = parent_of.get(name)
    while above is not None and above not in wider:
        wider.append(above)
        above = parent_of.get(above)
    return tuple(wider)
