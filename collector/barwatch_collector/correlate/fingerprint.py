"""The hash of an input: with the engine's version and the seed it names a report for good (step 38)."""

import hashlib

from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Table


def fingerprint(table: Table, settings: Settings) -> str:
    """SHA-256 of everything that the answer depends on."""
    digest = hashlib.sha256(repr((settings, table.unit_word, len(table))).encode())
    for numbers in (table.units, table.attempts, table.failures, *(() if table.times is None else (table.times,))):
        digest.update(numbers.astype("<i8").tobytes())
    for column in table.columns:
        digest.update(repr((column.name, column.levels, column.numbers is None, column.weight)).encode())
        digest.update(column.codes.astype("<i4").tobytes())
    return digest.hexdigest()
