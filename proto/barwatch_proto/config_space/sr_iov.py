"""Single Root I/O Virtualization: how many virtual functions a function has and offers."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import flag, word


@dataclass(frozen=True, slots=True)
class SrIov:
    """The virtual functions of a physical one."""

    is_enabled: bool | None
    is_memory_decoding: bool | None  # of the virtual functions: VF MSE
    total_vfs: int | None
    num_vfs: int | None  # as programmed
    first_vf_offset: int | None  # added to the routing ID of the physical function
    vf_stride: int | None
    vf_device: int | None  # device ID of the virtual functions


def decode_sr_iov(config: bytes, offset: int) -> SrIov:
    """The SR-IOV capability.

    Raises:
        DecodeError: config ends before the VF Device ID does.

    Source: PCIe Base Spec 6.0, 9.3.3 SR-IOV Extended Capability.
    """
    control = word(config, offset + 0x08)
    return SrIov(
        is_enabled=flag(control, 0),
        is_memory_decoding=flag(control, 3),
        total_vfs=word(config, offset + 0x0E),
        num_vfs=word(config, offset + 0x10),
        first_vf_offset=word(config, offset + 0x14),
        vf_stride=word(config, offset + 0x16),
        vf_device=word(config, offset + 0x1A),
    )
