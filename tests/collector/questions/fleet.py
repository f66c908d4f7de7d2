"""A small fleet written straight into the tables, so that each test says what it needs and no more."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import Engine, Table, event, insert, update

from barwatch_collector.store import schema
from barwatch_collector.store.database import connect, parse_url
from barwatch_collector.store.schema import HOUR_NS
from barwatch_collector.store.verdict_text import to_text
from barwatch_proto import codec
from barwatch_proto.pci import Address, PortType
from barwatch_proto.snapshot import HostFacts, Setting, Snapshot
from barwatch_proto.topology import Function, FunctionState, Topology
from barwatch_proto.triage import FailureClass, Repetition, Verdict
from barwatch_proto.words import State

NOON_NS = 1_750_075_200_000_000_000  # 2025-06-16T12:00Z, a full hour
LATER_NS = NOON_NS + HOUR_NS // 2  # when the questions come
HOUR = NOON_NS // HOUR_NS
SLOT = "5107000000000000"  # a graphics card in a slot
BOX = "b0c5000000000000"  # the same card behind Thunderbolt
ROUTES = {
    SLOT: "root port 8086:1901 > 10de:1b80",
    BOX: "root port 8086:15ea > downstream port 8086:15ea (tunnelled) > 10de:1b80 (tunnelled)",
}
WORKS = tuple(Setting(f"{name}_access", State.ON, "barwatch") for name in ("kernel", "user", "config"))
BOX_SLEEPS = Verdict(
    FailureClass.UPSTREAM_ASLEEP,
    0.93,
    ("0000:00:1c.0 sleeps (D3hot)", "the read was all ones, and the register may not hold that"),
    ("whether the link below 0000:00:1c.0 is up",),
    repetition=Repetition.PATH_SPECIFIC,
)
REFUSED = Verdict(FailureClass.DENIED, 0.97, ("the operating system refused: Operation not permitted (EPERM)",), ())
NOBODY_KNOWS = Verdict(
    FailureClass.UNKNOWN,
    0.0,
    ("the user read came to fault, and nothing that is known explains it",),
    ("the configuration space of the function",),
    (FailureClass.REMOVED, FailureClass.HUNG),
)


@contextmanager
def database(url: str) -> Iterator[Engine]:
    """Our tables in an empty database."""
    engine = connect(parse_url(url))
    if engine.dialect.name == "sqlite":  # nothing here has to survive a power cut
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    schema.metadata.create_all(engine)
    yield engine
    engine.dispose()


def setting(name: str, state: State = State.ON, value: str | None = None, reason: str | None = None) -> Setting:
    return Setting(name, state, "test", value, None, reason)


def card(address: str = "0000:01:00.0", key: str = "c0ffee0000000000", **more: Any) -> Function:
    port = Address.parse("0000:00:01.0")
    return Function(Address.parse(address), port, key, 0x10DE, 0x1B80, 0x030000, driver="nvidia", **more)


def machine(functions: tuple[Function, ...] = (), settings: tuple[Setting, ...] = WORKS, **facts: str) -> Snapshot:
    """What a host with a root port and these functions says of itself."""
    port = Function(
        Address.parse("0000:00:01.0"), None, "a0a0000000000000", 0x8086, 0x1901, 0x060400, port_type=PortType.ROOT_PORT
    )
    host = HostFacts(facts.get("hostname", "?"), "linux", machine_vendor="ACME", machine_model=facts.get("model"))
    return Snapshot(NOON_NS, host, Topology((port, *(functions or (card(),)))), settings)


@dataclass
class Fleet:
    """Writes rows; every host gets one epoch."""

    engine: Engine
    _hosts: "count[int]" = field(default_factory=lambda: count(1))
    _series: dict[int, int] = field(default_factory=dict)
    _episodes: dict[int, int] = field(default_factory=dict)
    _gaps: "count[int]" = field(default_factory=lambda: count(1))

    def write(self, table: Table, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(insert(table).values(**values))

    def host(self, hostname: str, seen_ns: int = NOON_NS, agent_id: str | None = None) -> int:
        number = next(self._hosts)
        self.write(
            schema.host,
            id=number,
            agent_id=agent_id or f"{number:08x}-0000-4000-8000-000000000000",
            hostname=hostname,
            system="linux",
            agent_version="0.1.0",
            first_seen_ns=NOON_NS - 48 * HOUR_NS,
            last_seen_ns=seen_ns,
        )
        self.epoch(number, 1)
        return number

    def epoch(self, host: int, number: int) -> None:
        self.write(
            schema.epoch,
            host_id=host,
            number=number,
            uuid=f"{host}-{number}",
            sequence=1,
            first_seen_ns=NOON_NS - 48 * HOUR_NS,
        )

    def snapshot(
        self,
        host: int,
        snapshot: Snapshot,
        topology: str,
        from_ns: int = NOON_NS - 24 * HOUR_NS,
        name: str | None = None,
    ) -> str:
        """A snapshot that holds from then on; all its functions but the port have that topology."""
        snapshot_id = name or snapshot.id
        key = {"host_id": host, "snapshot_id": snapshot_id}
        self.write(
            schema.snapshot,
            **key,
            taken_at_ns=from_ns,
            machine_vendor=snapshot.host.machine_vendor,
            machine_model=snapshot.host.machine_model,
            document=codec.encode(snapshot),
        )
        self.write(schema.validity, **key, from_ns=from_ns)
        for function in snapshot.topology.functions:
            is_port = function.port_type is PortType.ROOT_PORT
            self.write(
                schema.function,
                **key,
                function_key=function.key,
                address=str(function.address),
                topology="0000000000000000" if is_port else topology,
                route="root port 8086:1901" if is_port else ROUTES[topology],
                vendor=function.vendor,
                device=function.device,
                class_code=function.class_code,
            )
        for each in snapshot.settings:
            self.write(
                schema.setting,
                **key,
                name=each.name,
                state=each.state.value,
                value=each.value,
                source=each.source,
                reason=each.reason,
            )
        return snapshot_id

    def series(self, host: int, snapshot_id: str, topology: str, access: str, **more: Any) -> int:
        """A series of the card's register; ``hours`` are the counts at the ends of hours before noon."""
        number = self._series[host] = self._series.get(host, 0) + 1
        hours: Mapping[int, Mapping[str, int]] = more.pop("hours", {})
        epoch = more.setdefault("epoch", 1)
        values = {
            "host_id": host,
            "series_id": number,
            "snapshot_id": snapshot_id,
            "function_key": "c0ffee0000000000",
            "address": "0000:01:00.0",
            "topology": topology,
            "register": "pmc_boot_0",
            "access": access,
            "bar": None if access == "config" else 0,
            "offset": 0,
            "width": 4,
            "is_canary": True,
            "counted_until_ns": NOON_NS,
        }
        latest = hours[max(hours)] if hours else {}
        self.write(schema.series, **(values | latest | more))
        for ago, counts in hours.items():
            self.write(schema.series_hour, host_id=host, epoch=epoch, series_id=number, hour=HOUR + ago, **counts)
        return number

    def episode(self, host: int, series: int, **more: Any) -> int:
        number = self._episodes[host] = self._episodes.get(host, 0) + 1
        values = {
            "host_id": host,
            "epoch": 1,
            "episode_id": number,
            "series_id": series,
            "opened_at_ns": NOON_NS - HOUR_NS,
            "last_at_ns": NOON_NS,
            "outcome": "all_ones",
            "reads": 60,
            "value": "0xffffffff",
        }
        self.write(schema.episode, **(values | more))
        self._ask_for_verdict(values | more)
        return number

    def verdict(
        self, host: int, episode: int, verdict: Verdict, evidence_of: int | None = None, epoch: int = 1
    ) -> None:
        """What the judge found."""
        row = schema.verdict.c
        words = {
            "failure": verdict.failure.value,
            "confidence": verdict.confidence,
            "repetition": verdict.repetition.value if verdict.repetition else None,
            "document": to_text(verdict),
            "table_version": verdict.table_version,
            "evidence_of": evidence_of,
        }
        which = (row.host_id == host, row.epoch == epoch, row.episode_id == episode)
        with self.engine.begin() as connection:
            connection.execute(update(schema.verdict).where(*which).values(words))

    def _ask_for_verdict(self, episode: Mapping[str, Any]) -> None:
        key = {name: episode[name] for name in ("host_id", "epoch", "episode_id", "opened_at_ns")}
        self.write(schema.verdict, **key, evidence_of=key["episode_id"] if episode.get("evidence") else None)

    def gap(self, host: int, cause: str, from_ns: int, to_ns: int, lost: int = 0) -> None:
        self.write(
            schema.gap,
            host_id=host,
            epoch=1,
            origin="agent",
            gap_id=next(self._gaps),
            cause=cause,
            from_ns=from_ns,
            to_ns=to_ns,
            lost=lost,
        )

    def state(self, host: int, state: FunctionState) -> None:
        self.write(
            schema.function_state,
            host_id=host,
            function_key=state.key,
            taken_at_ns=state.taken_at_ns,
            power_state=state.power_state,
            link_speed_gts=state.link_speed_gts,
            link_width=state.link_width,
        )


def example(fleet: Fleet) -> None:
    """Three desktops that are well, three laptops that fail by user mapping, and one laptop that may not try."""
    for name in ("desk-1", "desk-2", "desk-3"):
        host = fleet.host(name)
        held = fleet.snapshot(host, machine(hostname=name, model="Tower 5"), SLOT)
        fleet.series(host, held, SLOT, "kernel", ok=3600)
        fleet.series(host, held, SLOT, "user", ok=3600)
        fleet.series(host, held, SLOT, "config", ok=60, register="ids")
    for name in ("lap-1", "lap-2", "lap-3"):
        host = fleet.host(name, seen_ns=NOON_NS - (5 * HOUR_NS if name == "lap-3" else 0))
        held = fleet.snapshot(host, machine((card(is_tunnelled=True),), hostname=name, model="Book 13"), BOX)
        fleet.series(host, held, BOX, "kernel", ok=3600)
        user = fleet.series(host, held, BOX, "user", all_ones=3600, skipped=12)
        fleet.series(host, held, BOX, "config", ok=60, register="ids")
        episode = fleet.episode(host, user, evidence=b"\x08\x01")
        fleet.verdict(host, episode, BOX_SLEEPS, evidence_of=episode)
    bare = fleet.host("bare")
    absent = setting("kernel_access", State.ABSENT, reason="the driver is not loaded")
    denied = setting("user_access", State.UNREADABLE, reason="Operation not permitted (EPERM)")
    held = fleet.snapshot(bare, machine((card(is_tunnelled=True),), (absent, denied, WORKS[2]), hostname="bare"), BOX)
    refused = fleet.series(bare, held, BOX, "user", denied=3600)
    episode = fleet.episode(bare, refused, outcome="denied", value=None, reason="Operation not permitted (EPERM)")
    fleet.verdict(bare, episode, REFUSED)
    fleet.series(bare, held, BOX, "config", ok=60, register="ids")
    fleet.gap(bare, "asleep", NOON_NS - 8 * HOUR_NS, NOON_NS - 6 * HOUR_NS)
    fleet.gap(bare, "spool_full", NOON_NS - 30 * HOUR_NS, NOON_NS - 29 * HOUR_NS, lost=17)
