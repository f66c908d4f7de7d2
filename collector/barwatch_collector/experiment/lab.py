"""What can be changed in a fleet, and what that costs (step 23)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from barwatch_collector.correlate.table import Bools, Table

ACCESS_COLUMN = "access"  # its values are what people call the ways in
NEEDS_NO_REGISTERS = "config"  # the way in that every function has
NOT_A_CHOICE = frozenset({"absent", "unreadable"})  # what nobody can set: the platform does not have it, or hides it


class Scope(Enum):
    """What a column goes along with."""

    HOST = "host"
    ROUTE = "route"  # cable, dock, box, slot
    FUNCTION = "function"  # the card
    ACCESS = "access"
    ALONE = "alone"  # with nothing: a unit may be had that differs in it


class Kind(Enum):
    """What is done."""

    ACCESS = "access"
    SETTING = "setting"
    CARD = "card"
    ROUTE = "route"
    BOX = "box"
    UNTESTED = "untested"
    UNIT = "unit"


HOURS: Mapping[Kind, tuple[float, float]] = {  # of a person: the first change of a cell, and each further one with it
    Kind.ACCESS: (0.1, 0.0),  # a line in the plan
    Kind.SETTING: (0.25, 0.05),  # a boot, whatever is set on the way
    Kind.CARD: (0.5, 0.0),  # two hosts are opened; all attributes of the card go along
    Kind.ROUTE: (0.4, 0.0),  # plugs
    Kind.BOX: (0.5, 0.0),  # plugs, and a way to carry it
    Kind.UNTESTED: (0.5, 0.0),  # an agent is installed
    Kind.UNIT: (1.0, 0.1),  # it must be found or made
}


@dataclass(frozen=True, slots=True)
class Trait:
    """How a column can be changed."""

    scope: Scope
    is_changeable: bool = False  # of a host: a setting that people can change


@dataclass(frozen=True, slots=True, eq=False)
class Lab:
    """What is physically possible; where it says nothing, everything is. Rows are those of the beliefs' table."""

    traits: Mapping[str, Trait] = field(default_factory=dict)  # by column; others can be changed alone
    names: tuple[str, ...] = ()  # of the units, by their numbers; empty when they have none
    cards: tuple[str, ...] = ()  # of each row, what its function is called; empty when nobody says
    accesses: Mapping[int, frozenset[str]] = field(default_factory=dict)  # of a unit; not in it: all
    has_registers: Bools | None = None  # of each row: whether its function has registers to be mapped; None: all have
    has_card: Bools | None = None  # of each row: whether its function can be pulled and another put in; None: all can
    has_plug: Bools | None = None  # of each row: whether its route can be unplugged; None: all can
    untested: Table | None = None  # cells without reads, in the columns and codes of the table; None: there are none

    def scope(self, name: str) -> Scope:
        """What a column goes along with."""
        trait = self.traits.get(name)
        return Scope.ALONE if trait is None else trait.scope

    def is_setting(self, name: str) -> bool:
        """Whether people can change the column on a host."""
        trait = self.traits.get(name)
        return trait is not None and trait.scope is Scope.HOST and trait.is_changeable

    def unit(self, unit: int, word: str) -> str:
        """What people call a unit."""
        return self.names[unit] if self.names else f"{word} {unit + 1}"

    def card(self, row: int) -> str:
        """What people call the function of a row."""
        return self.cards[row] if self.cards else "card"


def hours(kind: Kind, changes: int) -> float:
    """What it costs to change so many columns of a cell at once."""
    first, further = HOURS[kind]
    return first + further * max(0, changes - 1)
