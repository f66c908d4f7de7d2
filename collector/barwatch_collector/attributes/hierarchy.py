"""Which attribute says more of which (CORRELATION step 33): laptop of chassis, tunnelled of removable.

An explanation by the narrower attribute is preferred where the wider one holds on healthy cells too.
"""

from collections.abc import Iterable, Mapping

from barwatch_collector.attributes.attribute import Attribute


def parents(attributes: Iterable[Attribute]) -> Mapping[str, str]:
    """The wider attribute of each that has one, by name."""
    return {attribute.name: attribute.parent for attribute in attributes if attribute.parent}
