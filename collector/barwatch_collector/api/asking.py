"""How questions come over HTTP, and how their answers go back."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Engine

from barwatch_collector.findings.worker import Job, Worker
from barwatch_collector.questions.asked import FORMS, Asked, ask
from barwatch_proto.plain import to_plain

MAX_ROWS = 10_000
DEFAULT_ROWS = 1000
T = TypeVar("T")
Handler = Callable[..., Response]
Getter = Callable[[str, type], Callable[[Handler], Handler]]  # registers a handler below /api/v1


class When(BaseModel, extra="forbid"):
    """The time that a question is about."""

    since: str | None = Field(None, max_length=64, description=f"From when on; the beginning when left out. {FORMS}")
    as_of: str | None = Field(None, max_length=64, description=f"The time it is about; now when left out. {FORMS}")


class WhenAndHowMany(When):
    """The same for lists."""

    limit: int = Field(DEFAULT_ROWS, ge=1, le=MAX_ROWS, description="At most so many entries; sums count all.")


@dataclass(frozen=True, slots=True)
class Answerer:
    """Asks the store; used from the threads of the server's pool."""

    engine: Engine
    now_ns: Callable[[], int]
    connected: Callable[[], Collection[str]]
    worker: Worker

    def answer(self, question: Callable[[Connection, Asked], object], when: When) -> Response:
        """The answer as JSON; the transaction is never committed."""
        asked = self.asked(when)
        with self.engine.connect() as connection:
            answer = question(connection, asked)
        return as_json(to_plain(answer))

    def work_out(self, job: Callable[[Asked], Job[object]], when: When) -> Response:
        """The answer of the other process as JSON: it takes its time."""
        return as_json(to_plain(self.do(job, when)))

    def do(self, job: Callable[[Asked], Job[T]], when: When) -> T:
        """What a job gives, in the other process."""
        return self.worker.do(job(self.asked(when)))

    def asked(self, when: When) -> Asked:
        """The time that is meant.

        Raises:
            QuestionError: it is none.
        """
        return ask(self.now_ns(), when.since, when.as_of, frozenset(self.connected()))


def as_json(content: object, status: int = 200) -> Response:
    """Plain content as it goes over the wire; nobody may keep it."""
    return Response(json.dumps(content), status, media_type="application/json", headers={"cache-control": "no-store"})
