"""A case with one piece of its evidence taken away, for each piece."""

from collections.abc import Iterator
from dataclasses import fields, replace

from barwatch_proto.triage import Case, Hop

NOT_TOLD = {"name", "config", "config_after"}
TOLD = tuple(field.name for field in fields(Hop) if field.name not in NOT_TOLD)


def without_each(case: Case) -> Iterator[tuple[str, Case]]:
    """What was taken away, and the case without it: a read, the bytes of a hop, a told fact."""
    for at, read in enumerate(case.others):
        left = case.others[:at] + case.others[at + 1 :]
        yield f"read {at} {read.register} {read.access.value} {read.outcome.value}", replace(case, others=left)
    for at, hop in enumerate(case.route):
        if hop.config or hop.config_after:
            yield f"bytes of {hop.name}", _with(case, at, replace(hop, config=b"", config_after=b""))
        for fact in TOLD:
            if getattr(hop, fact) is not None:
                yield f"{fact} of {hop.name}", _with(case, at, replace(hop, **{fact: None}))
    if case.mapped_start is not None:
        yield "mapped_start", replace(case, mapped_start=None)
    if case.is_virtual_machine is not None:
        yield "is_virtual_machine", replace(case, is_virtual_machine=None)


def _with(case: Case, at: int, hop: Hop) -> Case:
    return replace(case, route=(*case.route[:at], hop, *case.route[at + 1 :]))
