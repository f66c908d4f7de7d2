"""Where a virtio device keeps its structures, as its vendor capabilities say."""

from collections.abc import Iterator

from barwatch_proto.config_space.capabilities import walk
from barwatch_proto.config_space.fields import DecodeError, word
from barwatch_proto.config_space.vendor_specific import VIRTIO, VirtioStructure, decode_virtio

VENDOR_CAPABILITY = 0x09


def virtio_structure(config: bytes, cfg_type: int) -> VirtioStructure | None:
    """The first structure of that type; None when this is no virtio device or has none.

    Args:
        config: config space from offset 0, as long as the OS gave it.
        cfg_type: 1 for the common configuration; see Virtio 1.2, 4.1.4.

    Source: Virtio 1.2, 4.1.4.1: drivers use the first instance that they can.
    """
    return next((found for found in _structures(config) if found.cfg_type == cfg_type), None)


def _structures(config: bytes) -> Iterator[VirtioStructure]:
    for capability in walk(config).capabilities:
        if capability.id != VENDOR_CAPABILITY or capability.is_extended or word(config, 0) != VIRTIO:
            continue
        try:
            found = decode_virtio(config, capability.offset)
        except DecodeError:
            continue  # cut off: what is not there cannot be located
        if found is not None:
            yield found
