"""Which host is meant: by host name, by agent id, or by a prefix of one that only one host has."""

import difflib
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, or_, select

from barwatch_collector.questions.asked import QuestionError
from barwatch_collector.store import schema

MAX_CANDIDATES = 10
MAX_NAMES = 50_000  # looked through for a name that was nearly right


class UnknownHost(QuestionError):
    """No host has that name."""


class AmbiguousHost(QuestionError):
    """Several hosts have that name."""


@dataclass(frozen=True, slots=True)
class NamedHost:
    """The host that was meant."""

    id: int
    agent_id: str
    hostname: str


def find_host(connection: Connection, name: str) -> NamedHost:
    """The one host of that name; a full name wins over a prefix.

    Raises:
        UnknownHost: none, with names that are near.
        AmbiguousHost: several, with their agent ids.
    """
    candidates = _candidates(connection, name)
    exact = [row for row in candidates if name.lower() in {row.hostname.lower(), row.agent_id.lower()}]
    found = exact or candidates
    if not found:
        raise _unknown(connection, name)
    if len(found) > 1:
        raise _ambiguous(name, found)
    return NamedHost(found[0].id, found[0].agent_id, found[0].hostname)


def _candidates(connection: Connection, name: str) -> list[Row[tuple[int, str, str]]]:
    host, wanted = schema.host, name.lower()
    lower_name, lower_id = func.lower(host.c.hostname), func.lower(host.c.agent_id)
    is_exact = or_(lower_name == wanted, lower_id == wanted)
    query = (
        select(host.c.id, host.c.agent_id, host.c.hostname)
        .where(or_(lower_name.startswith(wanted, autoescape=True), lower_id.startswith(wanted, autoescape=True)))
        .order_by(is_exact.desc(), host.c.hostname, host.c.agent_id)
        .limit(MAX_CANDIDATES)
    )
    return list(connection.execute(query))


def _unknown(connection: Connection, name: str) -> UnknownHost:
    names = connection.execute(select(schema.host.c.hostname).distinct().limit(MAX_NAMES)).scalars().all()
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return UnknownHost(f"no host is called {name!r}", f"did you mean {' or '.join(near)}?", near)
    advice = "barwatch hosts lists all" if names else "no host has reported yet: start barwatch-agent run on one"
    return UnknownHost(f"no host is called {name!r}", advice)


def _ambiguous(name: str, found: list[Row[tuple[int, str, str]]]) -> AmbiguousHost:
    choices = [f"{row.hostname} ({row.agent_id})" for row in found]
    many = f"{MAX_CANDIDATES} or more" if len(found) == MAX_CANDIDATES else str(len(found))
    what = f"{many} hosts answer to {name!r}: {', '.join(choices)}"
    return AmbiguousHost(what, "give an agent id, or more letters", [row.agent_id for row in found])
