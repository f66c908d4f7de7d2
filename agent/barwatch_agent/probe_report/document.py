"""One look as JSON for programs; README.md next to this describes every key."""

from collections.abc import Mapping
from typing import Any

from barwatch_agent.probe.judging import Card
from barwatch_agent.probe.looking import Look
from barwatch_agent.probe.route import break_at, hops
from barwatch_agent.probe_report.screen import exit_code, headline
from barwatch_agent.reads import Read
from barwatch_proto.pci import Address
from barwatch_proto.plain import to_plain
from barwatch_proto.telemetry import ConfigSpace, Evidence, Reread


def as_json(found: Look) -> dict[str, Any]:
    """The same for programs: enums as words, addresses and register values as text, the rest as it is."""
    snapshot = to_plain(found.snapshot)
    document: dict[str, Any] = {"format": 1, "snapshot_id": snapshot.pop("id"), **snapshot}
    fingerprints = found.fingerprints()
    for function, plain in zip(found.snapshot.topology.functions, document["topology"]["functions"], strict=True):
        plain["topology_fingerprint"] = fingerprints[function.address]
    document["answer"] = headline(found).plain
    document["is_failing"] = exit_code(found) != 0
    document["reads"] = [_read(read) for read in found.reads]
    document["verdicts"] = [_verdict(found, card) for card in found.cards()]
    document["evidence"] = _evidence(found)
    document["unread"] = [{"reason": reason, "where": list(where)} for reason, where in found.unread().items()]
    return document


def _read(read: Read) -> Mapping[str, Any]:
    return {
        "register": read.target.register.name,
        "function": str(read.target.function.address),
        "function_key": read.target.function.key,
        "bar": read.target.bar,
        "offset": read.target.offset,
        "width": read.target.width,
        "access": read.access.value,
        "outcome": read.outcome.value,
        "value": _value(read.value, read.target.width),
        "reason": read.reason,
    }


def _verdict(found: Look, card: Card) -> Mapping[str, Any]:
    verdict, route = card.verdict, hops(found, card)
    broken = break_at(verdict.failure, route)
    return {
        "function": str(card.function.address),
        "function_key": card.function.key,
        "is_failure": card.is_failure,
        "class": verdict.failure.value,
        "confidence": verdict.confidence,
        "reasons": list(card.reasons),
        "missing": list(verdict.missing),
        "likely": [each.value for each in verdict.likely],
        "repetition": verdict.repetition.value if verdict.repetition else None,
        "next_step": verdict.next_step,
        "table_version": verdict.table_version,
        "breaks_at": None if broken is None else str(route[broken].function.address),
        "reads": [{"register": read.target.register.name, "access": read.access.value} for read in card.reads],
    }


def _evidence(found: Look) -> list[Mapping[str, Any]]:
    addresses = {function.key: function.address for function in found.snapshot.topology.functions}
    return [_taken(key, addresses[key], evidence) for key, evidence in found.evidence.items()]


def _taken(key: str, address: Address, evidence: Evidence) -> Mapping[str, Any]:
    widths = {register.name: register.width for register in evidence.registers}
    return {
        "function": str(address),
        "function_key": key,
        "taken_at_ns": evidence.taken_at_ns,
        "is_virtual_machine": evidence.is_virtual_machine,
        "route": [_hop(space) for space in evidence.route],
        "changed": [str(space.address) for space in evidence.after],
        "rereads": [_reread(reread, widths[reread.register]) for reread in evidence.rereads],
        "mapped": [{"bar": each.bar, "start": f"{each.start:#x}"} for each in evidence.mapped],
    }


def _hop(space: ConfigSpace) -> Mapping[str, Any]:
    told = {name: value for name, value in to_plain(space).items() if name not in {"data", "bars"}}
    return {**told, "config_bytes": len(space.data), "config": space.data.hex()}


def _reread(reread: Reread, width: int) -> Mapping[str, Any]:
    return {**to_plain(reread), "value": _value(reread.value, width)}


def _value(value: int | None, width: int) -> str | None:
    return None if value is None else f"{value:#0{2 + 2 * width}x}"
