"""One machine as one text file: sysfs, configuration spaces, BARs, and reads over time. Parsed, never evaluated.

README.md beside this file explains the format, version 1, key by key, with an example.

``load`` reads it, ``RecordedHost.unpack`` makes folders of it that the scanner takes for a machine, ``record`` makes it
from a running machine, ``dump`` writes it. ``load`` of what ``dump`` wrote gives the same host. ``taking`` takes the
reads of a recording, ``playing`` plays them; ``recording`` and ``replaying`` are the whole of the two commands.
"""

from barwatch_agent.recorded.bars import BarContent, BarValue
from barwatch_agent.recorded.dumping import dump
from barwatch_agent.recorded.host import RecordedHost
from barwatch_agent.recorded.parsing import load, parse
from barwatch_agent.recorded.recorder import record

__all__ = ["BarContent", "BarValue", "RecordedHost", "dump", "load", "parse", "record"]
