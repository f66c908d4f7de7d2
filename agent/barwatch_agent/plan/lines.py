"""Where in a plan file a key stands: the TOML parser keeps no lines of what it parsed."""

import re

TABLE = re.compile(r"""\s*\[\[\s*["']?register["']?\s*\]\]""")
KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=(.*)""")
SEVERAL_LINES = ('"""', "'''")  # delimiters of strings that may hold what looks like a key


class Lines:
    """Line numbers, from 1, of the [[register]] tables of a file and of their keys."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tables = _tables(text)

    def of(self, table: int, key: str | None = None) -> int:
        """The line of a key of the n-th table; of the table when it has no such key; 1 when it is written otherwise."""
        if table >= len(self._tables):
            return 1
        keys = self._tables[table]
        return keys.get(key or "", keys[""])

    def of_top(self, key: str) -> int:
        """The line of a key or table at the top level."""
        found = re.search(rf"""^\s*\[*\s*["']?{re.escape(key)}\b""", self._text, re.MULTILINE)
        return 1 if found is None else self._text.count("\n", 0, found.end()) + 1


def _tables(text: str) -> list[dict[str, int]]:
    tables: list[dict[str, int]] = []
    inside = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if inside:
            inside = "" if inside in line else inside
        elif TABLE.match(line):
            tables.append({"": number})
        elif tables and (key := KEY.match(line)):
            tables[-1].setdefault(key[1], number)
            inside = next((mark for mark in SEVERAL_LINES if key[2].count(mark) == 1), "")
    return tables
