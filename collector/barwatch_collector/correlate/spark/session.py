"""A Spark session, or in words what is missing for one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

HERE = "local[*]"  # all cores of this machine
QUIET = (
    ("spark.ui.enabled", "false"),
    ("spark.ui.showConsoleProgress", "false"),
    ("spark.driver.maxResultSize", "0"),  # what may be too much is refused before it is collected
    ("spark.sql.shuffle.partitions", "16"),
    ("spark.sql.session.timeZone", "UTC"),
)


class SparkMissingError(Exception):
    """Spark cannot run here; the text says what to install."""


@contextmanager
def session(master: str = HERE, java_home: str | None = None) -> Iterator["SparkSession"]:
    """A session that ends with the block.

    Args:
        master: where Spark runs, as Spark writes it: ``local[*]``, ``spark://HOST:PORT``, ``yarn``.
        java_home: the value of JAVA_HOME; None when it is not set. Spark looks there first, then in PATH.

    Raises:
        SparkMissingError: there is no pyspark, or no Java.
    """
    _check(java_home)
    from pyspark.sql import SparkSession  # noqa: PLC0415 an extra

    builder = SparkSession.builder.appName("barwatch explain").master(master)
    if master.startswith("local"):
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    for name, value in QUIET:
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    if master.startswith("local"):
        made.sparkContext.pythonExec = sys.executable  # elsewhere PYSPARK_PYTHON says which Python the workers have
    try:
        yield made
    finally:
        made.stop()


def _check(java_home: str | None) -> None:
    if find_spec("pyspark") is None or find_spec("pyarrow") is None:
        message = "the engine spark needs pyspark and pyarrow: pip install 'barwatch[collector,spark]'"
        raise SparkMissingError(message)
    if java_home is not None:
        if not (Path(java_home) / "bin" / "java").exists():
            message = f"JAVA_HOME is {java_home}, and there is no bin/java in it"
            raise SparkMissingError(message)
    elif which("java") is None:
        message = "the engine spark needs Java 17 in PATH or JAVA_HOME; on Debian: apt install openjdk-17-jre-headless"
        raise SparkMissingError(message)
