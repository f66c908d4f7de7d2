"""Attributes of a function: what it is and what it can, wherever it is plugged in."""

from collections.abc import Callable

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.sources import function as told
from barwatch_collector.attributes.values import number, switch
from barwatch_collector.attributes.way import Way, has_capability, slot
from barwatch_proto.class_words import BASES, class_in_words


def _capability(name: str) -> Callable[[Way], Value]:
    return lambda way: switch(has_capability(way.function, name))


def _subsystem(way: Way) -> Value:
    vendor, device = way.function.subsystem_vendor, way.function.subsystem_device
    return None if vendor is None or device is None else f"{vendor:04x}:{device:04x}"


def _base_class(way: Way) -> Value:
    base = way.function.class_code >> 16
    return BASES.get(base) or f"class {base:02x}"


def _port_type(way: Way) -> Value:
    return way.function.port_type.value if way.function.port_type else None


def _siblings(way: Way) -> Value:
    return number(way.around.in_slot[slot(way.function)] - 1)


# Ids are written so that none of them can be taken for a number.
# fmt: off
FUNCTION: tuple[Row[Way], ...] = (
    Row("function_vendor", Form.WORD, 0.1, None, lambda way: f"{way.function.vendor:#06x}",
        "Who made the function.", told.IDS),
    Row("function_ids", Form.WORD, 0.1, "function_vendor", lambda way: way.function.ids,
        "Vendor and device of the function.", told.IDS),
    Row("function_revision", Form.WORD, 0.1, None,
        lambda way: None if way.function.revision is None else f"{way.function.revision:#04x}",
        "Revision of the function.", told.REVISION),
    Row("function_subsystem", Form.WORD, 0.0, "function_ids", _subsystem,
        "Subsystem vendor and device: the card, where ids are the chip.", told.SUBSYSTEM),
    Row("function_base_class", Form.WORD, 0.1, None, _base_class,
        "What the function is for, roughly.", told.CLASS),
    Row("function_class", Form.WORD, 0.1, "function_base_class",
        lambda way: class_in_words(way.function.class_code),
        "What the function is for.", told.CLASS),
    Row("function_port_type", Form.WORD, 0.3, None, _port_type,
        "Port type of the function: endpoint, inside the root complex, conventional, a port.", told.PORT_TYPE),
    Row("function_siblings", Form.NUMBER, 0.1, None, _siblings,
        "Other functions of the same device.", told.SIBLINGS),
    Row("function_max_link_speed_gts", Form.NUMBER, 0.2, None, lambda way: number(way.function.max_link_speed_gts),
        "Speed of the function's own link at its best, in GT/s.", told.LINK_AT_BEST),
    Row("function_max_link_width", Form.NUMBER, 0.2, None, lambda way: number(way.function.max_link_width),
        "Lanes of the function's own link at its best.", told.LINK_AT_BEST),
    Row("function_power_management", Form.SWITCH, 0.3, None, _capability("power_management"),
        "The function has the Power Management capability: it knows D3hot.", told.CAPABILITIES),
    Row("function_l1_substates", Form.SWITCH, 0.3, None, _capability("l1_substates"),
        "The function knows L1 substates, whether they are enabled or not.", told.CAPABILITIES),
    Row("function_latency_tolerance", Form.SWITCH, 0.2, None, _capability("ltr"),
        "The function has Latency Tolerance Reporting.", told.CAPABILITIES),
    Row("function_error_reporting", Form.SWITCH, 0.2, None, _capability("aer"),
        "The function has Advanced Error Reporting.", told.CAPABILITIES),
    Row("function_serial_number", Form.SWITCH, 0.0, None, _capability("serial_number"),
        "The function has a serial number; the number itself is no attribute.", told.CAPABILITIES),
    Row("function_msi_x", Form.SWITCH, 0.2, None, _capability("msi_x"),
        "The function has MSI-X, whose table takes room in a BAR.", told.CAPABILITIES),
    Row("function_address_translation", Form.SWITCH, 0.3, None, _capability("ats"),
        "The function can ask the IOMMU for translations: Address Translation Services.", told.CAPABILITIES),
    Row("function_virtualization", Form.SWITCH, 0.3, None, _capability("sr_iov"),
        "The function can have virtual functions: SR-IOV.", told.CAPABILITIES),
)
# fmt: on
