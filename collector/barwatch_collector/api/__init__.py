"""The HTTP API: every question as JSON under /api/v1, its OpenAPI document, /metrics and /healthz. Read-only.

JSON keys are the field names of the answers.
"""

import json
from collections.abc import Callable, Collection
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from sqlalchemy import Engine

from barwatch_collector.api.asking import Answerer, Handler
from barwatch_collector.api.findings import add_findings
from barwatch_collector.api.problems import PROBLEMS, add_problems
from barwatch_collector.api.questions import add_questions
from barwatch_collector.findings.worker import Worker
from barwatch_proto.pci import ADDRESS
from barwatch_proto.version import __version__

__all__ = ["build_api", "openapi_of"]


def build_api(
    engine: Engine,
    registry: CollectorRegistry,
    now_ns: Callable[[], int],
    connected: Callable[[], Collection[str]],
    worker: Worker,
) -> FastAPI:
    """The application, ready to be served.

    Args:
        engine: of the store.
        registry: what /metrics shows.
        now_ns: the clock.
        connected: ids of the agents that have a stream now.
        worker: who does the long arithmetic; of the same store.
    """
    app = FastAPI(title="barwatch collector", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)

    def get(path: str, answer: type) -> Callable[[Handler], Handler]:
        return app.get(f"/api/v1/{path}", response_model=answer, responses=PROBLEMS, tags=["questions"])

    answerer = Answerer(engine, now_ns, connected, worker)
    add_questions(get, answerer)
    add_findings(app, get, answerer)
    _add_service(app, registry)
    add_problems(app)
    return app


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
