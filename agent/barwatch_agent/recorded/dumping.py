"""A recorded host as text: the same text for the same host, always."""

from collections.abc import Iterable, Iterator, Mapping
from posixpath import basename, dirname

from barwatch_agent.recorded.bars import BarContent
from barwatch_agent.recorded.hexdump import to_hexdump
from barwatch_agent.recorded.host import RecordedHost
from barwatch_agent.recorded.parsing import FORMAT
from barwatch_agent.recorded.reads_text import reads_sections
from barwatch_agent.recorded.toml_text import key_text, quoted


def dump(host: RecordedHost) -> str:
    """The same text for the same host, always: sorted, one folder a section, one line a short file."""
    return "\n".join(line for section in _sections(host) for line in [*section, ""])


def _sections(host: RecordedHost) -> Iterator[Iterable[str]]:
    yield [f"format = {FORMAT}", *_folder_list(host.empty_folders)]
    yield ["[host]", *(f"{key} = {quoted(getattr(host, key))}" for key in ("name", "description", "source"))]
    yield from _grouped("files", host.files)
    yield from _grouped("links", host.links)
    for title, dumps in (("config", host.config), ("binary", host.binary)):
        if dumps:
            yield [f"[{title}]", *(f"{key_text(path)} = {quoted(to_hexdump(dumps[path]))}" for path in sorted(dumps))]
    if host.bars:
        yield ["[bars]", *(f"{key_text(path)} = {_bar_table(host.bars[path])}" for path in sorted(host.bars))]
    if host.unreadable:
        yield [
            "[unreadable]",
            *(f"{key_text(path)} = {quoted(host.unreadable[path])}" for path in sorted(host.unreadable)),
        ]
    if host.reads is not None:
        yield from reads_sections(host.reads)


def _folder_list(folders: tuple[str, ...]) -> list[str]:
    return ["empty_folders = [", *(f"    {quoted(folder)}," for folder in sorted(folders)), "]"] if folders else []


def _grouped(title: str, entries: Mapping[str, str]) -> Iterator[Iterable[str]]:
    for folder in sorted({dirname(path) for path in entries}):
        paths = sorted(path for path in entries if dirname(path) == folder)
        yield [
            f"[{title}.{key_text(folder)}]",
            *(f"{key_text(basename(path))} = {quoted(entries[path])}" for path in paths),
        ]


def _bar_table(bar: BarContent) -> str:
    values = ", ".join(f'"{item.offset:#x}:{item.width}" = {item.value:#x}' for item in bar.values)
    return f"{{ length = {bar.length_bytes:#x}, fill = {bar.fill:#04x}, values = {{ {values} }} }}"
