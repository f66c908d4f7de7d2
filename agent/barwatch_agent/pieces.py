"""What is told, cut into pieces that fit: a collector takes batches up to a size, and no list beyond a length."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from barwatch_proto.codec import encode
from barwatch_proto.telemetry import Batch

MAX_BATCH_BYTES = 1 << 20  # a quarter of what the collector takes
LENGTHS = {  # entries of one piece, and the kind of part that they are in the spool
    "snapshots": ("snapshot", 1),
    "states": ("snapshot", 1000),
    "series": ("series", 5000),
    "counters": ("counters", 10_000),
    "episodes": ("episode", 20),  # with evidence of a deep route some 30 KiB each
    "gaps": ("gap", 200),
    "blocks": ("raw", 100),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a batch, encoded."""

    kind: str
    payload: bytes


def pieces_of(told: Batch) -> tuple[list[Piece], list[tuple[str, Exception]]]:
    """The pieces, definitions before what refers to them; and what could not be encoded, with the reason."""
    pieces: list[Piece] = []
    broken: list[tuple[str, Exception]] = []
    for kind, batch in _cut(told):
        try:
            pieces.append(Piece(kind, encode(batch)))
        except (
            ValueError,
            TypeError,
        ) as error:  # protobuf has no such number: ours to find, not the machine's to suffer
            broken.append((kind, error))
    return pieces, broken


def batches_of(pieces: Sequence[Piece]) -> list[Mapping[str, bytes]]:
    """The parts of each batch by kind; usually one batch."""
    batches: list[dict[str, bytes]] = []
    size = MAX_BATCH_BYTES
    for piece in pieces:
        if size + len(piece.payload) > MAX_BATCH_BYTES:
            batches.append({})
            size = 0
        batches[-1][piece.kind] = batches[-1].get(piece.kind, b"") + piece.payload
        size += len(piece.payload)
    return [*batches]


def _cut(told: Batch) -> Iterator[tuple[str, Batch]]:
    for name, (kind, length) in LENGTHS.items():
        items = getattr(told, name)
        for start in range(0, len(items), length):
            piece = replace(Batch(), **{name: items[start : start + length]})
            yield kind, replace(piece, counted_until_ns=told.counted_until_ns) if name == "counters" else piece
