"""Cases as a live agent records them: every configuration space of a real route, twice, and reads by every access."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.conftest import recorded_host

from barwatch_agent.topology.linux import LinuxScanner, read_config
from barwatch_proto.config_space import walk
from barwatch_proto.topology import Function
from barwatch_proto.triage import Case, CaseRead, Hop
from barwatch_proto.words import Access, Outcome

CARD = -1  # the function, at the end of a route
BAR_0 = 0x10
COMMAND, MEMORY = 4, 2
CANARY, STATUS, FAR = ("pmc.boot_0", 0x0), ("panel.status", 0x1F380), ("panel.mask", 0x1F384)
ONES, OK = Outcome.ALL_ONES, Outcome.OK
KERNEL, USER, CONFIG = Access.KERNEL, Access.USER, Access.CONFIG


@cache
def route(host: str, vendor: int = 0x10DE) -> tuple[Hop, ...]:
    """The route to the first function of a vendor on a recorded host, all of it well."""
    with tempfile.TemporaryDirectory() as folder:
        roots = recorded_host(host).unpack(Path(folder) / host)
        topology = LinuxScanner(roots, lambda: 0).scan().topology
        card = next(each for each in topology.functions if each.vendor == vendor and not each.is_bridge)
        return tuple(_hop(each, read_config(roots, each)) for each in topology.route(card))


def _hop(function: Function, config: bytes) -> Hop:
    return Hop(
        name=str(function.address),
        config=config,
        config_after=config,
        is_gone=False,
        power_state="D0",
        runtime_status="active",
        driver=function.driver or "",
        bars=function.bars,
        do_siblings_answer=True,
        correctable_rise=0,
        uncorrectable_rise=0,
    )


def case(host: str = "laptop-thunderbolt-box", access: Access = KERNEL, outcome: Outcome = ONES, **given) -> Case:
    """A read of ``panel.status`` that failed, on a route that is well; ``given`` are fields of the case or the read."""
    hops = given.pop("route", route(host))
    bar = next(each for each in hops[CARD].bars if each.index == 0)
    about = {key: given.pop(key) for key in ("reason", "is_expected") if key in given}
    asked = read(access, outcome, *STATUS, at=10, is_expected=about.pop("is_expected", True), **about)
    full = Case(asked, everybody(outcome), hops, mapped_start=bar.start, is_virtual_machine=False)
    return replace(full, **given)


def read(access: Access, outcome: Outcome, register: str, offset: int, **given) -> CaseRead:
    """One read of a register of BAR 0, or of configuration space."""
    bar = None if access is CONFIG else 0
    at = given.pop("at", 20)
    return CaseRead(access, outcome, register, bar, offset, taken_at_ns=at, is_canary=register == CANARY[0], **given)


def everybody(kernel: Outcome, user: Outcome | None = None, ids: Outcome = OK) -> tuple[CaseRead, ...]:
    """The same register and the canary by each access, twice, and the ids."""
    outcomes = {KERNEL: kernel, USER: kernel if user is None else user}
    return tuple(
        each
        for at in (20, 30)
        for each in (
            *(read(way, outcome, *STATUS, at=at, is_expected=True) for way, outcome in outcomes.items()),
            *(read(way, outcome, *CANARY, at=at) for way, outcome in outcomes.items()),
            read(CONFIG, ids, "config.ids", 0, at=at),
        )
    )


def changed(hops: tuple[Hop, ...], at: int, words: Mapping[int, int] | None = None, **told) -> tuple[Hop, ...]:
    """The same route, with 16-bit registers and told facts of one hop changed."""
    hop, config = hops[at], bytearray(hops[at].config)
    for offset, value in (words or {}).items():
        config[offset : offset + 2] = value.to_bytes(2, "little")
    new = replace(hop, **({"config": bytes(config), "config_after": bytes(config)} if words else {}), **told)
    place = at % len(hops)
    return (*hops[:place], new, *hops[place + 1 :])


def word(hop: Hop, offset: int) -> int:
    """A 16-bit register."""
    return int.from_bytes(hop.config[offset : offset + 2], "little")


def at_capability(hop: Hop, name: str, offset: int) -> int:
    """Where a register of a capability is."""
    found = walk(hop.config).offset_of(name)
    assert found is not None, f"{hop.name} has no {name}"
    return found + offset
