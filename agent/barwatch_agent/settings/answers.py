"""What a probe can answer, and how reading leads there: found, not found, not supported, could not read."""

import errno
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.roots import Roots, read_text, why
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

MAX_SHOWN = 200  # characters of a value, a raw text or a reason
NOT_SUPPORTED = frozenset({errno.EOPNOTSUPP, errno.ENOSYS})


class NotUnderstood(ValueError):
    """A text is not what its source should hold: it is there, and we cannot read it."""

    def __init__(self, reason: str, raw: str) -> None:
        super().__init__(reason)
        self.raw = raw


@dataclass(frozen=True, slots=True)
class Answer:
    """A setting without its name and source."""

    state: State
    value: str | None = None  # as in Setting
    raw: str | None = None  # None when nothing was read
    reason: str | None = None  # why it is absent or unreadable


def absent(reason: str, raw: str | None = None) -> Answer:
    """The answer that this platform does not have it."""
    return Answer(State.ABSENT, raw=raw, reason=reason)


def unreadable(reason: str, raw: str | None = None) -> Answer:
    """The answer that it is there, and that we could not read it."""
    return Answer(State.UNREADABLE, raw=raw, reason=reason)


def setting(name: str, source: str, answer: Answer) -> Setting:
    """The setting that an answer amounts to; texts are made printable and cut to MAX_SHOWN characters."""
    value, raw, reason = map(_shown, (answer.value, answer.raw, answer.reason))
    return Setting(name, answer.state, source, value, raw, reason)


def ask(name: str, source: str, missing: str, read: Callable[[], Answer]) -> Setting:
    """The setting that `read` answers. A file that is not there makes it ABSENT, for the reason `missing`."""
    try:
        answer = read()
    except FileNotFoundError:
        answer = absent(missing)
    except OSError as exc:
        answer = absent(f"not supported: {why(exc)}") if exc.errno in NOT_SUPPORTED else unreadable(why(exc))
    except NotUnderstood as exc:
        answer = unreadable(str(exc), exc.raw)
    return setting(name, source, answer)


def ask_file(roots: Roots, name: str, source: str, missing: str, decode: Callable[[str], Answer]) -> Setting:
    """The setting that one small text file answers."""
    return ask(name, source, missing, lambda: decode(read_text(at(roots, source))))


def at(roots: Roots, source: str) -> Path:
    """Where a path of /sys, /proc, /etc or /dev is under these roots."""
    _, top, *rest = source.split("/")
    tops = {"sys": roots.sys, "proc": roots.proc, "etc": roots.etc, "dev": roots.dev, "windows": roots.windows}
    return tops[top].joinpath(*rest)


def entries(roots: Roots, folder: str) -> list[str] | None:
    """The names in a folder, sorted; None when there is no such folder.

    Raises:
        OSError: the folder cannot be read.
    """
    try:
        return sorted(path.name for path in at(roots, folder).iterdir())
    except FileNotFoundError:
        return None


def read_start(roots: Roots, source: str, most: int) -> bytes:
    """At most that many bytes of a file, in one system call: some files ask the firmware at every read.

    Raises:
        OSError: missing or unreadable.
    """
    with at(roots, source).open("rb", buffering=0) as file:
        return file.read(most)


def read_each(roots: Roots, paths: Iterable[str]) -> tuple[dict[str, str], list[OSError]]:
    """The texts by path of those files that can be read, and the errors of the others: one never hides the rest."""
    texts, errors = {}, []
    for path in paths:
        try:
            texts[path] = read_text(at(roots, path))
        except OSError as exc:
            errors.append(exc)
    return texts, errors


def text_or_none(roots: Roots, source: str) -> str | None:
    """What a file holds; None when it is empty or cannot be read, for clues of which any may be missing."""
    try:
        return read_text(at(roots, source)) or None
    except OSError:
        return None


def word(text: str) -> str:
    """The one word that a file holds.

    Raises:
        NotUnderstood: no word, more than one, or one that no kernel would write.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.+-]{1,64}", text):
        msg = f"{_quoted(text)} is not one word"
        raise NotUnderstood(msg, text)
    return text


def chosen(text: str) -> str:
    """The word in brackets of a file that lists all choices, like ``default [performance] powersave``.

    Raises:
        NotUnderstood: not exactly one word is in brackets.
    """
    match re.findall(r"\[([A-Za-z0-9_.+-]{1,64})\]", text):
        case [str(choice)]:
            return choice
        case _:
            msg = f"{_quoted(text)} has not one choice in brackets"
            raise NotUnderstood(msg, text)


def number(text: str) -> int:
    """The decimal number that a file holds.

    Raises:
        NotUnderstood: it holds something else.
    """
    if not re.fullmatch(r"[0-9]{1,20}", text):
        msg = f"{_quoted(text)} is not a decimal number"
        raise NotUnderstood(msg, text)
    return int(text)


def _quoted(text: str) -> str:
    return f"{text[:40]!r}" if text else "nothing: it is empty,"


def _shown(text: str | None) -> str | None:
    """White space as blanks, and nothing that a terminal, protobuf or PostgreSQL would choke on."""
    if text is None:
        return None
    line = " ".join(text[: 4 * MAX_SHOWN].split())
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)[:MAX_SHOWN]
