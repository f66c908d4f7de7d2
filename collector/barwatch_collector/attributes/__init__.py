"""The columns of the correlation, derived from snapshots: what each says, and whether it may be a cause.

A row of the correlation is a host, a function and an access at one snapshot; its values are those of the host, of the
function with its route, and of the access. Pure functions: a snapshot in, words and plain numbers out.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TypeVar

from barwatch_collector.attributes.access import ACCESS, WayIn
from barwatch_collector.attributes.attribute import Attribute, Form, Kind, Row, Scope, Value
from barwatch_collector.attributes.bars import BARS
from barwatch_collector.attributes.evidence import MEDIATORS, OUTCOMES
from barwatch_collector.attributes.function import FUNCTION
from barwatch_collector.attributes.given import GIVEN
from barwatch_collector.attributes.hierarchy import parents
from barwatch_collector.attributes.host import HOST, Host
from barwatch_collector.attributes.links import LINKS
from barwatch_collector.attributes.settings import SETTINGS
from barwatch_collector.attributes.shape import SHAPE
from barwatch_collector.attributes.tunnel import TUNNEL
from barwatch_collector.attributes.way import Around, Way, around
from barwatch_collector.attributes.windows import WINDOWS
from barwatch_collector.lineage import lineage
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.topology import Function
from barwatch_proto.words import Access

__all__ = [
    "Attribute",
    "Form",
    "Kind",
    "Scope",
    "Value",
    "columns",
    "lineage",
    "of_access",
    "of_function",
    "of_functions",
    "of_host",
    "parents",
    "published",
]

ON_HOST = (*HOST, *SETTINGS)
ON_ROUTE = (*SHAPE, *TUNNEL, *LINKS, *WINDOWS, *GIVEN)
ON_FUNCTION = (*FUNCTION, *BARS)

Values = Mapping[str, Value]
T = TypeVar("T")


def columns() -> tuple[Attribute, ...]:
    """The attributes that may be causes, in the order of their values: host, route, function, access."""
    return (
        *(row.attribute(Scope.HOST) for row in ON_HOST),
        *(row.attribute(Scope.ROUTE) for row in ON_ROUTE),
        *(row.attribute(Scope.FUNCTION) for row in ON_FUNCTION),
        *(row.attribute(Scope.ACCESS) for row in ACCESS),
    )


def published() -> tuple[Attribute, ...]:
    """All attributes: the columns, then what is never searched."""
    return (*columns(), *MEDIATORS, *OUTCOMES)


def of_host(snapshot: Snapshot) -> Values:
    """The values of the host's columns."""
    return _found(ON_HOST, Host.of(snapshot))


def of_function(snapshot: Snapshot, function: Function) -> Values:
    """The values of one function's columns and of its route's; for many functions of a host see ``of_functions``."""
    return _of_route(snapshot.topology.route(function), around(snapshot))


def of_functions(snapshot: Snapshot, wanted: Container[str] | None = None) -> Iterator[tuple[Function, Values]]:
    """Functions of a host with the values of their own and their routes' columns.

    Args:
        snapshot: of the host.
        wanted: keys of the functions that are asked for; None for all.
    """
    topology, shared = snapshot.topology, around(snapshot)
    asked = (topology.route(each) for each in topology.functions if wanted is not None and each.key in wanted)
    for route in topology.routes() if wanted is None else asked:
        yield route[-1], _of_route(route, shared)


def _of_route(route: tuple[Function, ...], shared: Around) -> Values:
    return _found((*ON_ROUTE, *ON_FUNCTION), Way(route, shared))


def of_access(snapshot: Snapshot, access: Access) -> Values:
    """The values of the access's columns on the host of this snapshot."""
    return _found(ACCESS, WayIn.of(snapshot, access))


def _found(rows: Iterable[Row[T]], subject: T) -> Values:
    """An empty text is not known, wherever it comes from."""
    return {row.name: row.find(subject) or None for row in rows}
