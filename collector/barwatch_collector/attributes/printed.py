"""The table of attributes as people read it."""

from collections.abc import Iterable, Iterator

from barwatch_collector.attributes import columns, published
from barwatch_collector.attributes.attribute import Attribute, Kind, Scope

INTRODUCTION = """\
# Attributes

What the correlation may take for a cause, and what it may not. `python -m barwatch_collector.attributes` prints this
page from the table in `barwatch_collector/attributes`.

A row of the correlation is a host, a function and an access at one snapshot. It has one value in each column, and none
where the value is not known.

- **Values.** Numbers are plain, in the unit that the name says. Settings are `on`, `off` or their own value. `absent`
  says that there is no such thing here; a number of what is not there is not known.
- **Kind.** Only *configuration* is searched: it was so before the failure. A *mediator* comes and goes, and a cause may
  work through it; as a column it would explain the cause away. An *outcome* is the failure itself. Both belong to
  evidence.
- **Weight.** How far a mechanism speaks for the attribute before any failure is seen, in nats from -1 to 1: routes,
  accesses and security settings up; the form of the chassis and what merely names a make down.
- **Parent.** The wider attribute of which this one says more. Where both fit, the narrower one is told if the wider one
  holds on healthy cells too.

What names a host (its name, its UUIDs, addresses, serial numbers) is never a column; registers and their values are not
configuration.
"""
HEADINGS = {
    Scope.HOST: "Host",
    Scope.ROUTE: "Route: from the root port to the function, and what it is given there",
    Scope.FUNCTION: "Function: wherever it is plugged in",
    Scope.ACCESS: "Access",
}


def document() -> str:
    """The whole page, in Markdown."""
    return "\n".join([INTRODUCTION, *_sections()])


def _sections() -> Iterator[str]:
    searched = columns()
    yield f"{len(searched)} columns are searched.\n"
    for scope, heading in HEADINGS.items():
        yield from _section(heading, (each for each in searched if each.scope is scope))
    yield from _section("Never searched", (each for each in published() if each.kind is not Kind.CONFIGURATION))


def _section(heading: str, attributes: Iterable[Attribute]) -> Iterator[str]:
    yield f"## {heading}\n"
    yield "| attribute | what it says | kind | values | weight | parent |"
    yield "|---|---|---|---|---|---|"
    yield from map(_line, attributes)
    yield ""


def _line(attribute: Attribute) -> str:
    parent = f"`{attribute.parent}`" if attribute.parent else ""
    weight = f"{attribute.weight:+.1f}" if attribute.weight else "0" if attribute.kind is Kind.CONFIGURATION else ""
    cells = (f"`{attribute.name}`", attribute.sentence, attribute.kind.value, attribute.form.value, weight, parent)
    return f"| {' | '.join(cells)} |"
