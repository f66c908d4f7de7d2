"""Where what a function is and can comes from, and the way in to it."""

from dataclasses import replace

from barwatch_collector.attributes.attribute import ALWAYS_KNOWN, Source
from barwatch_collector.attributes.sources import route
from barwatch_collector.attributes.sources.route import CONFIG, by_config

IDS = Source("`vendor`, `device`", "`VEN_` and `DEV_` of the instance id", ALWAYS_KNOWN)
REVISION = Source("`revision`", "`REV_` of the instance id", "it is not told")
SUBSYSTEM = Source(
    f"`subsystem_vendor`, `subsystem_device`; of a bridge {CONFIG}",
    "`SUBSYS_` of the instance id",
    "it is zeros, which name nothing, or not told",
)
CLASS = Source(
    "`class`",
    "`PciDevice_BaseClass`, `PciDevice_SubClass`, `PciDevice_ProgIf`; else `CC_` of the hardware ids",
    "it is always known: a function that does not tell is left out, and a problem of the snapshot",
)
PORT_TYPE = route.PORT_TYPE
SIBLINGS = Source("names of folders in `/sys/bus/pci/devices`", "`BusNumber`, `Address`", ALWAYS_KNOWN)
LINK_AT_BEST = replace(route.LINK_AT_BEST, unknown="it has no link, or does not tell")
CAPABILITIES = by_config("capabilities", "it was not read, or not so far that the capability would show")
BARS = Source(
    "the file `resource`",
    "ranges of `CM_Get_First_Log_Conf`, in the order of BARs",
    "they could not be read; of a length also: there is no memory BAR",
)
BAR_WIDTHS = Source(
    "the file `resource`",
    f"BAR registers in {CONFIG}; else only that a BAR above 4 GiB has 64 bits, and prefetchable ones where "
    "`PciDevice_BarTypes` counts none of 32 bits",
    "BARs could not be read; Windows: their registers could not",
)
RESIZABLE = by_config("Resizable BAR", "it was not read, or no BAR is resizable")
ACCESS = Source("the read itself", "the read itself", ALWAYS_KNOWN)
MEANS = Source(
    "where `kernel_access`, `user_access` or `config_access` say that they go",
    "where `kernel_access`, `user_access` or `config_access` say that they go",
    "the setting of that access is not known",
)
