"""Errors by what the caller can do.

* AgentError
  + ConfigError      a file or option is wrong: fix it and start again; the text says where
  + ReaderGone       a way in to the registers is lost: open it again
  + SpoolError       the spool cannot be used: it is moved aside and a new one begun
  + UplinkError      the collector cannot be reached or does not want us: wait, then connect again
"""


class AgentError(Exception):
    """Anything the agent raises on purpose."""


class ConfigError(AgentError):
    """A file or an option is wrong; the text names the file, the line and the reason."""


class ReaderGone(AgentError):
    """A way in to the registers is lost; the reader has to be opened again."""


class SpoolError(AgentError):
    """The spool cannot be used."""


class UplinkError(AgentError):
    """The collector cannot be reached, or does not want this agent."""
