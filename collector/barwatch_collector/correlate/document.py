"""A report as JSON, version 1: keys are added, never renamed. Rates, shares and p are from 0 to 1, scores are nats.

A literal is ``{"attribute", "operator", "values", "text"}`` with an operator of ``=``, ``in``, ``<=``, ``>`` or
``between`` (both ends inside). null is a number that is not known.
"""

from collections.abc import Mapping
from typing import Any

from barwatch_collector.correlate.exact import Interval
from barwatch_collector.correlate.finding import Alternative, Explanation, Gap, Rejected, Report, Side
from barwatch_collector.correlate.literal import Conjunction, literal_text, operator_and_values
from barwatch_collector.correlate.table import Table

DOCUMENT_VERSION = 1
Document = Mapping[str, Any]


def document(report: Report, table: Table, left_out: int) -> Document:
    """The whole report; explanations and candidates are in the order of their importance."""
    return {
        "version": DOCUMENT_VERSION,
        "engine": report.engine_version,
        "input": report.input_hash,
        "seed": report.seed,
        "conclusion": report.conclusion,
        "explanations": [_explanation(one, table) for one in report.explanations],
        "candidates": [_explanation(one, table) for one in report.candidates],
        "rejected": [_rejected(one) for one in report.rejected],
        "gaps": [_gap(one) for one in report.gaps],
        "unexplained": report.unexplained_units,
        "unit": report.unit_word,
        "units": report.units,
        "failing": report.failing_units,
        "rows": report.rows,
        "rows_left_out": left_out,
        "cells": report.cells,
        "columns": report.columns,
        "unused": list(report.unused),
        "permutations": report.permutations,
        "least_p": report.least_p,
        "noise_dominated": report.is_noise_dominated,
    }


def _explanation(one: Explanation, table: Table) -> Document:
    return {
        "literals": _literals(one.conjunction, table),
        "text": one.text,
        "sentence": one.sentence,
        "level": one.level.value,
        "inside": _side(one.inside),
        "outside": _side(one.outside),
        "score": one.score,
        "p": one.p,
        "q": one.q,
        "posterior": one.posterior,
        "risk_ratio": _interval(one.risk_ratio),
        "coverage": one.covered,
        "stability": {"share": one.stability.share, "driven_by": list(one.stability.driven_by)},
        "adjusted": one.adjusted
        and {
            "stratum": one.adjusted.stratum,
            "odds_ratio": _interval(one.adjusted.odds),
            "p": one.adjusted.p,
            "verdict": one.adjusted.verdict,
        },
        "paired": one.paired
        and {"only_inside": one.paired.only_inside, "only_outside": one.paired.only_outside, "p": one.paired.p},
        "alternatives": [_alternative(other, table) for other in one.alternatives],
        "nearly_same": list(one.nearly_same),
    }


def _alternative(one: Alternative, table: Table) -> Document:
    return {
        "literals": _literals(one.conjunction, table),
        "text": one.text,
        "same_rows": one.has_same_rows,
        "inside": _side(one.inside),
        "outside": _side(one.outside),
        "score": one.score,
        "missing": one.missing,
    }


def _literals(conjunction: Conjunction, table: Table) -> list[Document]:
    written: list[Document] = []
    for literal in conjunction:
        column = table.columns[literal.column]
        operator, values = operator_and_values(literal, column)
        text = literal_text(literal, column)
        written.append({"attribute": column.name, "operator": operator, "values": list(values), "text": text})
    return written


def _rejected(one: Rejected) -> Document:
    sides = {"inside": one.inside, "alone": one.alone, "neither": one.neither}
    return {"text": one.text, "why": one.why} | {name: _side(side) for name, side in sides.items()}


def _gap(one: Gap) -> Document:
    return {"text": one.text, "inside": _side(one.inside), "outside": _side(one.outside), "p": one.p}


def _side(side: Side) -> Document:
    return {"units": side.units, "failing": side.failing, "rate": _interval(side.rate) if side.units else None}


def _interval(interval: Interval | None) -> Document | None:
    if interval is None:
        return None
    return {"value": interval.value, "low": interval.low, "high": interval.high}
