"""Whether the ways in to registers work, from the settings ``kernel_access``, ``user_access`` and ``config_access``."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.counting import holds, of_held
from barwatch_collector.store import schema
from barwatch_proto.words import Access, State

SETTING_OF: Mapping[Access, str] = {access: f"{access.value}_access" for access in Access}
ACCESS_OF: Mapping[str, Access] = {name: access for access, name in SETTING_OF.items()}
STATES_IN_WORDS: Mapping[State, str] = {
    State.ON: "works",
    State.OFF: "switched off",
    State.ABSENT: "not installed",
    State.UNREADABLE: "denied",
    State.VALUE: "works in part",
}


@dataclass(frozen=True, slots=True)
class AccessOnHosts:
    """On how many hosts a way in is in which state."""

    access: Access
    state: State
    hosts: int


def accesses_on_hosts(connection: Connection, asked: Asked) -> tuple[AccessOnHosts, ...]:
    """For each way in, the states it is in and on how many hosts each."""
    host, validity, setting = schema.host, schema.validity, schema.setting
    query = (
        select(setting.c.name, setting.c.state, func.count().label("hosts"))
        .select_from(host)
        .join(validity, holds(asked, host.c.id))
        .join(setting, of_held(setting))
        .where(setting.c.name.in_(ACCESS_OF))
        .group_by(setting.c.name, setting.c.state)
        .order_by(setting.c.name, setting.c.state)
    )
    rows = connection.execute(query)
    return tuple(AccessOnHosts(ACCESS_OF[row.name], State(row.state), row.hosts) for row in rows)


def state_in_words(access: Access, state: State) -> str:
    """The state of a way in; only the kernel access is something that one installs."""
    if state is State.ABSENT and access is not Access.KERNEL:
        return "not available"
    return STATES_IN_WORDS[state]


def why_not(access: Access, state: State | None, denied: int = 0, unreachable: int = 0, skipped: int = 0) -> str:
    """In words, why an access was never attempted: the setting knows best, then the outcomes."""
    if state is State.ABSENT or state is State.OFF:
        return state_in_words(access, state)
    if denied or state is State.UNREADABLE:
        return "denied"
    if unreachable:
        return "unreachable"
    return "skipped after failures" if skipped else "not read yet"
