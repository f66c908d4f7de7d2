"""Databases of both kinds, each empty for each test, and agents in miniature that fill them."""

import dataclasses
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from barwatch_collector.store import SqlStore, open_store
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.pci import Address, PortType
from barwatch_proto.snapshot import HostFacts, Setting, Snapshot
from barwatch_proto.telemetry import PROTOCOL_VERSION, Batch, CounterRun, Counts, Hello, Series
from barwatch_proto.topology import Function, Topology
from barwatch_proto.words import Access, State

NOW_NS = 1_800_000_000_000_000_000


@dataclasses.dataclass(frozen=True)
class MiniAgent:
    """What one agent says of itself: a root port, a GPU below it, and a number of series on that."""

    hello: Hello
    snapshot: Snapshot

    def series(self, first: int, last: int) -> tuple[Series, ...]:
        gpu = self.snapshot.topology.functions[1]
        topology = topology_fingerprint(self.snapshot.topology.route(gpu))
        place = (self.snapshot.id, gpu.key, gpu.address, topology)
        return tuple(
            Series(number, *place, f"register {number}", Access.KERNEL, 0, 4 * number, 4)
            for number in range(first, last + 1)
        )

    def introduction(self, series: int = 3) -> Batch:
        """The first batch: the snapshot, and as many series."""
        return Batch(1, snapshots=(self.snapshot,), series=self.series(1, series))

    @staticmethod
    def counters(sequence: int, ok: int, series: int = 3, at_ns: int = NOW_NS) -> Batch:
        """A batch that says so many good reads of each of the first series."""
        return Batch(sequence, at_ns, counters=(CounterRun(1, series, Counts(ok=ok)),))


@pytest.fixture
def mini_agent() -> Callable[..., MiniAgent]:
    """Makes agents; changes to their Hello by keyword."""

    def make(**changes: object) -> MiniAgent:
        ids = [str(uuid.uuid4()) for _ in range(3)]
        hello = Hello(PROTOCOL_VERSION, *ids, "lab-7", "0.1.0", "linux", NOW_NS)
        return MiniAgent(dataclasses.replace(hello, **changes), _snapshot())

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'barwatch.db'}"
        return
    server = make_url(request.getfixturevalue("postgresql_server"))
    name = f"test_{uuid.uuid4().hex}"
    _administer(request.getfixturevalue("postgresql_server"), f"CREATE DATABASE {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    _administer(request.getfixturevalue("postgresql_server"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """A store over an empty database."""
    with open_store(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL: that of BARWATCH_TEST_DSN, or one of our own from the Debian package."""
    if dsn := os.environ.get("BARWATCH_TEST_DSN"):  # noqa: TID251 the one switch of the tests, read at their edge
        yield make_url(dsn).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("no PostgreSQL: install the Debian package postgresql, or set BARWATCH_TEST_DSN")
    folder = Path(tempfile.mkdtemp(prefix="bw-pg-"))  # not tmp_path: the name of a socket has 107 characters at most
    try:
        with _running(programs[-1], folder):
            yield f"postgresql+psycopg://barwatch@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder)


class _running:  # noqa: N801 reads as what it does
    """A server of our own: reachable only through a socket in its folder, and without syncing."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder

    def __enter__(self) -> None:
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root; the package has made a user for it
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "--username=barwatch", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        settings = f"-c listen_addresses= -c unix_socket_directories={self._folder} -c fsync=off -c max_connections=50"
        self._run("pg_ctl", "start", "--wait", f"--log={self._folder}/log", f"--options={settings}")

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self._folder}/data", *arguments]
        user = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
        subprocess.run(command, check=True, user=user, cwd=self._folder, stdout=subprocess.DEVNULL, timeout=60)


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _snapshot() -> Snapshot:
    port = Function(
        Address(0, 0, 1, 0), None, "a" * 16, 0x8086, 0x1901, 0x060400, port_type=PortType.ROOT_PORT, is_bridge=True
    )
    gpu = Function(Address(0, 1, 0, 0), port.address, "b" * 16, 0x10DE, 0x1B80, 0x030000, port_type=PortType.ENDPOINT)
    settings = (
        Setting("secure_boot", State.ON, "efivars", raw="01"),
        Setting("lockdown", State.UNREADABLE, "/sys/kernel/security/lockdown", reason="permission denied"),
    )
    host = HostFacts("lab-7", "linux", None, "LENOVO", "21CB")
    return Snapshot(NOW_NS, host, Topology((port, gpu)), settings)


@pytest.fixture
def until() -> Callable[[Callable[[], object]], object]:
    """Waits for a condition; the test's own time limit ends it otherwise."""

    def wait(condition: Callable[[], object]) -> object:
        while not (found := condition()):
            threading.Event().wait(0.005)
        return found

    return wait
