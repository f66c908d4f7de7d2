import httpx
import pytest
from sqlalchemy import text
from tests.collector.api.serving import Served
from tests.collector.questions.fleet import BOX, LATER_NS

from barwatch_collector.questions.coverage import Coverage
from barwatch_collector.questions.episodes import Episodes, OneEpisode
from barwatch_collector.questions.host import Host
from barwatch_collector.questions.hosts import Hosts
from barwatch_collector.questions.plain import from_plain
from barwatch_collector.questions.topologies import Topologies
from barwatch_collector.questions.tree import Tree

ANSWERS = {
    "topologies": Topologies,
    "hosts": Hosts,
    "hosts/lap-1": Host,
    "hosts/lap-1/tree": Tree,
    "hosts/lap-1/episodes/1.1": OneEpisode,
    "episodes": Episodes,
    "coverage": Coverage,
}


@pytest.mark.parametrize("path", ANSWERS)
def test_each_question_is_answered_in_json_that_holds_its_answer(http: httpx.Client, path: str) -> None:
    response = http.get(f"/api/v1/{path}")

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = from_plain(ANSWERS[path], response.json())
    assert answer.span.now_ns == LATER_NS


def test_unknown_is_null_and_numbers_are_numbers(http: httpx.Client) -> None:
    rows = http.get("/api/v1/topologies").json()["rows"]

    user = next(row for row in rows if (row["topology"], row["access"]) == (BOX, "user"))
    assert (user["rate"], user["reads"]["all_ones"], user["no_attempts_because"]) == (1.0, 10800, None)


def test_a_host_that_is_not_there_is_404_with_names_that_are(http: httpx.Client) -> None:
    response = http.get("/api/v1/hosts/lapp-1")

    assert response.status_code == 404
    assert response.json()["error"] == "no host is called 'lapp-1'"
    assert "lap-1" in response.json()["suggestions"]


def test_an_episode_that_is_not_there_is_404_and_says_where_to_look(http: httpx.Client) -> None:
    response = http.get("/api/v1/hosts/lap-1/episodes/1.99")

    assert response.status_code == 404
    assert response.json()["error"] == "lap-1 has no episode 1.99 in that time"


def test_a_name_of_several_hosts_is_409_with_their_ids(http: httpx.Client) -> None:
    response = http.get("/api/v1/hosts/lap/tree")

    assert response.status_code == 409
    assert len(response.json()["suggestions"]) == 3


def test_a_tree_before_the_first_snapshot_is_404(http: httpx.Client) -> None:
    assert http.get("/api/v1/hosts/lap-1/tree", params={"as_of": "47h"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "word"),
    [
        ("topologies", "since=yesterday", "yesterday"),
        ("topologies", "as_of=2099-01-01", "future"),
        ("topologies", "since=1h&as_of=2h", "does not come before"),
        ("topologies", f"since={'9' * 65}", "64"),
        ("hosts", "limit=0", "limit"),
        ("hosts", "limit=10001", "limit"),
        ("hosts", "limit=many", "limit"),
        ("hosts", "asof=2h", "asof"),
        ("hosts/lap-1", "limit=5", "limit"),
        ("episodes", "outcome=bad", "outcome"),
        ("episodes", "access=pigeon", "access"),
        ("episodes", "failure=bad", "failure"),
        ("hosts/lap-1/episodes/first", "", "first"),
        ("episodes", "open=perhaps", "open"),
        ("episodes", "host=", "host"),
        ("episodes", f"host={'x' * 256}", "host"),
        (f"hosts/{'x' * 256}", "", "name"),
    ],
)
def test_a_question_that_makes_no_sense_says_what_and_what_to_do(
    http: httpx.Client, path: str, query: str, word: str
) -> None:
    response = http.get(f"/api/v1/{path}?{query}")

    assert response.status_code == 422
    assert word in response.json()["error"]
    assert response.json()["try"]


def test_episodes_are_filtered_by_several_words_at_once(http: httpx.Client) -> None:
    query = {"outcome": ["denied", "fault"], "access": ["user"], "open": True, "host": "bare"}

    assert http.get("/api/v1/episodes", params=query).json()["outcomes"] == {"denied": 1}


def test_what_is_not_there_and_what_is_not_allowed_are_json_too(http: httpx.Client) -> None:
    missing, written = http.get("/api/v2/hosts"), http.post("/api/v1/hosts")

    assert (missing.status_code, written.status_code) == (404, 405)
    assert "error" in missing.json()
    assert "error" in written.json()


def test_health_and_metrics_answer(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}

    metrics = http.get("/metrics")

    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'barwatch_hosts{state="connected"} 1.0' in metrics.text


def test_metrics_come_as_openmetrics_to_who_asks_for_it(http: httpx.Client) -> None:
    metrics = http.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})

    assert metrics.headers["content-type"].startswith("application/openmetrics-text")
    assert metrics.text.endswith("# EOF\n")


def test_the_openapi_document_describes_every_answer_by_its_fields(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()

    for path, kind in ANSWERS.items():
        described = document["paths"][f"/api/v1/{path.replace('lap-1', '{name}').replace('1.1', '{number}')}"]["get"][
            "responses"
        ]
        assert described["200"]["content"]["application/json"]["schema"]["$ref"].endswith(f"/{kind.__name__}")
        assert set(described) == {"200", "404", "409", "422", "503"}
        schema = document["components"]["schemas"][kind.__name__]
        assert list(schema["properties"]) == list(http.get(f"/api/v1/{path}").json())
    assert document["components"]["schemas"]["Address"]["type"] == "string"
    assert set(document["components"]["schemas"]["Problem"]["properties"]) == {"error", "try", "suggestions"}


def test_no_page_loads_anything_from_elsewhere(http: httpx.Client) -> None:
    assert http.get("/docs").status_code == 404
    assert http.get("/redoc").status_code == 404


def test_a_database_that_does_not_answer_is_503_and_no_traceback(collector: Served, http: httpx.Client) -> None:
    with collector.fleet.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gap RENAME TO hidden"))
    try:
        response = http.get("/api/v1/coverage")
    finally:
        with collector.fleet.engine.begin() as connection:
            connection.execute(text("ALTER TABLE hidden RENAME TO gap"))

    assert response.status_code == 503
    assert "database" in response.json()["error"]
    assert http.get("/api/v1/coverage").status_code == 200
