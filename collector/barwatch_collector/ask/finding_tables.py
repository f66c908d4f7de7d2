"""The answers to ``barwatch contrast`` and ``barwatch findings`` as what rich prints. Pure."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from barwatch_collector.ask.tables import BAD, GOOD, QUIET, UNSURE, table
from barwatch_collector.ask.words import ago, many, moment, safe
from barwatch_collector.findings.answers import Contrast, Difference, Pair, ReadsOfOne, Share
from barwatch_collector.questions.findings import FindingRow, Findings

LIKELY = 0.05  # p from which a difference is worth a colour
SHOWN = 15  # differences on a terminal
NOT_KNOWN = "not known"
LEVELS = {"strong": BAD, "suggestive": UNSURE, "undecidable": UNSURE, None: QUIET}


def contrast_headline(answer: Contrast) -> Text:
    """In words: how many differences, and whether the two are read alike."""
    left, right = safe(answer.left), safe(answer.right)
    what = many(len(answer.differences), "difference")
    apart = [pair for pair in answer.reads if _fails(pair.left) != _fails(pair.right)]
    if not answer.reads:
        return Text(f"{what} between {left} and {right}; no function is read on both", UNSURE)
    if not apart:
        return Text(f"{what} between {left} and {right}; what is read on both goes alike", GOOD)
    accesses = ", ".join(dict.fromkeys(f"{pair.function} by {pair.access.value}" for pair in apart))
    return Text(f"{what} between {left} and {right}; only one of them fails: {accesses}", BAD)


def contrast_tables(answer: Contrast, *, is_plain: bool, everything: bool) -> Iterator[RenderableType]:
    """How each common device is read, then what differs, what goes along with failures in the fleet first."""
    if answer.reads:
        yield _reads(answer, is_plain=is_plain)
        yield Text()
    shown = answer.differences if everything or is_plain else answer.differences[:SHOWN]
    if shown:
        yield _differences(answer, shown, is_plain=is_plain)
    if (more := len(answer.differences) - len(shown)) > 0:
        yield Text(f"and {many(more, 'difference')} more: --all", QUIET)
    if any(one.p is not None and one.p <= LIKELY for one in shown):
        yield Text("p is of one attribute alone; barwatch explain looks at all of them together", QUIET)


def findings_headline(answer: Findings) -> Text:
    """In words: how many, and what holds now."""
    if not answer.rows:
        return Text("nothing was found yet: no read failed, or no verdict is made", QUIET)
    latest = {row.failure: row for row in reversed(answer.rows)}
    explained = sum(row.level in {"strong", "suggestive"} for row in latest.values())
    return Text(
        f"{many(answer.total, 'finding')}; {explained} of {many(len(latest), 'failure class', 'failure classes')}"
        " explained now"
    )


def findings_table(answer: Findings, *, is_plain: bool) -> RenderableType:
    """One row for each, the latest first."""
    made = table("found", "failure", "hosts", "how sure", "what explains it", is_plain=is_plain)
    for row in answer.rows:
        when = moment(row.found_at_ns) if is_plain else ago(row.found_at_ns, answer.span.now_ns)
        made.add_row(when, row.failure, f"{row.failing_hosts:,}", _level(row), safe(row.sentence))
    return made


def _level(row: FindingRow) -> Text:
    return Text(row.level or "nothing", LEVELS.get(row.level, QUIET))


def _reads(answer: Contrast, *, is_plain: bool) -> RenderableType:
    made = table("function", "access", safe(answer.left), safe(answer.right), is_plain=is_plain)
    for pair in answer.reads:
        made.add_row(*_pair(pair))
    return made


def _pair(pair: Pair) -> tuple[str, str, Text, Text]:
    return safe(pair.function), pair.access.value, _one(pair.left), _one(pair.right)


def _one(reads: ReadsOfOne | None) -> Text:
    if reads is None:
        return Text("not read", QUIET)
    if not reads.is_failing:
        return Text(f"ok ({reads.attempts:,} reads)", GOOD)
    why = reads.failure.value if reads.failure else "not judged yet"
    return Text(f"fails {reads.failures:,} of {reads.attempts:,}: {why}", BAD)


def _fails(reads: ReadsOfOne | None) -> bool | None:
    return None if reads is None else reads.is_failing


def _differences(answer: Contrast, shown: Sequence[Difference], *, is_plain: bool) -> RenderableType:
    left, right = safe(answer.left), safe(answer.right)
    several = len({one.function for one in shown if one.function}) > 1
    headings = ("attribute", left, right, f"fleet like {left}", f"fleet like {right}", "p")
    made = table(*headings, is_plain=is_plain)
    for one in shown:
        made.add_row(
            Text(_name(one, several=several), BAD if one.p is not None and one.p <= LIKELY else ""),
            safe(one.left or NOT_KNOWN),
            safe(one.right or NOT_KNOWN),
            _share(one.fleet_left),
            _share(one.fleet_right),
            "" if one.p is None else f"{one.p:.2g}",
        )
    return made


def _name(one: Difference, *, several: bool) -> str:
    return f"{one.attribute} of {safe(one.function)}" if several and one.function else one.attribute


def _share(share: Share) -> str:
    return f"{share.failing:,} of {share.hosts:,} fail"
