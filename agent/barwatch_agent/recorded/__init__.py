r"""One machine's sysfs, configuration spaces and BARs in one text file: data only, parsed and never evaluated.

The format, version 1, is TOML. Paths are relative to a folder that holds ``sys``, ``proc``, ``etc`` and ``dev``::

    format = 1
    empty_folders = ["sys/class/iommu"]

    [host]
    name = "desktop"
    description = "what kind of machine this is"
    source = "what was recorded, what was transcribed, what was filled in"

    [files."sys/devices/pci0000:00/0000:00:00.0"]   # a folder, and what its files hold
    vendor = "0x8086\n"

    [links."sys/bus/pci/devices"]                   # a folder, and where its symbolic links lead
    "0000:00:00.0" = "../../../devices/pci0000:00/0000:00:00.0"

    [config]                                        # configuration spaces as far as they could be read
    "sys/devices/pci0000:00/0000:00:00.0/config" = '''
    000: 86 80 57 0d 00 00 00 00 00 00 00 06 00 00 00 00
    100:
    '''                                             # lines of zeros are left out; the last line is the length

    [binary]                                        # other files that are not text, in the same form

    [bars]                                          # what a mapping of a BAR shows: values by offset:width in bytes
    "sys/devices/.../resource0" = { length = 0x1000000, fill = 0x00, values = { "0x1f380:4" = 0x7666 } }

    [unreadable]                                    # what cannot be read, and why
    "sys/class/dmi/id/product_uuid" = "Permission denied (EACCES)"

``load`` reads it, ``RecordedHost.unpack`` makes folders of it that the scanner takes for a machine, ``record`` makes it
from a running machine, ``dump`` writes it. ``load`` of what ``dump`` wrote gives the same host.
"""

from barwatch_agent.recorded.bars import BarContent, BarValue
from barwatch_agent.recorded.dumping import dump
from barwatch_agent.recorded.host import RecordedHost
from barwatch_agent.recorded.parsing import load, parse
from barwatch_agent.recorded.recorder import record

__all__ = ["BarContent", "BarValue", "RecordedHost", "dump", "load", "parse", "record"]
