"""The lines of a pasted text as lspci printed them: without quotes, indents, line endings and encodings of the way."""

import html
import quopri
import re

ENTITY = re.compile("&(?:gt|lt|amp|nbsp|#[0-9]+);")
QUOTED_PRINTABLE = re.compile(
    rb"=3D|=0A=|=20\r?$", re.MULTILINE
)  # in a message as it was sent; lspci prints none of it
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
QUOTES = re.compile(r"^(?:\s*[>|])+ ?")
TIME = re.compile(r"^\[ *[0-9]+\.[0-9]+\] ")  # of a kernel log


def clean(text: bytes) -> list[str]:
    """The lines; what cannot be decoded is no line of lspci."""
    if QUOTED_PRINTABLE.search(text):
        text = quopri.decodestring(text)
    return [_bare(line) for line in _decoded(text).splitlines()]


def _decoded(text: bytes) -> str:
    """PowerShell writes UTF-16 with a byte order mark; everything else is UTF-8 as far as it matters."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return text.decode("utf-16", errors="replace")
    return text.decode("utf-8-sig", errors="replace")


def _bare(line: str) -> str:
    line = html.unescape(line) if ENTITY.search(line) else line
    return TIME.sub("", QUOTES.sub("", ESCAPES.sub("", line)).replace("\xa0", " ").strip())
