"""What a function reports about errors: Advanced Error Reporting and Downstream Port Containment, as raw words."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import bits, dword, flag, word

TRIGGERS = (None, "fatal", "nonfatal_or_fatal", None)  # DPC Control, bits 1:0; 0 disabled, 3 reserved
REASONS = ("uncorrectable", "nonfatal_message", "fatal_message", None)  # DPC Status, bits 2:1; 3 see extension
EXTENSIONS = ("rp_pio", "software", None, None)  # DPC Status, bits 6:5


@dataclass(frozen=True, slots=True)
class Aer:
    """The registers of Advanced Error Reporting as they read; a set bit stays until software clears it."""

    uncorrectable_status: int | None
    uncorrectable_mask: int | None
    uncorrectable_severity: int | None
    correctable_status: int | None
    correctable_mask: int | None
    control: int | None
    header_log: tuple[int | None, ...]  # four dwords of the first error's TLP
    root_status: int | None  # root ports and event collectors only
    error_source: int | None  # root ports and event collectors only

    @property
    def first_error(self) -> int | None:
        """The bit of the uncorrectable status that came first."""
        return bits(self.control, 4, 0)


@dataclass(frozen=True, slots=True)
class Dpc:
    """Downstream Port Containment: whether it may cut the link off, whether it did, and why."""

    has_rp_extensions: bool | None
    is_enabled: bool | None
    trigger: str | None  # what it is enabled for: "fatal", "nonfatal_or_fatal"
    is_triggered: bool | None
    reason: str | None  # None when not triggered
    source: int | None  # requester ID of the message that triggered it
    status: int | None  # as it reads
    control: int | None  # as it reads
    rp_pio_status: int | None  # with RP extensions only: bits 16, 17, 18 memory UR, CA, completion timeout


def decode_aer(config: bytes, offset: int, *, is_root: bool) -> Aer:
    """The Advanced Error Reporting capability.

    Args:
        config: config space from offset 0.
        offset: of the capability.
        is_root: whether this is a root port or event collector; only they have the registers of the root.

    Raises:
        DecodeError: config ends before the last register that the function must have.

    Source: PCIe Base Spec 6.0, 7.8.4 Advanced Error Reporting Extended Capability.
    """
    return Aer(
        uncorrectable_status=dword(config, offset + 0x04),
        uncorrectable_mask=dword(config, offset + 0x08),
        uncorrectable_severity=dword(config, offset + 0x0C),
        correctable_status=dword(config, offset + 0x10),
        correctable_mask=dword(config, offset + 0x14),
        control=dword(config, offset + 0x18),
        header_log=tuple(dword(config, offset + at) for at in (0x1C, 0x20, 0x24, 0x28)),
        root_status=dword(config, offset + 0x30) if is_root else None,
        error_source=dword(config, offset + 0x34) if is_root else None,
    )


def decode_dpc(config: bytes, offset: int) -> Dpc:
    """The Downstream Port Containment capability.

    Raises:
        DecodeError: config ends before the last register that the port must have.

    Source: PCIe Base Spec 6.0, 7.9.14 Downstream Port Containment Extended Capability.
    """
    able, control = word(config, offset + 0x04), word(config, offset + 0x06)
    status = word(config, offset + 0x08)
    enabled = bits(control, 1, 0)
    has_rp_extensions = flag(able, 5)
    return Dpc(
        has_rp_extensions=has_rp_extensions,
        is_enabled=None if enabled is None else enabled != 0,
        trigger=None if enabled is None else TRIGGERS[enabled],
        is_triggered=flag(status, 0),
        reason=_reason(status),
        source=word(config, offset + 0x0A),
        status=status,
        control=control,
        rp_pio_status=dword(config, offset + 0x0C) if has_rp_extensions else None,
    )


def _reason(status: int | None) -> str | None:
    if status is None or not flag(status, 0):
        return None
    return REASONS[status >> 1 & 3] or EXTENSIONS[status >> 5 & 3]
