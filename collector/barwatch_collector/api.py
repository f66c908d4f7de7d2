"""The HTTP API: every question as JSON under /api/v1, its OpenAPI document, /metrics and /healthz. Read-only.

JSON keys are the field names of the answers. No answer is ``{"error": what is wrong, "try": what to do about it}``.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from barwatch_collector.questions.asked import FORMS, Asked, QuestionError, ask
from barwatch_collector.questions.coverage import Coverage, coverage
from barwatch_collector.questions.episodes import (
    EpisodeFilter,
    Episodes,
    OneEpisode,
    UnknownEpisode,
    episodes,
    one_episode,
)
from barwatch_collector.questions.host import Host, host
from barwatch_collector.questions.hosts import Hosts, hosts
from barwatch_collector.questions.naming import AmbiguousHost, UnknownHost
from barwatch_collector.questions.topologies import Topologies, topologies
from barwatch_collector.questions.tree import NoSnapshot, Tree, tree
from barwatch_proto.pci import ADDRESS
from barwatch_proto.plain import to_plain
from barwatch_proto.triage import FailureClass
from barwatch_proto.version import __version__
from barwatch_proto.words import Access, Outcome

MAX_ROWS = 10_000
DEFAULT_ROWS = 1000
STATUS_OF = {UnknownHost: 404, UnknownEpisode: 404, NoSnapshot: 404, AmbiguousHost: 409}
Handler = Callable[..., Response]
Getter = Callable[[str, type], Callable[[Handler], Handler]]  # registers a handler below /api/v1


class Problem(BaseModel):
    """What comes back when there is no answer."""

    error: str = Field(description="What is wrong.")
    advice: str = Field(alias="try", description="What to do about it.")
    suggestions: list[str] = Field([], description="What may have been meant.")


PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such host, or nothing is known of it at that time."},
    409: {"model": Problem, "description": "Several hosts answer to that name."},
    422: {"model": Problem, "description": "The question cannot be read."},
    503: {"model": Problem, "description": "The database did not answer."},
}


class When(BaseModel, extra="forbid"):
    """The time that a question is about."""

    since: str | None = Field(None, max_length=64, description=f"From when on; the beginning when left out. {FORMS}")
    as_of: str | None = Field(None, max_length=64, description=f"The time it is about; now when left out. {FORMS}")


class WhenAndHowMany(When):
    """The same for lists."""

    limit: int = Field(DEFAULT_ROWS, ge=1, le=MAX_ROWS, description="At most so many entries; sums count all.")


class WhichEpisodes(WhenAndHowMany):
    """Which episodes are wanted; what is left out is not asked for."""

    host: str | None = Field(None, min_length=1, max_length=255, description="Host name, agent id, or a prefix of one.")
    outcome: list[Outcome] = Field([], max_length=6)
    access: list[Access] = Field([], max_length=3)
    failure: list[FailureClass] = Field([], max_length=len(FailureClass), description="What the verdict says.")
    open: bool | None = Field(None, description="true: those that last; false: those that ended")

    @property
    def wanted(self) -> EpisodeFilter:
        """The filter."""
        return EpisodeFilter(self.host, tuple(self.outcome), tuple(self.access), self.open, tuple(self.failure))


EpisodeNumber = Annotated[
    str, InPath(min_length=1, max_length=32, description="Epoch and episode, 1.17; 17 is of the latest epoch.")
]
HostName = Annotated[str, InPath(min_length=1, max_length=255, description="Host name, agent id, or a prefix of one.")]


@dataclass(frozen=True, slots=True)
class Answerer:
    """Asks the store; used from the threads of the server's pool."""

    engine: Engine
    now_ns: Callable[[], int]
    connected: Callable[[], Collection[str]]

    def answer(self, question: Callable[[Connection, Asked], object], when: When) -> Response:
        """The answer as JSON; the transaction is never committed."""
        asked = ask(self.now_ns(), when.since, when.as_of, frozenset(self.connected()))
        with self.engine.connect() as connection:
            answer = question(connection, asked)
        return _json(to_plain(answer))


def build_api(
    engine: Engine, registry: CollectorRegistry, now_ns: Callable[[], int], connected: Callable[[], Collection[str]]
) -> FastAPI:
    """The application, ready to be served.

    Args:
        engine: of the store.
        registry: what /metrics shows.
        now_ns: the clock.
        connected: ids of the agents that have a stream now.
    """
    app = FastAPI(title="barwatch collector", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    _add_questions(app, Answerer(engine, now_ns, connected))
    _add_service(app, registry)
    _add_errors(app)
    return app


def _add_questions(app: FastAPI, answerer: Answerer) -> None:
    def get(path: str, answer: type) -> Callable[[Handler], Handler]:
        return app.get(f"/api/v1/{path}", response_model=answer, responses=PROBLEMS, tags=["questions"])

    _add_questions_about_all(get, answerer)
    _add_questions_about_a_host(get, answerer)


def _add_questions_about_all(get: Getter, answerer: Answerer) -> None:
    @get("topologies", Topologies)
    def which_topologies_fail(when: Annotated[WhenAndHowMany, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: topologies(connection, asked, when.limit), when)

    @get("hosts", Hosts)
    def all_hosts(when: Annotated[WhenAndHowMany, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: hosts(connection, asked, when.limit), when)

    @get("episodes", Episodes)
    def runs_of_failing_reads(which: Annotated[WhichEpisodes, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: episodes(connection, asked, which.wanted, which.limit), which)

    @get("coverage", Coverage)
    def who_did_not_answer(when: Annotated[WhenAndHowMany, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: coverage(connection, asked, when.limit), when)


def _add_questions_about_a_host(get: Getter, answerer: Answerer) -> None:
    @get("hosts/{name}", Host)
    def one_host(name: HostName, when: Annotated[When, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: host(connection, asked, name), when)

    @get("hosts/{name}/tree", Tree)
    def topology_of_a_host(name: HostName, when: Annotated[When, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: tree(connection, asked, name), when)

    @get("hosts/{name}/episodes/{number}", OneEpisode)
    def one_run_of_failing_reads(name: HostName, number: EpisodeNumber, when: Annotated[When, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: one_episode(connection, asked, name, number), when)


def _add_service(app: FastAPI, registry: CollectorRegistry) -> None:
    document: list[bytes] = []  # made when first asked for

    @app.get("/healthz", tags=["service"])
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/metrics", tags=["service"], response_class=Response)
    def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=content_type)

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        if not document:
            document.append(json.dumps(openapi_of(app)).encode())
        return Response(document[0], media_type="application/json")


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application; addresses are texts in JSON."""
    document = app.openapi()
    address = {"type": "string", "pattern": f"^{ADDRESS.pattern}$", "examples": ["0000:03:00.0"], "title": "Address"}
    document["components"]["schemas"]["Address"] = address
    return document


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(QuestionError)
    def no_answer(_request: Request, error: QuestionError) -> Response:
        return _problem(STATUS_OF.get(type(error), 422), error.what, error.advice, error.suggestions)

    @app.exception_handler(RequestValidationError)
    def not_a_question(_request: Request, error: RequestValidationError) -> Response:
        wrong = [f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors()]
        return _problem(422, "; ".join(wrong), "GET /openapi.json says what each question takes")

    @app.exception_handler(HTTPException)
    def not_here(request: Request, error: HTTPException) -> Response:
        what = f"{request.method} {request.url.path}: {error.detail}"
        return _problem(error.status_code, what, "GET /openapi.json lists what there is")

    @app.exception_handler(SQLAlchemyError)
    def no_database(_request: Request, error: SQLAlchemyError) -> Response:
        what = f"the database did not answer: {type(error).__name__}"
        return _problem(503, what, "ask again; if it stays like this, the collector's log and the database's say more")

    @app.exception_handler(Exception)
    def our_fault(_request: Request, error: Exception) -> Response:
        what = f"the collector failed to answer: {type(error).__name__}"
        return _problem(500, what, "the collector's log has the details; please report them")


def _problem(status: int, what: str, advice: str, suggestions: Sequence[str] = ()) -> Response:
    return _json({"error": what, "try": advice, "suggestions": list(suggestions)}, status)


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, media_type="application/json", headers={"cache-control": "no-store"})
