"""A PostgreSQL of our own from the Debian package, as the tests start it, but one that syncs."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.bench.processes import children, cpu_s
from tests.collector import conftest as collector_tests

PROGRAMS = Path("/usr/lib/postgresql")
DISKS = (Path("/var/tmp"), None)


def why_not() -> str | None:
    """Why there is no PostgreSQL; None where there is one."""
    return None if any(PROGRAMS.glob("*/bin/pg_ctl")) else "install the Debian package postgresql"


class Postgresql:
    """Running inside a ``with``."""

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        with ExitStack() as stack:
            self._folder = Path(
                tempfile.mkdtemp(prefix="bw-pg-", dir=next(d for d in DISKS if d is None or d.is_dir()))
            )
            stack.callback(shutil.rmtree, self._folder)
            server = collector_tests._running(max(PROGRAMS.glob("*/bin")), self._folder)
            stack.enter_context(server)
            settings = f"-c listen_addresses= -c unix_socket_directories={self._folder}"  # and fsync, which is on
            server._run("pg_ctl", "restart", "--wait", f"--log={self._folder}/log", f"--options={settings}")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://barwatch@/postgres?host={self._folder}"

    def cpu_s(self) -> float:
        """CPU seconds of all of its processes, while those that serve us live."""
        postmaster = int((self._folder / "data/postmaster.pid").read_text().split()[0])
        return sum(cpu_s(pid) for pid in (postmaster, *children(postmaster)))
