"""The table of attributes as people read it."""

from collections.abc import Iterable, Iterator, Sequence

from barwatch_collector.attributes import columns, published
from barwatch_collector.attributes.attribute import Attribute, Kind, Scope, Source

INTRODUCTION = """\
# Attributes

What the correlation may take for a cause, and what it may not; and where each system has it from.
`python -m barwatch_collector.attributes` prints this page from the tables in `barwatch_collector/attributes`. What an
agent tells besides, and how, is in [agent/SOURCES.md](../agent/SOURCES.md).

A row of the correlation is a host, a function and an access at one snapshot. It has one value in each column, and none
where the value is not known.

- **Values.** Numbers are plain, in the unit that the name says. Settings are `on`, `off` or their own value. `absent`
  says that there is no such thing here; a number of what is not there is not known.
- **Weight.** How far a mechanism speaks for the attribute before any failure is seen, in nats from -1 to 1: routes,
  accesses and security settings up; the form of the chassis and what merely names a make down. The system weighs
  more than anything that only one system has: what cannot be told from it is no likelier than it.
- **Parent.** The wider attribute of which this one says more. Where both fit, the narrower one is told if the wider one
  holds on healthy cells too.
- **Kind.** Only *configuration* is searched: it was so before the failure. A *mediator* comes and goes, and a cause may
  work through it; as a column it would explain the cause away. An *outcome* is the failure itself. Both belong to
  evidence.

What names a host (its name, its UUIDs, addresses, serial numbers) is never a column; registers and their values are not
configuration.

## Where values come from

Below each table is another one, *Where from*: how Linux tells a value, how Windows does, and what *unknown* means.
Unknown is never no. The search counts a row whose value is not known to those without it, and never takes for a cause
that it is not known. Whatever the attribute, it is also unknown in a snapshot that cannot be decoded, and in that of an
agent too old to look for it.

- **Configuration space** is the file `config` of a function on Linux, of which others than root get 64 bytes. On
  Windows it is the driver's CONFIG: where the driver is on the function's stack and a rule of its policy grants it. A
  rule for a function grants the bridges of its route, too. A function that sleeps is told as it was when it was awake.
- **Names.** On Linux a name without a path, such as `removable`, is a file of the function in sysfs. On Windows a name
  such as `RemovalPolicy` or `PciDevice_DeviceType` is a device property (`DEVPKEY_Device_RemovalPolicy`,
  `DEVPKEY_PciDevice_DeviceType`), asked for with `CM_Get_DevNode_Property`.
- **Routes.** Some hop has it as soon as one is known to; none has it when that is known of all and no bridge of the
  route is missing. Otherwise it is not known.
"""
HEADINGS = {
    Scope.HOST: "Host",
    Scope.ROUTE: "Route: from the root port to the function, and what it is given there",
    Scope.FUNCTION: "Function: wherever it is plugged in",
    Scope.ACCESS: "Access",
}
NEVER = "*never known*"


def document() -> str:
    """The whole page, in Markdown."""
    return "\n".join([INTRODUCTION, *_sections()])


def _sections() -> Iterator[str]:
    searched = columns()
    yield f"{len(searched)} columns are searched.\n"
    for scope, heading in HEADINGS.items():
        of_scope = [each for each in searched if each.scope is scope]
        yield from _section(heading, ("values", "weight", "parent"), map(_searched, of_scope))
        yield from _sources(of_scope)
    rest = [each for each in published() if each.kind is not Kind.CONFIGURATION]
    yield from _section("Never searched", ("values", "kind"), map(_never_searched, rest))
    yield from _sources(rest)


def _section(heading: str, titles: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"## {heading}\n"
    yield from _table(("attribute", "what it says", *titles), lines)


def _sources(attributes: Iterable[Attribute]) -> Iterator[str]:
    """One line for all attributes that come from the same, in the order of the first of each."""
    by_source: dict[Source, list[str]] = {}
    for attribute in attributes:
        by_source.setdefault(attribute.source, []).append(f"`{attribute.name}`")
    lines = ((", ".join(names), *_told(source), source.unknown) for source, names in by_source.items())
    yield "### Where from\n"
    yield from _table(("attribute", "on Linux", "on Windows", "unknown means"), lines)


def _told(source: Source) -> tuple[str, str]:
    windows = "the same" if source.windows == source.linux else source.windows
    return source.linux or NEVER, windows or NEVER


def _table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    yield from (f"| {' | '.join(cells)} |" for cells in lines)
    yield ""


def _searched(attribute: Attribute) -> Sequence[str]:
    parent = f"`{attribute.parent}`" if attribute.parent else ""
    weight = f"{attribute.weight:+.1f}" if attribute.weight else "0"
    return f"`{attribute.name}`", attribute.sentence, attribute.form.value, weight, parent


def _never_searched(attribute: Attribute) -> Sequence[str]:
    return f"`{attribute.name}`", attribute.sentence, attribute.form.value, attribute.kind.value
