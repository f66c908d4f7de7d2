"""Errors by what the caller can do.

* CollectorError
  + ConfigError          a file or option is wrong: fix it and start again; the text says where
  + PortTaken            something else listens there: name another port
  + StoreError           the database cannot be used: do not start; the text says what to do
    - StoreUnavailable   not now, nothing was stored: the same again later
    - StoreRefused       not this, nothing was stored: something else may be
"""


class CollectorError(Exception):
    """Anything the collector raises on purpose."""


class ConfigError(CollectorError):
    """A file or an option is wrong; the text names file, key and reason."""


class PortTaken(CollectorError):
    """An address to listen on is in use; the text names it."""


class StoreError(CollectorError):
    """The database cannot be used; the text says why and what to do."""


class StoreUnavailable(StoreError):
    """The database did not answer, was locked or is full; nothing was stored."""


class StoreRefused(StoreError):
    """The database would not take these values; nothing was stored."""
