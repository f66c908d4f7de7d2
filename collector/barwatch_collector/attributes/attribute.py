"""What an attribute is, and a row of the published table: the attribute with how its value is found."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

Value = str | None  # None: not known
T = TypeVar("T")
ALWAYS_KNOWN = "it is always known"


class Kind(Enum):
    """What a column may be to a failure. Only configuration is searched: the others would explain the cause away."""

    CONFIGURATION = "configuration"  # was so before the failure: may be its cause
    MEDIATOR = "mediator"  # comes and goes, and may be what a cause works through: evidence
    OUTCOME = "outcome"  # the failure itself, seen from somewhere


class Scope(Enum):
    """Whom one value is about; a row of the correlation has one value of each scope."""

    HOST = "host"
    ROUTE = "route"  # from the root port to the function, and what it is given there: stays when the function is moved
    FUNCTION = "function"  # goes along when it is moved
    ACCESS = "access"  # a way in on a host


class Form(Enum):
    """How values look. A number that is not there is not known; what is not there in words is ``absent``."""

    NUMBER = "number"  # plain, in the unit of the name; has an order, so cuts make sense
    SWITCH = "yes, no"
    SETTING = "on, off"  # or the setting's own value
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Source:
    """Where values come from on each system, for people: parts of sentences in Markdown."""

    linux: str | None  # None: a value is never known there
    windows: str | None  # as above
    unknown: str  # what it means that a value is not known


@dataclass(frozen=True, slots=True)
class Attribute:
    """One column that the correlation may use, or must not."""

    name: str
    sentence: str  # what it says, for people
    kind: Kind
    weight: float  # nats from -1 to 1: how far the mechanism speaks for it before any failure is seen
    scope: Scope
    form: Form
    source: Source
    parent: str | None = None  # the wider attribute of which this one says more; None at the top


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One line of the table of configuration. ``find`` has its value from a host, a route or an access."""

    name: str
    form: Form
    weight: float
    parent: str | None
    find: Callable[[T], Value]
    sentence: str
    source: Source

    def attribute(self, scope: Scope) -> Attribute:
        """The line without how the value is found."""
        kind = Kind.CONFIGURATION
        return Attribute(self.name, self.sentence, kind, self.weight, scope, self.form, self.source, self.parent)
