"""What a text of lspci does not tell, in lines for the person who wants to know more."""

from collections.abc import Iterator

from barwatch_agent.lspci.bars import unknown_bars
from barwatch_agent.lspci.described import Described
from barwatch_agent.lspci.dumps import Dump
from barwatch_agent.lspci.placing import routes
from barwatch_proto.config_space import overview
from barwatch_proto.pci import Address

HEADER = 64
STANDARD = 256
EXTENDED = 4096
MAX_NAMED = 3  # functions in one line


def missing(dump: Dump) -> list[str]:
    """One line for each kind of thing that is missing, with the functions that lack it."""
    found: dict[str, list[Address]] = {}
    for address, function in sorted(dump.items()):
        for what in _missing_of(function):
            found.setdefault(what, []).append(address)
    for address, route in sorted(routes(dump).items()):
        if not route.is_whole and len(route.chain) == 1 and dump[address].has_ids:
            found.setdefault("no bridge above it in the text: where it hangs is unknown", []).append(address)
    lines = [f"{_named(addresses, len(dump))}: {what}" for what, addresses in found.items()]
    return [*lines, "settings, accesses and registers behind BARs: not in the output of lspci"]


def _missing_of(function: Described) -> Iterator[str]:
    if not function.has_ids:
        yield "left out: neither hex lines nor numbers (-nn) tell what it is"
        return
    if function.cut is not None:
        yield function.cut
    yield from _of_config(function)
    bars = unknown_bars(function)
    if bars and not function.has_details:
        yield "BARs without sizes: only -v tells them"
    elif bars:
        yield f"no size is told for {'BAR' if len(bars) == 1 else 'BARs'} {', '.join(map(str, bars))}"


def _of_config(function: Described) -> Iterator[str]:
    """What of configuration space is not there; a function that does not answer has nothing more to tell."""
    config = function.config
    if not config:
        yield "no hex lines: capabilities, links and windows are unknown (lspci -xxxx as root shows them)"
    elif not config[:HEADER].strip(b"\xff"):
        yield "reads all ones: it did not answer"
    elif len(config) < STANDARD:
        yield f"{len(config)} bytes: capabilities are unknown; lspci was not run as root, or with -x"
    elif len(config) < EXTENDED and overview(config).express is not None:
        yield f"{len(config)} bytes: extended capabilities (AER, ACS, DPC, serial number) are unknown; -xxxx shows them"


def _named(addresses: list[Address], total: int) -> str:
    if len(addresses) == total > MAX_NAMED:
        return f"all {total} functions"
    if len(addresses) <= MAX_NAMED:
        return ", ".join(map(str, addresses))
    return f"{', '.join(map(str, addresses[: MAX_NAMED - 1]))} and {len(addresses) - MAX_NAMED + 1} more"
