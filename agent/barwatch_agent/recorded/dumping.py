"""A recorded host as text: the same text for the same host, always."""

from collections.abc import Iterable, Iterator, Mapping
from posixpath import basename, dirname

from barwatch_agent.recorded.bars import BarContent
from barwatch_agent.recorded.hexdump import to_hexdump
from barwatch_agent.recorded.host import RecordedHost
from barwatch_agent.recorded.parsing import FORMAT


def dump(host: RecordedHost) -> str:
    """The same text for the same host, always: sorted, one folder a section, one line a short file."""
    return "\n".join(line for section in _sections(host) for line in [*section, ""])


def _sections(host: RecordedHost) -> Iterator[Iterable[str]]:
    yield [f"format = {FORMAT}", *_folder_list(host.empty_folders)]
    yield ["[host]", *(f"{key} = {_quoted(getattr(host, key))}" for key in ("name", "description", "source"))]
    yield from _grouped("files", host.files)
    yield from _grouped("links", host.links)
    for title, dumps in (("config", host.config), ("binary", host.binary)):
        if dumps:
            yield [f"[{title}]", *(f"{_key(path)} = {_quoted(to_hexdump(dumps[path]))}" for path in sorted(dumps))]
    if host.bars:
        yield ["[bars]", *(f"{_key(path)} = {_bar_table(host.bars[path])}" for path in sorted(host.bars))]
    if host.unreadable:
        yield [
            "[unreadable]",
            *(f"{_key(path)} = {_quoted(host.unreadable[path])}" for path in sorted(host.unreadable)),
        ]


def _folder_list(folders: tuple[str, ...]) -> list[str]:
    return ["empty_folders = [", *(f"    {_quoted(folder)}," for folder in sorted(folders)), "]"] if folders else []


def _grouped(title: str, entries: Mapping[str, str]) -> Iterator[Iterable[str]]:
    for folder in sorted({dirname(path) for path in entries}):
        paths = sorted(path for path in entries if dirname(path) == folder)
        yield [f"[{title}.{_key(folder)}]", *(f"{_key(basename(path))} = {_quoted(entries[path])}" for path in paths)]


def _bar_table(bar: BarContent) -> str:
    values = ", ".join(f'"{item.offset:#x}:{item.width}" = {item.value:#x}' for item in bar.values)
    return f"{{ length = {bar.length_bytes:#x}, fill = {bar.fill:#04x}, values = {{ {values} }} }}"


def _key(text: str) -> str:
    is_bare = text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if is_bare else _quoted(text)


def _quoted(text: str) -> str:
    """A TOML basic string; over several lines where the text has several."""
    lines = [_escaped(line) for line in text.split("\n")]
    if len(lines) > 2:  # noqa: PLR2004 - more than one line and the newline at its end
        return '"""\n' + "\n".join(lines).replace('"""', '""\\"') + '"""'
    return '"' + "\\n".join(lines).replace('"', '\\"') + '"'


def _escaped(line: str) -> str:
    """Without what a TOML string may not hold as it is: backslashes and control characters."""
    return "".join(_letter(letter) for letter in line)


def _letter(letter: str) -> str:
    if letter == "\\":
        return "\\\\"
    is_control = (letter < " " and letter != "\t") or letter == "\x7f"
    return f"\\u{ord(letter):04x}" if is_control else letter
