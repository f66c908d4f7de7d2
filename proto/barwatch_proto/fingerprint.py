"""Names for things that stay when addresses move: function keys and topology fingerprints.

A fingerprint hashes the shape of a route: for each hop the port type, the ids, whether the hop is tunnelled, and the
BAR layout. Bus numbers, physical addresses, link states, drivers and revisions are left out: hosts with the same
fingerprint have the same topology, whatever the firmware handed out.
"""

import hashlib
from collections.abc import Sequence

from barwatch_proto.topology import Bar, Function

DIGITS = 16


def topology_fingerprint(route: Sequence[Function]) -> str:
    """16 hex digits that name the shape of a route, root port first."""
    return _digest("/".join(_hop(function) for function in route))


def function_key(ids: Sequence[int | None], serial_number: int | None, function: int, path: Sequence[str]) -> str:
    """16 hex digits that name a function wherever it is plugged in.

    Args:
        ids: vendor, device, subsystem vendor, subsystem device.
        serial_number: the Device Serial Number; without one the place has to tell two equal functions apart.
        function: the function number, since all functions of a device share its serial number.
        path: device.function of each hop from the root bus, bus numbers left out.
    """
    place = f"sn={serial_number:016x}" if serial_number else "at=" + "/".join(path)
    return _digest(f"{list(ids)}:{function}:{place}")


def _hop(function: Function) -> str:
    port_type = function.port_type.value if function.port_type else "?"
    tunnelled = {True: "t", False: "-", None: "?"}[function.is_tunnelled]
    bars = ",".join(_bar(bar) for bar in function.bars)
    return f"{port_type}:{function.ids}:{function.class_code:06x}:{tunnelled}:{bars}"


def _bar(bar: Bar) -> str:
    prefetchable = "p" if bar.is_prefetchable else "n"
    return f"{bar.index}={bar.kind.value}/{bar.length_bytes}/{prefetchable}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
