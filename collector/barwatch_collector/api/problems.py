"""No answer is an answer too: ``{"error": what is wrong, "try": what to do about it}`` with the status that fits."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from barwatch_collector.api.asking import as_json
from barwatch_collector.findings.worker import WorkerLost
from barwatch_collector.questions.asked import QuestionError
from barwatch_collector.questions.episodes import UnknownEpisode
from barwatch_collector.questions.naming import AmbiguousHost, UnknownHost
from barwatch_collector.questions.tree import NoSnapshot

STATUS_OF = {UnknownHost: 404, UnknownEpisode: 404, NoSnapshot: 404, AmbiguousHost: 409}


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


def add_problems(app: FastAPI) -> None:
    """Tells the application what to say for each kind of error."""

    @app.exception_handler(QuestionError)
    def no_answer(_request: Request, error: QuestionError) -> Response:
        return _problem(STATUS_OF.get(type(error), 422), error.what, error.advice, error.suggestions)

    @app.exception_handler(WorkerLost)
    def no_worker(_request: Request, error: WorkerLost) -> Response:
        return _problem(
            503, str(error), "ask again, or for a shorter span; the collector's log and the system's say more"
        )

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
    return as_json({"error": what, "try": advice, "suggestions": list(suggestions)}, status)
