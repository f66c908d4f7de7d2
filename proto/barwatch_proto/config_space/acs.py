"""Access Control Services: whether functions below a port may talk to each other behind the IOMMU's back."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import names_of, word

# Source validation, translation blocking, request redirect, completion redirect, upstream forwarding, egress control,
# direct translated: PCIe Base Spec 6.0, 7.7.11.2, bits 0 to 6.
CONTROLS = ("sv", "tb", "rr", "cr", "uf", "ec", "dt")


@dataclass(frozen=True, slots=True)
class Acs:
    """Controls in the order of their bits."""

    supported: tuple[str, ...] | None
    enabled: tuple[str, ...] | None


def decode_acs(config: bytes, offset: int) -> Acs:
    """The Access Control Services capability.

    Raises:
        DecodeError: config ends before ACS Control does.

    Source: PCIe Base Spec 6.0, 7.7.11.2 ACS Capability, 7.7.11.3 ACS Control.
    """
    return Acs(names_of(word(config, offset + 4), CONTROLS), names_of(word(config, offset + 6), CONTROLS))
