"""What can be reached without logging in: the login page, and nothing else."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import httpx
import pytest

from dashboard.server import PAGES
from tests.stack import Dashboard, bearer


@pytest.mark.parametrize(
    "path", ["/", "/history", "/static/index.html", "/_stcore/host-config", "/history?host=nas"]
)
def test_a_person_is_sent_to_the_login_page_and_back(dashboard: Dashboard, path: str) -> None:
    answer = httpx.get(f"{dashboard.url}{path}", headers={"Accept": "text/html"})
    assert answer.status_code == 303
    target = httpx.URL(answer.headers["location"])
    assert target.path == "/login"
    assert target.params["next"] == path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/_stcore/health",
        "/_stcore/host-config",
        "/static/index.html",
        "/api/hosts",
        "/api/history/metrics",
        "/api/auth/me",
        "/api/no/such/route",
        "/assets/../server.py",
        "/login/",
        "//login",
    ],
)
def test_a_program_is_told_to_log_in(dashboard: Dashboard, path: str) -> None:
    assert httpx.get(f"{dashboard.url}{path}").status_code in (401, 404)
    assert httpx.post(f"{dashboard.url}{path}").status_code in (401, 404, 405)


def test_the_login_page_needs_no_login_and_loads_nothing_foreign(dashboard: Dashboard) -> None:
    page = httpx.get(f"{dashboard.url}/login")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert httpx.get(f"{dashboard.url}/assets/tokens.css").status_code == 200


def test_with_a_session_the_pages_are_there(dashboard: Dashboard, token: str) -> None:
    for path in ("/live", "/history", "/_stcore/health"):
        assert httpx.get(f"{dashboard.url}{path}", headers=bearer(token)).status_code == 200


def test_the_start_leads_to_a_page(dashboard: Dashboard, token: str) -> None:
    answer = httpx.get(f"{dashboard.url}/", headers=bearer(token))
    assert (answer.status_code, answer.headers["location"]) == (303, "/live")


def test_pages_cannot_be_framed(dashboard: Dashboard, token: str) -> None:
    for path in ("/", "/login"):
        headers = httpx.get(f"{dashboard.url}{path}", headers=bearer(token)).headers
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/login", "/live", "/api/auth/me", "/_stcore/health"])
def test_an_answer_says_when_it_was_made(dashboard: Dashboard, token: str, path: str) -> None:
    """Pages set their clocks by it."""
    answer = httpx.get(f"{dashboard.url}{path}", headers=bearer(token))
    [made] = answer.headers.get_list("date")
    assert abs(parsedate_to_datetime(made).timestamp() - time.time()) < 60


def test_an_unknown_route_of_the_api_is_json(dashboard: Dashboard, token: str) -> None:
    answer = httpx.get(f"{dashboard.url}/api/no/such/route", headers=bearer(token))
    assert answer.status_code == 404
    assert "detail" in answer.json()


def test_health_needs_no_login(dashboard: Dashboard) -> None:
    answer = httpx.get(f"{dashboard.url}/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "broker": "ok", "store": "ok"}


def test_a_wrong_method_is_json_too(dashboard: Dashboard, token: str) -> None:
    answer = httpx.get(f"{dashboard.url}/api/auth/logout", headers=bearer(token))
    assert answer.status_code == 405
    assert "GET /api/auth/logout" in answer.json()["detail"]


def test_every_page_starts_as_perfwatch(dashboard: Dashboard, token: str) -> None:
    for name in PAGES:
        page = httpx.get(f"{dashboard.url}/{name}", headers=bearer(token)).text
        assert "<title>PerfWatch</title>" in page
        assert '<link rel="icon" href="data:image/svg+xml;base64,' in page
        assert "BACKEND_BASE_URL" in page
