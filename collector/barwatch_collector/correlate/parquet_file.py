"""Parquet files, such as ``barwatch export`` writes; read by pyarrow where it is installed."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from barwatch_collector.correlate.arrays import Codes
from barwatch_collector.correlate.written import Growing, TableError, Written

AT_ONCE = 65_536  # rows
SUFFIXES = (".parquet", ".pq")


def read_parquet(path: Path, check_header: Callable[[Sequence[str]], None]) -> Written:
    """The columns of a file; numbers and dates as words, null as the empty word.

    Raises:
        TableError: pyarrow is not installed, or the file cannot be read.
    """
    pyarrow = _pyarrow(path)
    try:
        with path.open("rb") as raw, pyarrow.parquet.ParquetFile(raw) as file:
            header = [name.strip() for name in file.schema_arrow.names]
            check_header(header)
            columns = [Growing() for _ in header]
            for batch in file.iter_batches(AT_ONCE):
                for column, values in zip(columns, batch.columns, strict=True):
                    column.extend_coded(*coded(values))
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
        raise TableError(message) from error
    except pyarrow.ArrowException as error:
        message = f"{path}: {error}"
        raise TableError(message) from error
    return Written(path, header, [one.codes() for one in columns], [one.words for one in columns], None)


def coded(values: Any) -> tuple[Codes, list[str]]:  # noqa: ANN401 an array of pyarrow, which need not be installed
    """Codes and words of some values of a column, null as the empty word."""
    compute, pyarrow = import_module("pyarrow.compute"), import_module("pyarrow")
    if pyarrow.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    encoded = compute.dictionary_encode(compute.fill_null(values.cast(pyarrow.string()), ""))
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int32), encoded.dictionary.to_pylist()


def _pyarrow(path: Path) -> Any:  # noqa: ANN401 as above
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        message = f"{path}: Parquet is read by pyarrow, which is not installed here"
        raise TableError(message) from error
    return import_module("pyarrow")
