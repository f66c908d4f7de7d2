"""What the terminal can show: colour, drawing characters and its width; nothing of that in a pipe."""

import io
from collections.abc import Mapping
from typing import TextIO

from rich.console import Console

PIPED_WIDTH = 100  # columns, where no terminal and no COLUMNS says another


def console_for(out: TextIO, environ: Mapping[str, str]) -> Console:
    """A console for stdout: ASCII without colour into a pipe, a file, or with NO_COLOR set (https://no-color.org)."""
    is_plain = bool(environ.get("NO_COLOR")) or not out.isatty()
    if is_plain and isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding="ascii", errors="replace")
    width = None if out.isatty() or environ.get("COLUMNS") else PIPED_WIDTH
    return Console(file=out, width=width, no_color=is_plain or None, highlight=False, markup=False, emoji=False)
