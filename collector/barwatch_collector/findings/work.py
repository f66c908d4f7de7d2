"""What the worker does for each job: questions to the store, then the engine."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, Engine

from barwatch_collector.correlate.finding import ENGINE_VERSION, Level
from barwatch_collector.findings.analysis import Analysis, Known, analyses, failing_digest, known_cells
from barwatch_collector.findings.answers import Contrast, Experiments, Explained, ExplainedFailure
from barwatch_collector.findings.contrast import Side, differences, pairs_of, reads_of
from barwatch_collector.findings.export import write_cells
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.jobs import Compare, Explain, Export, Found, Propose, Watch
from barwatch_collector.findings.proposals import proposals
from barwatch_collector.findings.report import Document
from barwatch_collector.findings.table import fleet_table
from barwatch_collector.findings.wanted import How, name_of
from barwatch_collector.questions.asked import QuestionError, span_of
from barwatch_collector.questions.cells import Cells, latest_snapshots
from barwatch_collector.questions.findings import kept_document
from barwatch_collector.questions.naming import NamedHost, find_host
from barwatch_collector.questions.plain import from_plain
from barwatch_collector.store.findings import Finding
from barwatch_proto.plain import to_plain

WATCHED = How()


def watch(job: Watch, engine: Engine, facts: Facts) -> tuple[str, Sequence[Found]]:
    """The digest of the failing cells, and what explains them; nothing where they are the same."""
    with engine.connect() as connection:
        cells = known_cells(connection, job.asked, facts)
        digest = failing_digest(cells)
        if digest == job.seen:
            return digest, ()
        found = [_found(each, job.asked.now_ns) for each in analyses(cells, facts, WATCHED, _kept(connection))]
    return digest, found


def explain(job: Explain, engine: Engine, facts: Facts) -> Explained:
    """One report for each class that was asked for; from the findings that are kept, where their input is the same."""
    with engine.connect() as connection:
        cells = known_cells(connection, job.asked, facts)
        reports = list(analyses(cells, facts, job.how, _kept(connection)))
    failures = tuple(ExplainedFailure(each.failure, each.report.failing, each.report) for each in reports)
    return Explained(span_of(job.asked), len(cells.hostnames), len(cells.cells), failures)


def _kept(connection: Connection) -> Known:
    """Reports of the findings in the store."""

    def known(failure: str, input_hash: str) -> Document | None:
        kept = kept_document(connection, failure, ENGINE_VERSION, input_hash)
        return None if kept is None else from_plain(Document, json.loads(kept))

    return known


def propose(job: Propose, engine: Engine, facts: Facts) -> Experiments:
    """What to try next, for each class that was asked for."""
    with engine.connect() as connection:
        cells = known_cells(connection, job.asked, facts)
    return Experiments(span_of(job.asked), tuple(proposals(cells, facts, job.how, job.most)))


def compare(job: Compare, engine: Engine, facts: Facts) -> Contrast:
    """Both as they are at the end of the span.

    Raises:
        QuestionError: no such host, several, or nothing is known of its configuration.
    """
    with engine.connect() as connection:
        cells = known_cells(connection, job.asked, facts)
        held = latest_snapshots(connection, job.asked)
        named = [find_host(connection, name) for name in (job.left, job.right)]
        facts.learn(connection, ((each.id, (held[each.id], "")) for each in named if each.id in held))
    left, right = (_side(each, held.get(each.id), cells) for each in named)
    common = pairs_of(left, right, facts)
    return Contrast(
        span_of(job.asked),
        name_of(job.which.failure),
        left.hostname,
        right.hostname,
        reads_of(left, right, common),
        differences(left, right, common, facts, fleet_table(cells, facts, job.which)),
    )


def export(job: Export, engine: Engine, facts: Facts) -> int:
    """Writes the cells; returns how many."""
    with engine.connect() as connection:
        cells = known_cells(connection, job.asked, facts)
    return write_cells(job.file, fleet_table(cells, facts, job.which), job.which)


def _side(named: NamedHost, snapshot_id: str | None, cells: Cells) -> Side:
    if snapshot_id is None:
        msg = f"{named.hostname} has not told its configuration by then"
        raise QuestionError(msg, "ask for a later as-of, or see who is silent: barwatch coverage")
    own = [cell for cell in cells.cells if (cell.host_id, cell.snapshot_id) == (named.id, snapshot_id)]
    return Side(named.hostname, snapshot_id, own)


def _found(analysis: Analysis, now_ns: int) -> Found:
    report = analysis.report
    first = report.explanations[0] if report.explanations else None
    undecided = Level.UNDECIDABLE.value if report.candidates else None
    return Found(
        Finding(
            analysis.failure,
            now_ns,
            report.engine,
            report.input,
            report.failing,
            first.level if first else undecided,
            first.sentence if first else report.conclusion,
            json.dumps(to_plain(report)),
        ),
        len(report.explanations),
    )
