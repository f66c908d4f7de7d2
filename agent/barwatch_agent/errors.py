"""Errors by what the caller can do.

* AgentError
  + ConfigError      a file or option is wrong: fix it and start again; the text says where
  + ReaderGone       a way in to the registers is lost: open it again
  + SpoolError       the disk says no: nothing was stored, the same again later
    - SpoolDamaged   the file is not a spool that we can read: move it aside and begin a new one
  + UplinkError      the collector cannot be reached or does not want us: wait, then connect again
"""


class AgentError(Exception):
    """Anything the agent raises on purpose."""


class ConfigError(AgentError):
    """A file or an option is wrong; the text names the file, the line and the reason."""


class ReaderGone(AgentError):
    """A way in to the registers is lost; the reader has to be opened again."""


class SpoolError(AgentError):
    """The spool cannot be read or written now; nothing was changed."""


class SpoolDamaged(SpoolError):
    """The file is damaged, no spool, or of another version."""


class UplinkError(AgentError):
    """The collector cannot be reached, or does not want this agent."""
