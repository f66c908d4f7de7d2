"""The text of a recorded host: it survives writing and reading, and what is wrong in it is named."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barwatch_agent.errors import ConfigError
from barwatch_agent.recorded import BarContent, BarValue, RecordedHost, dump, load, parse
from barwatch_agent.recorded.host import MAX_ENTRIES
from barwatch_agent.recorded.parsing import MAX_DOCUMENT

TEXTS = st.text(max_size=60)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/"), min_size=1, max_size=12)
FOLDERS = st.lists(NAMES.map("in {}".format), max_size=3).map("/".join)
SLOTS = st.dictionaries(st.integers(0, 63), st.tuples(st.sampled_from([1, 2, 4, 8]), st.integers(0, 255)), max_size=5)
HEAD = 'format = 1\n[host]\nname = "x"\ndescription = ""\nsource = ""\n'


def bar_of(slots: dict[int, tuple[int, int]], fill: int) -> BarContent:
    values = (BarValue(slot * 8, width, value) for slot, (width, value) in sorted(slots.items()))
    return BarContent(4096, fill, tuple(values))


BARS = st.builds(bar_of, SLOTS, st.sampled_from([0x00, 0xFF]))


@st.composite
def recorded_hosts(draw: st.DrawFn) -> RecordedHost:
    """Hosts of which no path lies below another: folders and leaves begin with different words."""

    def table(kind: str, values: st.SearchStrategy[object]) -> dict[str, object]:
        tops = st.sampled_from(["sys", "proc", "etc", "dev"])
        leaf = NAMES.map(f"{kind} {{}}".format)
        paths = st.tuples(tops, FOLDERS, leaf).map(lambda parts: "/".join(part for part in parts if part))
        return draw(st.dictionaries(paths, values, max_size=4))

    return RecordedHost(
        name=draw(TEXTS),
        description=draw(TEXTS),
        source=draw(TEXTS),
        files=table("file", TEXTS),  # type: ignore[arg-type]  # hypothesis fills each table with its own kind
        links=table("link", FOLDERS.map(lambda folder: folder or "here")),  # type: ignore[arg-type]
        config=table("config", st.binary(max_size=300)),  # type: ignore[arg-type]
        binary=table("binary", st.binary(max_size=300)),  # type: ignore[arg-type]
        bars=table("bar", BARS),  # type: ignore[arg-type]
        unreadable=table("unreadable", TEXTS),  # type: ignore[arg-type]
        empty_folders=tuple(sorted(table("folder", st.none()))),
    )


@given(recorded_hosts())
@settings(deadline=None, max_examples=60)
def test_what_dump_wrote_loads_as_the_same_host_and_dumps_as_the_same_text(host: RecordedHost) -> None:
    text = dump(host)

    again = parse(text.encode(), "again")

    assert again == host
    assert dump(again) == text


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: (HEAD + text).encode()))
@settings(deadline=None)
def test_rubbish_is_a_config_error_or_a_host_and_nothing_else(data: bytes) -> None:
    try:
        host = parse(data, "rubbish")
    except ConfigError as error:
        assert str(error).startswith("rubbish: ")  # noqa: PT017 - most rubbish raises, and some may be a host
    else:
        assert parse(dump(host).encode(), "again") == host


def test_a_path_may_be_written_whole_or_as_folder_and_name() -> None:
    text = HEAD + '[files]\n"proc/cmdline" = "a"\n[files."proc/sys"]\nx = "b"\n'

    assert parse(text.encode(), "x").files == {"proc/cmdline": "a", "proc/sys/x": "b"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("format = 2", "format is 2, and this version reads format 1"),
        ("", "format is None"),
        ("format = true", "Expected `int`"),
        ("format = 1", "missing required field `host`"),
        ("format = 1\nname = ]", "at line 2, column 8"),
        ("format = 1\nhost = {name = 1}", r"Expected `str`, got `int` - at `\$.host.name`"),
        (HEAD + "[network]\n", "unknown field `network`"),
        (HEAD + "[files]\n'proc/x' = 1", "Expected `str | object`"),
        (HEAD + "[files]\n'proc/x' = 'a'\n[files.proc]\nx = 'b'", "'proc/x': named twice"),
        (HEAD + "[files]\n'proc/x' = 'a'\n[links]\n'proc/x' = 'y'", "'proc/x': named twice"),
        (HEAD + "[files]\n'proc/x' = 'a'\n'proc/x/y' = 'b'", "'proc/x/y': lies below 'proc/x', which is no folder"),
        (HEAD + "[links]\n'proc/x' = 'y'\n[files]\n'proc/x/y' = 'b'", "'proc/x/y': lies below 'proc/x'"),
        (HEAD + "[files]\n'/etc/passwd' = ''", "has to lie below sys, proc, etc, dev"),
        (HEAD + "[files]\n'sys' = ''", "has to lie below"),
        (HEAD + "[files]\n'usr/x' = ''", "has to lie below"),
        (HEAD + "[files]\n'sys/../../x' = ''", "no empty, '.', '..'"),
        (HEAD + "[files]\n'sys//x' = ''", "no empty, '.', '..'"),
        (HEAD + '[files]\n"sys/\\u0000" = ""', "unprintable"),
        pytest.param(HEAD + f"[files]\n'sys/{'x' * 256}' = ''", "a path has at most", id="long name"),
        pytest.param(HEAD + f"[files]\n'sys{'/y' * 600}' = ''", "a path has at most 1024", id="long path"),
        pytest.param(HEAD + f"[files]\n'sys/x' = '{'a' * 65537}'", "'sys/x': 65537 bytes are more", id="long file"),
        (HEAD + "[config]\n'sys/config' = '1001:'", "'sys/config': .*at most 0x1000"),
        (HEAD + "[config]\n'sys/config' = '000: 86'", "'sys/config': .*length alone"),
        (HEAD + "[binary]\n'sys/x' = '10001:'", "'sys/x': .*at most 0x10000"),
        (HEAD + "[links]\n'sys/x' = '/etc'", "out of the recorded host"),
        (HEAD + "[links]\n'sys/x' = '../../etc'", "out of the recorded host"),
        (HEAD + "[links]\n'sys/x' = 'y/../../..'", "by a detour"),
        (HEAD + "[links]\n'sys/x' = ''", "by a detour"),
        (HEAD + "[bars]\n'sys/r0' = {length = 0}", "'sys/r0': a BAR has 1 to"),
        (HEAD + "[bars]\n'sys/r0' = {length = 0x10000000001}", "a BAR has 1 to"),
        (HEAD + "[bars]\n'sys/r0' = {length = 0x4000001, fill = 0xff}", "a BAR has 1 to 67108864"),
        (HEAD + "[bars]\n'sys/r0' = {length = 4, fill = 1}", "filled with 0x00 or 0xff"),
        (HEAD + "[bars]\n'sys/r0' = {length = 4, values = {'0' = 1}}", "'0' is not an offset and a width"),
        (HEAD + "[bars]\n'sys/r0' = {length = 8, values = {'0x8:4' = 1}}", "the value at 0x8 with width 4"),
        (HEAD + "[bars]\n'sys/r0' = {length = 8, values = {'0x2:4' = 1}}", "the value at 0x2 with width 4"),
        (HEAD + "[bars]\n'sys/r0' = {length = 8, values = {'0x0:3' = 1}}", "the value at 0x0 with width 3"),
        (HEAD + "[bars]\n'sys/r0' = {length = 8, values = {'0x0:1' = 256}}", "the value at 0x0 with width 1"),
        (HEAD + "[bars]\n'sys/r0' = {length = 8, values = {'0x0:1' = -1}}", "the value at 0x0 with width 1"),
        (
            HEAD + "[bars]\n'sys/r0' = {length = 8, values = {'0x0:4' = 1, '0x2:2' = 1}}",
            "the value at 0x2 with width 2",
        ),
        pytest.param(HEAD + "[bars]\n'sys/r0' = {length = " + "9" * 5000 + "}", "host.toml: ", id="long number"),
        pytest.param(HEAD + "x = " + "[" * 5000, "host.toml: ", id="deep nesting"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_the_file(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "host.toml"
    file.write_text(text)

    with pytest.raises(ConfigError, match=rf"(?s)^{file}: .*") as caught:
        load(file)

    assert caught.match(reason)


def test_a_file_that_is_not_there_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.toml: No such file or directory \(ENOENT\)"):
        load(tmp_path / "nowhere.toml")


def test_a_file_that_is_not_utf_8_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"^x: .*utf-8"):
        parse(b"format = 1 # \xff", "x")


def test_too_long_a_text_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ConfigError, match=f"more than the {MAX_DOCUMENT} bytes"):
        parse(b"#" * (MAX_DOCUMENT + 1), "x")


def test_too_many_entries_are_refused_and_values_of_bars_count() -> None:
    files = {f"sys/{number}": "" for number in range(MAX_ENTRIES)}
    bar = BarContent(16, values=(BarValue(0, 4, 1), BarValue(4, 4, 1)))

    RecordedHost("x", "", "", files=files)
    with pytest.raises(ConfigError, match=f"{MAX_ENTRIES + 1} entries are more than the {MAX_ENTRIES}"):
        RecordedHost("x", "", "", files={**files, "sys/x": ""})
    with pytest.raises(ConfigError, match=f"{MAX_ENTRIES + 3} entries"):
        RecordedHost("x", "", "", files=files, bars={"sys/r0": bar})
