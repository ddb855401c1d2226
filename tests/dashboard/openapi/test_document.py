"""The document of the API: complete, well formed, and true of a server with readings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from dashboard.openapi.document import document
from dashboard.openapi.operations import OPERATIONS
from dashboard.web.requests import nearest
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from tests.dashboard.auth.test_users import api_routes
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, Person

OUTSIDE = {("GET", "/health"), ("GET", "/metrics")}
TIMES = "start_time=2020-01-01T00:00:00Z&end_time=2030-01-01T00:00:00Z"
RANGE = f"metric_type=cpu&{TIMES}"
QUERIES = {
    "/api/history/metrics": RANGE,
    "/api/history/query": f"{RANGE}&field=usage_percent",
    "/api/history/compare": "metric_type=cpu",
    "/api/history/host": f"host=nas&{TIMES}",
    "/api/history/recent": "host=nas",
}


@pytest.fixture(scope="module")
def person(module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody at a dashboard whose history has readings."""
    folder = Path(tmp_path_factory.mktemp("documented"))
    store = SqliteStore(folder / "history.db")
    now = time.time_ns() // 1_000_000
    store.write(
        [Point("cpu", "nas", "", "", now - 1000 * back, {"usage_percent": 5.0}) for back in range(100)]
    )
    store.close()
    with Dashboard(folder, module_broker.url) as server:
        wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
        yield Person(server.url)


def test_every_route_is_in_it_and_nothing_else(tmp_path: Path) -> None:
    there = {
        (method, route.path)
        for route in api_routes(tmp_path)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert there | OUTSIDE == OPERATIONS.keys()
    paths = document()["paths"]
    assert {(method.upper(), path) for path, each in paths.items() for method in each} == OPERATIONS.keys()


def test_it_is_served_with_a_page_that_loads_nothing_from_elsewhere(person: Person) -> None:
    served = person.get("/api/openapi.json").json()
    assert served == msgspec.json.decode(msgspec.json.encode(document()))
    page = person.get("/api/docs")
    assert "GET /api/hosts" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text


@pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "GET" and "{" not in path])
def test_an_answer_is_what_it_says(person: Person, path: str) -> None:
    one = OPERATIONS["GET", path]
    answer = person.get(f"{path}?{QUERIES.get(path, '')}")
    if answer.status_code in one.errors:  # there is neither a broker of ours nor an alerts service
        return
    assert answer.status_code in (200, 503) if path == "/health" else answer.status_code == 200, answer.text
    if one.answer is not None:
        msgspec.json.decode(answer.content, type=one.answer)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/api/hosts?hots=nas", "'hots' is no parameter of this route: expected past"),
        (
            "/api/history/metrics?metric=cpu",
            "'metric' is no parameter of this route: did you mean metric_type?",
        ),
        ("/health?verbose=1", "'verbose' is no parameter of this route"),
    ],
)
def test_a_parameter_that_no_route_has_is_named(person: Person, path: str, sentence: str) -> None:
    answer = person.get(path)
    assert (answer.status_code, sentence in answer.json()["detail"]) == (422, True), answer.text


@pytest.mark.parametrize(
    ("method", "path", "body", "meant"),
    [
        ("POST", "/api/tokens", {"name": "x", "rol": "admin"}, "role"),
        ("POST", "/api/auth/login", {"user": "x", "password": "x"}, "username"),
        ("PUT", "/api/retention", {"retention": 3}, "retention_days"),
    ],
)
def test_a_field_that_no_body_has_is_named(
    person: Person, method: str, path: str, body: dict[str, str], meant: str
) -> None:
    answer = person.ask(method, path, body)
    assert (answer.status_code, f"did you mean {meant}?" in answer.json()["detail"]) == (422, True), (
        answer.text
    )


@pytest.mark.parametrize("path", ["/nothing", "/live/nothing", "/index.html", "/hosts.php"])
def test_a_page_that_is_not_there_is_404(person: Person, path: str) -> None:
    answer = person.get(path)
    assert (answer.status_code, "There is no page" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/live/", "/live"),
        ("/api/hosts/?a=1", "/api/hosts?a=1"),
        ("//elsewhere.example/", "/elsewhere.example"),
    ],
)
def test_a_slash_at_the_end_leads_to_no_other_server(person: Person, path: str, target: str) -> None:
    answer = httpx.get(
        person.url + path, headers={"Authorization": f"Bearer {person.token}", "Host": "other.lan"}
    )
    assert (answer.status_code, answer.headers["location"]) == (308, target)


def test_what_is_meant_is_the_nearest() -> None:
    assert nearest("strat_time", ("start_time", "end_time")) == "did you mean start_time?"
