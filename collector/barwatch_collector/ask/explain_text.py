"""A report as one screen: the sentence, the numbers, what is indistinguishable, what it is not, what remains."""

from collections.abc import Iterator, Sequence
from itertools import chain

from rich.text import Text

from barwatch_collector.ask.explain_words import chance, ratio, share
from barwatch_collector.ask.tables import BAD, GOOD, QUIET, UNSURE
from barwatch_collector.ask.words import failures_called, many, safe
from barwatch_collector.findings.answers import Explained
from barwatch_collector.findings.report import Document, Explanation, Rejected

MOST_ALTERNATIVES = 5
MOST_CANDIDATES = 3
MOST_UNUSED = 8


def explained_headline(answer: Explained) -> Text:
    """The first sentence of all."""
    first = next((one for each in answer.failures for one in each.report.explanations), None)
    if first is not None:
        return Text(safe(first.sentence), BAD)
    if not any(each.failing_hosts for each in answer.failures):
        return Text(f"nothing fails on {many(answer.hosts, 'host')}", GOOD)
    return Text("what fails is not explained: see what fits best, or ask for the next experiment", UNSURE)


def explained_text(answer: Explained) -> Iterator[Text]:
    """One report for each failure class, under its name."""
    for each in answer.failures:
        if each.failing_hosts:
            yield Text(
                f"{failures_called(each.failure)}, on {many(each.failing_hosts, 'host')} of {answer.hosts:,}",
                "bold underline",
            )
            yield from report_lines(each.report)
            yield Text()


def report_lines(report: Document) -> Iterator[Text]:
    """All lines of the screen."""
    yield Text(safe(report.conclusion), "bold")
    yield from chain.from_iterable(_explanation(one, report) for one in report.explanations)
    if report.candidates:
        yield Text()
        yield Text("What fits best, and may be chance:", UNSURE)
        shown = report.candidates[:MOST_CANDIDATES]
        yield from chain.from_iterable(_explanation(one, report) for one in shown)
    if report.rejected:
        yield Text()
        yield Text("Not the cause:")
        yield from (_rejected(one) for one in report.rejected)
    yield from _remains(report)
    yield Text()
    yield from _notes(report)


def _explanation(one: Explanation, report: Document) -> Iterator[Text]:
    yield Text()
    yield Text(safe(one.sentence), BAD if one.level != "undecidable" else UNSURE)
    yield Text(
        f"  {one.level}: {chance(one.p)}, q={one.q:.2g}, score {one.score:.1f} nats"
        f" ({one.score_at_half:.1f} at half the penalty),"
        f" posterior {one.posterior:.2f}"
    )
    left_open = f", of these {share(one.unknown)} not known" if one.unknown else ""
    yield Text(f"  inside {share(one.inside)}; outside {share(one.outside)}{left_open};"
               f" risk ratio {ratio(one.risk_ratio)}; covers {100 * one.coverage:.0f} % of the failures")  # fmt: skip
    yield Text(f"  {_held(one)}")
    if one.fitted:
        yield Text("  its cut or set of values was chosen to fit: elsewhere the rates will differ less", QUIET)
    same = [other for other in one.alternatives if other.same_rows]
    yield from _others("indistinguishable here", [f"{other.text}: {other.missing}" for other in same])
    rivals = [other for other in one.alternatives if not other.same_rows]
    shares = [f"{one.text}: {share(one.inside)} inside, {share(one.outside)} outside" for one in rivals]
    yield from _others("fits nearly as well", shares)
    yield from _others(f"nearly the same {report.unit}s", one.nearly_same)


def _held(one: Explanation) -> str:
    driven = f", driven by {safe(', '.join(one.stability.driven_by))}" if one.stability.driven_by else ""
    agree = [] if one.halves is None else [f"best on {100 * one.halves:.0f} % of random halves"]
    parts = [f"stays among the best in {100 * one.stability.share:.0f} % of leave-one-out runs{driven}", *agree]
    if one.adjusted is not None:
        odds = f": odds ratio {ratio(one.adjusted.odds_ratio)}" if one.adjusted.odds_ratio else ""
        parts.append(f"{one.adjusted.verdict} within {safe(one.adjusted.stratum)}{odds}")
    if one.paired is not None:
        seen = one.paired.only_inside, one.paired.only_outside
        parts.append(f"of pairs {seen[0]} fail inside only and {seen[1]} outside only, p={one.paired.p:.2g}")
    return "; ".join(parts)


def _others(title: str, texts: Sequence[str]) -> Iterator[Text]:
    yield from (Text(f"  {title}: {safe(text)}") for text in texts[:MOST_ALTERNATIVES])
    if (more := len(texts) - MOST_ALTERNATIVES) > 0:
        yield Text(f"  {title}: {more} more, with --json", QUIET)


def _rejected(one: Rejected) -> Text:
    return Text(f"  {safe(one.text)}: {share(one.inside)}; {safe(one.why)}; without both {share(one.neither)}")


def _remains(report: Document) -> Iterator[Text]:
    if report.explanations:
        yield Text()
        if report.unexplained:
            yield Text(f"Unexplained: {many(report.unexplained, report.unit)}", UNSURE)
        else:
            yield Text("Nothing remains unexplained.", GOOD)
    for gap in report.gaps:
        yield Text(f"Data gap: {safe(gap.text)} on {share(gap.inside)}, otherwise {share(gap.outside)}", UNSURE)


def _notes(report: Document) -> Iterator[Text]:
    if report.noise_dominated:
        yield Text("A shuffled column fits about as well: noise dominates.", UNSURE)
    if report.rows_left_out:
        yield Text(f"{many(report.rows_left_out, 'row')} without outcome, attempts or unit left out", QUIET)
    if report.unused:
        more = f" and {len(report.unused) - MOST_UNUSED} more" if len(report.unused) > MOST_UNUSED else ""
        named = ", ".join(report.unused[:MOST_UNUSED])
        yield Text(f"nothing to compare in {safe(named)}{more}: constant, or different on every {report.unit}", QUIET)
    yield Text(
        f"{report.rows} rows, {report.cells} cells, {report.columns} columns; {report.permutations} permutations,"
        f" seed {report.seed}, engine {report.engine}, input {report.input[:12]}",
        QUIET,
    )
