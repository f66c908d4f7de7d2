"""On Spark with two workers; skipped where pyspark or Java is not installed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from barwatch_collector.correlate.explain import explained
from barwatch_collector.correlate.fleet import fleet
from barwatch_collector.correlate.reader import Loaded, Roles, TableError, read_table
from barwatch_collector.correlate.search import Search
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.spark import session as sessions
from barwatch_collector.correlate.table import Column, Table
from barwatch_collector.findings.document import document
from barwatch_proto.plain import to_plain

pytest.importorskip("pyspark")
pytest.importorskip("pyarrow")

from pyarrow import csv, parquet
from pyspark.sql import SparkSession

from barwatch_collector.correlate.spark import reading
from barwatch_collector.correlate.spark.counting import OnSpark

pytestmark = [
    pytest.mark.xdist_group("spark"),
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # pyspark 3.5 asks distutils for versions
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # and leaves sockets to the garbage collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
WORKERS = "local-cluster[2,1,1024]"
ROLES = Roles("failed", "reads", "host")


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    if which("java") is None:
        pytest.skip("no Java")
    with sessions.session(WORKERS) as made:
        yield made


@pytest.fixture(scope="module")
def fleet_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Repeated rows, gaps, numbers, quotes, and rows that have to be left out."""
    draw = np.random.default_rng(11)
    lines = ["host,dock,lanes,mode,failed,reads"]
    for row in range(3_000):
        host, lanes, mode = row // 15, draw.choice(["1", "4", "8", "16", "4.0", ""]), draw.choice(["a", '"b, ""c"""'])
        dock = ("yes", "no", "NA")[host % 3]
        reads = 100 * (row % 83 > 0)
        fails = min(reads, draw.integers(5, 90)) if dock == "yes" and lanes == "8" else 0
        known = fails if row % 89 else ""
        lines.append(f"h{host if row % 97 else ''},{dock},{lanes},{mode},{known},{reads}")
    path = tmp_path_factory.mktemp("spark") / "fleet.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def flat_or_not(cells: int, units: int) -> Table:
    """Fails where the first two columns have their first values, mostly."""
    draw = np.random.default_rng(cells)
    columns = tuple(Column(f"x{at}", draw.integers(0, 3, cells).astype(np.int8), ("p", "q", "r")) for at in range(9))
    inside = (columns[0].codes == 0) & (columns[1].codes == 0)
    failed = (draw.random(cells) < np.where(inside, 0.5, 0.01)).astype(np.int64)
    return Table(columns, np.arange(cells) * units // cells, np.ones(cells, np.int64), failed)


def merged_on_spark(spark: SparkSession, path: Path) -> Loaded:
    found = reading.merged(reading.numbered_rows(spark, path), path, ROLES)
    return replace(found, table=replace(found.table, engine=OnSpark(spark.sparkContext)))


@pytest.mark.parametrize("units", [40_000, 500])
def test_parts_on_workers_are_counted_as_the_whole_is_here(spark: SparkSession, units: int) -> None:
    """In more than one part: sums of whole numbers and of fractions are the same to the last bit."""
    table = flat_or_not(40_000, units)
    here, there = fleet(table), fleet(replace(table, engine=OnSpark(spark.sparkContext)))
    ours, theirs = Search(here), Search(there)

    found, expected = theirs.run(there.failed), ours.run(here.failed)

    assert np.array_equal(found.items, expected.items)
    assert np.array_equal(found.score, expected.score)
    assert theirs.best(there.failed, -np.inf) == ours.best(here.failed, -np.inf)


def test_rows_merged_by_workers_are_the_same_cells(spark: SparkSession, fleet_csv: Path) -> None:
    local, merged = read_table(fleet_csv, ROLES), merged_on_spark(spark, fleet_csv)
    here, there = fleet(local.table), fleet(merged.table)

    assert len(merged.table) < len(local.table) == merged.table.rows
    assert (merged.left_out, merged.names) == (local.left_out, local.names)
    assert [(one.name, one.levels) for one in there.table.columns] == [
        (one.name, one.levels) for one in here.table.columns
    ]
    assert here.items.literals == there.items.literals
    for one, other in ((here.failed, there.failed), (here.pattern, there.pattern), (here.unit, there.unit)):
        assert np.array_equal(one, other)
    assert np.array_equal(here.table.attempts, there.table.attempts)


def test_the_report_is_the_same(spark: SparkSession, fleet_csv: Path) -> None:
    """All but the hash: Spark hashes cells, as it has no rows here."""
    settings = Settings(permutations=5, placebos=0)
    reports = [
        to_plain(document(explained(one.table, settings), one.table, one.left_out))
        for one in (read_table(fleet_csv, ROLES), merged_on_spark(spark, fleet_csv))
    ]

    for report in reports:
        del report["input"], report["rows"]
    assert reports[0]["explanations"] or reports[0]["candidates"]
    assert reports[0] == reports[1]


def test_parquet_is_read_as_csv_is(spark: SparkSession, fleet_csv: Path) -> None:
    path = fleet_csv.with_suffix(".parquet")
    parquet.write_table(csv.read_csv(fleet_csv), path)

    found, expected = reading.read_on_spark(spark, path, ROLES), read_table(fleet_csv, ROLES)

    assert found.left_out == expected.left_out
    assert fleet(found.table).failing_units == fleet(expected.table).failing_units


def test_what_is_wrong_with_a_file_is_said_in_one_line(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("host,failed,reads\na,5,4\nb,1,4\n")

    with pytest.raises(TableError, match="1 rows have more failures than attempts"):
        merged_on_spark(spark, path)
    with pytest.raises(TableError, match="no column 'failures' for the outcome"):
        reading.read_on_spark(spark, path, Roles("failures"))
    with pytest.raises(TableError, match="No such file"):
        reading.read_on_spark(spark, tmp_path / "none.csv", ROLES)


def test_too_many_cells_are_refused(spark: SparkSession, fleet_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_VALUES", 100)

    with pytest.raises(TableError, match="are more than one machine can search"):
        merged_on_spark(spark, fleet_csv)


def test_without_java_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(sessions.SparkMissingError, match="apt install openjdk-17-jre-headless"), sessions.session():
        pass
    with (
        pytest.raises(sessions.SparkMissingError, match="no bin/java in it"),
        sessions.session(java_home=str(tmp_path)),
    ):
        pass
