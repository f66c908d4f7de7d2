"""What is never searched: states that come and go, and the failure itself.

They belong to evidence and triage. As columns they would explain away the cause that works through them: a function in
D3hot answers all ones whatever put it there.
"""

from barwatch_collector.attributes.attribute import Attribute, Form, Kind, Scope, Source
from barwatch_collector.attributes.sources import state as told
from barwatch_collector.attributes.sources.host import TAINTS

HOST, ROUTE, FUNCTION, ACCESS = Scope.HOST, Scope.ROUTE, Scope.FUNCTION, Scope.ACCESS
NUMBER, SWITCH, WORD = Form.NUMBER, Form.SWITCH, Form.WORD


def _attribute(kind: Kind, line: tuple[str, Scope, Form, Source, str]) -> Attribute:
    name, scope, form, source, sentence = line
    return Attribute(name, sentence, kind, 0.0, scope, form, source)


# fmt: off
_MEDIATORS = (
    ("power_state", FUNCTION, WORD, told.POWER, "Power state at the moment: D0 to D3cold."),
    ("runtime_status", FUNCTION, WORD, told.RUNTIME,
     "What runtime power management does with the function at the moment."),
    ("link_speed_gts", FUNCTION, NUMBER, told.LINK_NOW, "Speed of the link at the moment, in GT/s."),
    ("link_width", FUNCTION, NUMBER, told.LINK_NOW, "Lanes of the link at the moment."),
    ("is_memory_decoding", FUNCTION, SWITCH, told.DECODING, "The function answers to its memory BARs at the moment."),
    ("aer_correctable", FUNCTION, NUMBER, told.CORRECTED, "Correctable errors since boot."),
    ("aer_nonfatal", FUNCTION, NUMBER, told.UNCORRECTED,
     "Errors since boot that were not correctable and not fatal."),
    ("aer_fatal", FUNCTION, NUMBER, told.UNCORRECTED, "Fatal errors since boot."),
    ("function_problems", FUNCTION, WORD, told.NOTES,
     "What could not be read of the function: asleep, or it does not answer."),
    ("tunnel_speed_gbps", ROUTE, NUMBER, told.CABLE,
     "Speed of a lane of the Thunderbolt or USB4 cable at the moment, in Gb/s."),
    ("tunnel_lanes", ROUTE, NUMBER, told.CABLE, "Lanes of the Thunderbolt or USB4 cable at the moment."),
    ("topology_problems", HOST, WORD, told.NOTES, "Functions that vanished while the host was looked at."),
    ("kernel_tainted", HOST, WORD, TAINTS,
     "All taints of the kernel: a warning or an oops may come from the failure itself."),
)
_OUTCOMES = (
    ("outcome", ACCESS, WORD, told.READS,
     "What a read came to: ok, all_ones, mismatch, denied, unreachable or fault."),
    ("verdict", ACCESS, WORD, told.VERDICT,
     "The failure class that the evidence says; each class is explained for itself."),
)
# fmt: on
MEDIATORS = tuple(_attribute(Kind.MEDIATOR, line) for line in _MEDIATORS)
OUTCOMES = tuple(_attribute(Kind.OUTCOME, line) for line in _OUTCOMES)
