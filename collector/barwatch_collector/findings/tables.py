"""A table of somebody's own as a report: read from a file here, or by Spark."""

from pathlib import Path
from typing import Any

from barwatch_collector.correlate.explain import explained
from barwatch_collector.correlate.reader import Loaded, Roles, TableError, read_table
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.findings.document import document
from barwatch_collector.findings.report import Document

__all__ = ["TableError", "explain_table"]

LOCAL_MASTER = "local[*]"


def explain_table(path: Path, **how: Any) -> Document:  # noqa: ANN401 options as click passes them
    """What explains the failures in a file.

    Args:
        path: CSV or Parquet.
        how: ``outcome``, ``weight``, ``unit`` and ``ignore``: what columns are; ``permutations`` and ``seed``;
            ``engine`` with "spark" for Apache Spark, then ``master`` and ``java_home``.

    Raises:
        TableError: it cannot be read, is not such a table, or Spark is not there.
    """
    if not how["outcome"]:
        msg = "--table needs --outcome COLUMN: which column says whether a row failed"
        raise TableError(msg)
    roles = Roles(how["outcome"], how["weight"], how["unit"], how["ignore"])
    if how["engine"] == "spark":
        return _on_spark(path, roles, how)
    return _report(read_table(path, roles), how)


def _on_spark(path: Path, roles: Roles, how: dict[str, Any]) -> Document:
    from barwatch_collector.correlate.spark.reading import read_on_spark  # noqa: PLC0415 an extra
    from barwatch_collector.correlate.spark.session import SparkMissingError, session  # noqa: PLC0415 an extra

    try:
        with session(how["master"] or LOCAL_MASTER, how["java_home"]) as spark:
            return _report(read_on_spark(spark, path, roles), how)
    except SparkMissingError as error:
        raise TableError(str(error)) from error


def _report(loaded: Loaded, how: dict[str, Any]) -> Document:
    settings = Settings(how["seed"], how["permutations"], names=loaded.names)
    return document(explained(loaded.table, settings), loaded.table, loaded.left_out)
