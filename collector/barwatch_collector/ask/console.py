"""The console that answers go to: as wide as the terminal, unbounded and unstyled in a pipe, ASCII where it must be."""

import codecs
import io
from typing import TextIO

from rich.console import Console

from barwatch_collector.ask.words import DASH

UNBOUNDED = 10_000  # columns: in a pipe a row stays one line, so that grep and awk see all of it
IN_ASCII = str.maketrans(
    {"█": "#", "·": ".", DASH: "-", "⚡": "!", "…": "~", "✓": "+", "✗": "x"} | dict.fromkeys("▏▎▍▌▋▊▉", "+")
)
ERRORS = "barwatch"  # name of the way in which characters that a stream cannot carry are replaced


def console_for(stream: TextIO) -> Console:
    """A console that prints what it is given: no markup, no numbers coloured by guess."""
    if isinstance(stream, io.TextIOWrapper):
        codecs.register_error(ERRORS, _replace)
        stream.reconfigure(errors=ERRORS)
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        return console
    return Console(file=stream, highlight=False, markup=False, emoji=False, width=UNBOUNDED)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end].translate(IN_ASCII)
    return wrong.encode("ascii", "replace").decode(), error.end
