"""A text with output of lspci as the text of a recorded host, and what a person should know about it."""

from dataclasses import dataclass

from barwatch_agent.errors import ConfigError
from barwatch_agent.lspci.dumps import changed, dumps
from barwatch_agent.lspci.host import host_of
from barwatch_agent.lspci.lines import clean
from barwatch_agent.lspci.missing import missing
from barwatch_agent.lspci.reading import read
from barwatch_agent.recorded import RecordedHost

MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Imported:
    """A recorded host, and lines for the person who asked for it."""

    host: RecordedHost
    told: tuple[str, ...]


def import_text(text: bytes, where: str, number: int = 1) -> Imported:
    """The machine that the text shows.

    Args:
        text: as pasted, with anything around it.
        where: names the text in errors.
        number: which dump, from 1, where the text holds several that contradict each other.

    Raises:
        ConfigError: the text has no output of lspci, or not so many dumps.
    """
    found = read(clean(text))
    several = dumps(found.functions)
    if not any(function.has_ids for function in found.functions):
        msg = f"{where}: no output of lspci from which a function can be made: lspci -xxxx, or at least lspci -nn"
        raise ConfigError(msg)
    if not 1 <= number <= len(several):
        msg = f"{where}: there is no dump {number}; the text holds {len(several)}"
        raise ConfigError(msg)
    dump = several[number - 1]
    host = host_of(dump, _name(where), f"The output of lspci in {where}. What it does not tell is left out.")
    count = sum(function.has_ids for function in dump.values())
    told = [f"imported: {count} function{'s' * (count != 1)}"]
    if len(several) > 1:
        others = changed(several, number - 1)
        told.append(_several(len(several), number, [str(address) for address in others]))
    if found.homeless:
        told.append(f"{found.homeless} hex lines come before any address: whose they are is unknown, they are left out")
    return Imported(host, (*told, *missing(dump)))


def _several(count: int, number: int, others: list[str]) -> str:
    said = f"the text holds {count} dumps that contradict each other, this is dump {number}; --dump takes another"
    more = f" and {len(others) - MAX_SHOWN} more" if len(others) > MAX_SHOWN else ""
    return f"{said}. They differ in {', '.join(others[:MAX_SHOWN])}{more}" if others else said


def _name(where: str) -> str:
    """A name for the host: the file's, without what follows the last dot."""
    return where.rpartition(".")[0] or where
