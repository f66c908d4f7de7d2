"""Values as TOML text, the way a person would write them: whole numbers, words, lists, and one table a line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LINE = 120
HEX_FROM = 10  # smaller numbers read the same
DECIMAL = ("_ns", "_us", "_s", "count", "passes", "errors", "rise", "width", "index", "bar")  # names of what is no bits


def quoted(text: str) -> str:
    """A TOML basic string; over several lines where the text has several."""
    lines = [_escaped(line) for line in text.split("\n")]
    if len(lines) > 2:  # noqa: PLR2004 - more than one line and the newline at its end
        return '"""\n' + "\n".join(lines).replace('"""', '""\\"') + '"""'
    return '"' + "\\n".join(lines).replace('"', '\\"') + '"'


def key_text(text: str) -> str:
    """A key, in quotes where it needs them."""
    is_bare = text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if is_bare else quoted(text)


def table(name: str, content: Mapping[str, Any], *, is_array: bool = False) -> Iterator[list[str]]:
    """The lines of a table, and of each table below it. None and empty lists are left out."""
    filled = {key: value for key, value in content.items() if not _is_nothing(value)}
    below = {key: value for key, value in filled.items() if _is_deep(value)}
    head = f"[[{name}]]" if is_array else f"[{name}]"
    yield [
        head,
        *(f"{key_text(key)} = {_value(value, f'{name}.{key}')}" for key, value in filled.items() if key not in below),
    ]
    for key, tables in below.items():
        for each in tables:
            yield from table(f"{name}.{key_text(key)}", each, is_array=True)


def _is_nothing(value: object) -> bool:
    """What a reader takes for the same as not written; False and an empty text say something."""
    return value is None or (isinstance(value, (list, tuple, dict)) and not value)


def _is_deep(value: object) -> bool:
    """Whether this is a list of tables that do not fit on one line each."""
    return isinstance(value, (list, tuple)) and any(
        isinstance(inner, (list, tuple)) or "\n" in str(inner)
        for each in value
        if isinstance(each, dict)
        for inner in each.values()
        if inner
    )


def _value(value: object, name: str) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value) if value < HEX_FROM or _is_decimal(name) else f"{value:#x}"
        case str():
            return quoted(value)
        case dict():
            return _inline(value)
        case list() | tuple():
            return _list(value, name)
    return repr(value)  # a float: TOML writes it as Python does


def _is_decimal(name: str) -> bool:
    return any(part.endswith(DECIMAL) for part in name.split("."))


def _inline(content: Mapping[str, Any]) -> str:
    entries = (f"{key_text(key)} = {_value(value, key)}" for key, value in content.items() if not _is_nothing(value))
    return f"{{ {', '.join(entries)} }}"


def _list(values: Sequence[object], name: str) -> str:
    items = [_value(value, name) for value in values]
    flat = f"[{', '.join(items)}]"
    if len(flat) <= LINE - len(name):
        return flat
    if any(isinstance(value, dict) for value in values):
        return "\n".join(["[", *(f"    {item}," for item in items), "]"])
    return "\n".join(["[", *_filled(items), "]"])


def _filled(items: Sequence[str]) -> Iterator[str]:
    """As many items on a line as fit."""
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > LINE:
            yield line
            line = "   "
        line += f" {item},"
    yield line


def _escaped(line: str) -> str:
    """Without what a TOML string may not hold as it is: backslashes and control characters."""
    return "".join(_letter(letter) for letter in line)


def _letter(letter: str) -> str:
    if letter == "\\":
        return "\\\\"
    is_control = (letter < " " and letter != "\t") or letter == "\x7f"
    return f"\\u{ord(letter):04x}" if is_control else letter
