"""Where what is never searched comes from: what comes and goes, and the failure itself."""

from barwatch_collector.attributes.attribute import Source
from barwatch_collector.attributes.sources.route import CONFIG, by_config

POWER = Source(
    "`power_state`",
    "`PowerData`, most recent state: `D3hot` where configuration space answers, else `D3`: both are one to Windows",
    "Linux: a kernel before 5.12, or no power management; Windows: it does not know",
)
RUNTIME = Source("`power/runtime_status`", None, "Linux: not told; Windows: there is no such thing")
LINK_NOW = Source(
    f"{CONFIG}: Link Status; else `current_link_speed`, `current_link_width`",
    f"{CONFIG}; else `PciDevice_CurrentLinkSpeed`, `PciDevice_CurrentLinkWidth`",
    "no link, or it is down, or asking would wake a function",
)
DECODING = by_config("Command register", "it was not read, or the function sleeps")
CORRECTED = Source(
    "`aer_dev_correctable`: counted by the kernel",
    "events 17 of WHEA-Logger since Windows was started: logged, and not every one",
    "Linux: no AER; Windows: the log cannot be read",
)
UNCORRECTED = Source(
    "`aer_dev_nonfatal`, `aer_dev_fatal`: counted by the kernel",
    None,
    "Linux: no AER; Windows: the machine has restarted after such an error",
)
NOTES = Source("the agent's notes on its own look", "the agent's notes on its own look", "nothing to note")
CABLE = Source(
    "`rx_speed`, `rx_lanes`, `tx_speed`, `tx_lanes` of the router",
    None,
    "Linux: nothing is plugged in; Windows: no call tells",
)
READS = Source("the agent's reads", "the agent's reads", "nothing was read")
VERDICT = Source("triage, by the collector", "triage, by the collector", "it is not judged yet")
