"""The other process: what it answers, what it costs when it ends, and that nothing of it stays behind."""

import os
import select
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy import select as rows_of

from barwatch_collector.errors import StoreUnavailable
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.worker import Worker, WorkerLost
from barwatch_collector.questions.asked import QuestionError
from barwatch_collector.store.schema import host

pytestmark = pytest.mark.usefixtures("fleet", "our_jobs")
ROOT = Path(__file__).parents[3]
PATIENCE_S = 60


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Of one kind: the process does not care."""
    return f"sqlite:///{tmp_path / 'barwatch.db'}"


@pytest.fixture
def our_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process finds this file."""
    monkeypatch.syspath_prepend(str(ROOT))


@dataclass(frozen=True)
class Do:
    """A job: what it says."""

    what: str

    def __call__(self, engine: Engine, facts: Facts) -> object:
        if self.what == "ask":
            with engine.connect() as connection:
                return connection.execute(rows_of(host.c.hostname)).scalars().all()
        if self.what == "refuse":
            msg = "no such host"
            raise QuestionError(msg, "name another", ("lab-1",))
        if self.what == "unavailable":
            raise StoreUnavailable(self.what)
        if self.what == "strange":
            raise Strange(1, 2)
        if self.what == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.what == "hang":
            threading.Event().wait()
        if self.what == "remember":
            facts.hosts["x"] = {"seen": str(os.getpid())}
        return facts.hosts.get("x"), os.getpid()


class Strange(Exception):
    """Cannot be made from its args."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def test_a_job_runs_in_another_process_on_the_same_database(worker: Worker) -> None:
    assert "lab-00" in worker.do(Do("ask"))
    assert worker.do(Do("who"))[1] != os.getpid()


def test_what_was_derived_once_is_known_next_time(worker: Worker) -> None:
    first = worker.do(Do("remember"))

    assert worker.do(Do("who")) == first


def test_errors_of_a_job_are_raised_where_the_question_came_from(worker: Worker) -> None:
    with pytest.raises(QuestionError) as refused:
        worker.do(Do("refuse"))
    with pytest.raises(StoreUnavailable, match="unavailable"):
        worker.do(Do("unavailable"))
    with pytest.raises(RuntimeError, match="Strange: 1 and 2"):
        worker.do(Do("strange"))

    assert (refused.value.advice, refused.value.suggestions) == ("name another", ("lab-1",))


def test_a_process_that_is_killed_is_an_error_and_the_next_question_has_an_answer(worker: Worker) -> None:
    before = worker.do(Do("who"))
    with pytest.raises(WorkerLost, match="memory"):
        worker.do(Do("killed"))

    assert worker.do(Do("who")) != before


def test_a_process_that_nobody_asks_goes_home_and_is_started_again(database_url: str) -> None:
    with Worker(database_url, idle_s=0.2) as worker:
        first = worker.do(Do("who"))
        for child in active_children():
            child.join()

        assert worker.do(Do("who")) != first


def test_closing_ends_what_is_under_way(database_url: str) -> None:
    worker, lost = Worker(database_url), []
    worker.do(Do("who"))

    def ask() -> None:
        try:
            worker.do(Do("hang"))
        except WorkerLost as error:
            lost.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    worker.close()
    asking.join()

    assert len(lost) == 1
    with pytest.raises(WorkerLost, match="stopping"):
        worker.do(Do("who"))


def test_the_process_ends_when_the_collector_is_killed(database_url: str) -> None:
    """In the middle of an analysis, which nobody would take any more."""
    script = (
        "import sys; from barwatch_collector.findings.worker import Worker;"
        "from tests.collector.findings.test_worker import Do;"
        f"worker = Worker({database_url!r}); print(worker.do(Do('who'))[1], flush=True);"
        "worker.do(Do('hang'))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT) as collector:
        assert collector.stdout is not None
        worker = os.pidfd_open(int(collector.stdout.readline()))
        collector.kill()

        assert select.select([worker], [], [], PATIENCE_S)[0], "it lives on"
    os.close(worker)
