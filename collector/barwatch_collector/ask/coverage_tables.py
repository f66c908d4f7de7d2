"""The answer to ``barwatch coverage`` as what rich prints. Pure."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from barwatch_collector.ask.tables import BAD, GOOD, NO_HOST, UNSURE, accesses_line, table
from barwatch_collector.ask.words import ago, duration, many, safe
from barwatch_collector.questions.coverage import Coverage


def coverage_headline(answer: Coverage) -> Text:
    """In words: who does not answer, and whether anything was lost."""
    if not answer.hosts:
        return Text(NO_HOST, UNSURE)
    hosts = many(answer.hosts, "host")
    silent = 0 if answer.connected is None else answer.hosts - answer.connected
    heard = f"{silent:,} of {hosts} silent" if answer.connected is not None else f"{hosts} known"
    lost = sum(gap.lost for gap in answer.gaps)
    losses = f"{many(lost, 'item')} lost" if lost else "nothing known to be lost"
    unread = f", {many(len(answer.unread_registers), 'register')} read by nobody" if answer.unread_registers else ""
    return Text(f"{heard}; {losses}{unread}", BAD if lost else UNSURE if silent or unread else GOOD)


def coverage_tables(answer: Coverage, *, is_plain: bool) -> Iterator[RenderableType]:
    """Each kind of silence under its heading; kinds that there are not are left out."""
    if (line := accesses_line(answer.accesses)) is not None:
        yield line
    parts = (
        ("silent hosts", answer.silent, _silent),
        ("known gaps", answer.gaps, _gaps),
        (_heading_not_reading(answer), answer.not_reading, _not_reading),
        ("registers that no host could read", answer.unread_registers, _unread),
    )
    for heading, rows, drawn in parts:
        if rows:
            yield Text()
            yield Text(heading, "bold")
            yield drawn(answer, is_plain)


def _silent(answer: Coverage, is_plain: bool) -> RenderableType:  # noqa: FBT001 called through a table
    made = table("host", "last seen", "agent id", is_plain=is_plain)
    for host in answer.silent:
        made.add_row(safe(host.hostname), ago(host.last_seen_ns, answer.span.now_ns), host.agent_id)
    return made


def _gaps(answer: Coverage, is_plain: bool) -> RenderableType:  # noqa: FBT001 called through a table
    made = table("cause", "gaps", "hosts", "time", "lost", "latest", is_plain=is_plain)
    for gap in answer.gaps:
        latest = ago(gap.latest_ns, answer.span.now_ns)
        cause = Text(safe(gap.cause), BAD if gap.lost else "")
        made.add_row(cause, f"{gap.gaps:,}", f"{gap.hosts:,}", duration(gap.duration_ns), f"{gap.lost:,}", latest)
    return made


def _heading_not_reading(answer: Coverage) -> str:
    shown, in_all = len(answer.not_reading), answer.not_reading_in_all
    return "hosts on which a way in reads nothing" + (f" ({shown:,} of {in_all:,})" if shown < in_all else "")


def _not_reading(answer: Coverage, is_plain: bool) -> RenderableType:  # noqa: FBT001 called through a table
    made = table("host", "access", "why", "what the host says", is_plain=is_plain)
    for host in answer.not_reading:
        made.add_row(safe(host.hostname), host.access.value, Text(host.why, UNSURE), safe(host.reason))
    return made


def _unread(answer: Coverage, is_plain: bool) -> RenderableType:  # noqa: FBT001 called through a table
    made = table("register", "access", "hosts", "what the reads came to", is_plain=is_plain)
    for register in answer.unread_registers:
        counts = {name: getattr(register, name) for name in ("denied", "unreachable", "skipped")}
        reads = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "none yet"
        made.add_row(safe(register.register), register.access.value, f"{register.hosts:,}", reads)
    return made
