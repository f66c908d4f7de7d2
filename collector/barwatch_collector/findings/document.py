"""From what the engine answers to a report that others read: literals in words instead of codes."""

from barwatch_collector.correlate import finding as engine
from barwatch_collector.correlate.exact import Interval
from barwatch_collector.correlate.literal import Conjunction, literal_text, operator_and_values
from barwatch_collector.correlate.table import Table
from barwatch_collector.findings.report import (
    DOCUMENT_VERSION,
    Adjusted,
    Alternative,
    Document,
    Explanation,
    Gap,
    Literal,
    Paired,
    Range,
    Rejected,
    Side,
    Stability,
)


def document(report: engine.Report, table: Table, left_out: int) -> Document:
    """The whole report.

    Args:
        report: of the table.
        table: whose columns and codes its literals speak of.
        left_out: rows that are not in the table, since something of them is not known.
    """
    return Document(
        version=DOCUMENT_VERSION,
        engine=report.engine_version,
        input=report.input_hash,
        seed=report.seed,
        conclusion=report.conclusion,
        explanations=tuple(_explanation(one, table) for one in report.explanations),
        candidates=tuple(_explanation(one, table) for one in report.candidates),
        rejected=tuple(map(_rejected, report.rejected)),
        gaps=tuple(Gap(one.text, _side(one.inside), _side(one.outside), one.p) for one in report.gaps),
        unexplained=report.unexplained_units,
        unit=report.unit_word,
        units=report.units,
        failing=report.failing_units,
        rows=report.rows,
        rows_left_out=left_out,
        cells=report.cells,
        columns=report.columns,
        unused=report.unused,
        permutations=report.permutations,
        least_p=report.least_p,
        noise_dominated=report.is_noise_dominated,
    )


def _explanation(one: engine.Explanation, table: Table) -> Explanation:
    return Explanation(
        literals=_literals(one.conjunction, table),
        text=one.text,
        sentence=one.sentence,
        level=one.level.value,
        inside=_side(one.inside),
        outside=_side(one.outside),
        score=one.score,
        score_at_half=one.score_at_half,
        p=one.p,
        q=one.q,
        posterior=one.posterior,
        risk_ratio=_range(one.risk_ratio),
        coverage=one.covered,
        stability=Stability(one.stability.share, one.stability.driven_by),
        halves=one.halves,
        fitted=one.is_fitted,
        adjusted=_adjusted(one.adjusted),
        paired=_paired(one.paired),
        alternatives=tuple(_alternative(other, table) for other in one.alternatives),
        nearly_same=one.nearly_same,
        unknown=None if one.unknown is None else _side(one.unknown),
    )


def _alternative(one: engine.Alternative, table: Table) -> Alternative:
    return Alternative(
        _literals(one.conjunction, table),
        one.text,
        one.has_same_rows,
        _side(one.inside),
        _side(one.outside),
        one.score,
        one.missing,
    )


def _literals(conjunction: Conjunction, table: Table) -> tuple[Literal, ...]:
    columns = [(literal, table.columns[literal.column]) for literal in conjunction]
    return tuple(
        Literal(column.name, *operator_and_values(literal, column), literal_text(literal, column))
        for literal, column in columns
    )


def _rejected(one: engine.Rejected) -> Rejected:
    return Rejected(one.text, one.why, _side(one.inside), _side(one.alone), _side(one.neither))


def _adjusted(one: engine.Adjusted | None) -> Adjusted | None:
    return None if one is None else Adjusted(one.stratum, _range(one.odds), one.p, one.verdict)


def _paired(one: engine.Paired | None) -> Paired | None:
    return None if one is None else Paired(one.only_inside, one.only_outside, one.p)


def _side(side: engine.Side) -> Side:
    is_known = side.units > 0
    return Side(side.units, side.failing, _range(side.rate) if is_known else None, side.of_cells if is_known else None)


def _range(interval: Interval | None) -> Range | None:
    return None if interval is None else Range(interval.value, interval.low, interval.high)
