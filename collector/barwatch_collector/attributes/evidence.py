"""What is never searched: states that come and go, and the failure itself.

They belong to evidence and triage. As columns they would explain away the cause that works through them: a function in
D3hot answers all ones whatever put it there.
"""

from barwatch_collector.attributes.attribute import Attribute, Form, Kind, Scope

HOST, ROUTE, FUNCTION, ACCESS = Scope.HOST, Scope.ROUTE, Scope.FUNCTION, Scope.ACCESS
NUMBER, SWITCH, WORD = Form.NUMBER, Form.SWITCH, Form.WORD

# fmt: off
_MEDIATORS = (
    ("power_state", FUNCTION, WORD, "Power state at the moment: D0 to D3cold."),
    ("runtime_status", FUNCTION, WORD, "What runtime power management does with the function at the moment."),
    ("link_speed_gts", FUNCTION, NUMBER, "Speed of the link at the moment, in GT/s."),
    ("link_width", FUNCTION, NUMBER, "Lanes of the link at the moment."),
    ("is_memory_decoding", FUNCTION, SWITCH, "The function answers to its memory BARs at the moment."),
    ("aer_correctable", FUNCTION, NUMBER, "Correctable errors since boot."),
    ("aer_nonfatal", FUNCTION, NUMBER, "Errors since boot that were not correctable and not fatal."),
    ("aer_fatal", FUNCTION, NUMBER, "Fatal errors since boot."),
    ("function_problems", FUNCTION, WORD, "What could not be read of the function: asleep, or it does not answer."),
    ("tunnel_speed_gbps", ROUTE, NUMBER, "Speed of a lane of the Thunderbolt or USB4 cable at the moment, in Gb/s."),
    ("tunnel_lanes", ROUTE, NUMBER, "Lanes of the Thunderbolt or USB4 cable at the moment."),
    ("topology_problems", HOST, WORD, "Functions that vanished while the host was looked at."),
    ("kernel_tainted", HOST, WORD, "All taints of the kernel: a warning or an oops may come from the failure itself."),
)
_OUTCOMES = (
    ("outcome", ACCESS, WORD, "What a read came to: ok, all_ones, mismatch, denied, unreachable or fault."),
    ("verdict", ACCESS, WORD, "The failure class that the evidence says; each class is explained for itself."),
)
# fmt: on
MEDIATORS = tuple(Attribute(name, text, Kind.MEDIATOR, 0.0, scope, form) for name, scope, form, text in _MEDIATORS)
OUTCOMES = tuple(Attribute(name, text, Kind.OUTCOME, 0.0, scope, form) for name, scope, form, text in _OUTCOMES)
