"""History in SQL: SQLite for one machine, PostgreSQL for a lab."""

from barwatch_collector.store.sql import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
