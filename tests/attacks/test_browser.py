"""What a browser is told and asked: names, cookies and headers, over HTTP and over HTTPS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from dashboard.server import PAGES
from dashboard.web.browsers import only_ours
from tests.browser import chromium
from tests.certificates import self_signed
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard, bearer, log_in

ORIGIN, WALL = "https://watch.example.org", "https://wall.example.org:8443"
LOGIN = {"username": "admin", "password": PASSWORD}


@pytest.fixture(scope="module")
def module_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(Path(tmp_path_factory.mktemp("broker"))) as broker:
        yield broker


@pytest.fixture(scope="module")
def server(module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = Path(tmp_path_factory.mktemp("dashboard"))
    with Dashboard(
        folder, module_broker.url, allowed_origin=f"{ORIGIN}, {WALL}/", allowed_hosts="nas.example.org"
    ) as server:
        yield server


@pytest.mark.parametrize(
    ("origin", "allowed"), [(ORIGIN, True), (WALL, True), ("https://evil.example", False)]
)
def test_pages_of_allowed_origins_may_use_a_token_and_no_cookie(
    server: Dashboard, origin: str, allowed: bool
) -> None:
    url, given = f"{server.url}/api/summary", origin if allowed else None
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    before = httpx.options(url, headers=asked | {"Origin": origin})
    assert before.is_success == allowed
    assert before.headers.get("access-control-allow-origin") == given
    answer = httpx.get(url, headers=bearer(log_in(server.url)) | {"Origin": origin})
    assert answer.headers.get("access-control-allow-origin") == given
    assert "access-control-allow-credentials" not in {*before.headers, *answer.headers}


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.nip.io", "watch.example.org.evil.com"])
def test_a_strangers_name_for_us_is_refused(server: Dashboard, host: str) -> None:
    for path in ("/health", "/login", "/api/hosts", "/assets/tokens.css"):
        answer = httpx.get(f"{server.url}{path}", headers={"Host": host})
        assert (answer.status_code, "PERFWATCH_ALLOWED_HOSTS" in answer.text) == (421, True)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8000",
        "[::1]:8000",
        "localhost",
        "nas",
        "nas.local",
        "NAS.example.org:80",
        "watch.example.org",
    ],
)
def test_our_names_are_answered(server: Dashboard, host: str) -> None:
    assert httpx.get(f"{server.url}/health", headers={"Host": host}).status_code == 200


def test_a_name_that_nobody_can_register_is_ours() -> None:
    assert all(map(only_ours, (None, "", "nas", "nas.lan", "10.0.0.1", "fe80::1")))
    assert not any(map(only_ours, ("nas.example.org", "lan.example.org", "1.2.3.4.example")))


def cookies(answer: httpx.Response) -> list[str]:
    return answer.headers.get_list("set-cookie")


def test_a_cookie_for_https_cannot_be_set_or_read_elsewhere(server: Dashboard) -> None:
    answer = httpx.post(f"{server.url}/api/auth/login", json=LOGIN, headers={"Host": "watch.example.org"})
    assert len(cookies(answer)) == 2
    for cookie in cookies(answer):
        assert cookie.startswith("__Host-perfwatch_")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert answer.headers["strict-transport-security"]
    token = answer.json()["access_token"]
    for name, code in (("perfwatch_session", 401), ("__Host-perfwatch_session", 200)):
        headers = {"Host": "watch.example.org", "Cookie": f"{name}={token}"}
        assert httpx.get(f"{server.url}/api/auth/me", headers=headers).status_code == code


def test_over_http_there_is_no_secure_cookie_that_browsers_would_drop(server: Dashboard) -> None:
    answer = httpx.post(f"{server.url}/api/auth/login", json=LOGIN)
    assert all(cookie.startswith("perfwatch_") and "Secure" not in cookie for cookie in cookies(answer))
    assert "strict-transport-security" not in answer.headers


def test_every_answer_tells_browsers_what_it_may_do(server: Dashboard) -> None:
    token = log_in(server.url)
    for path in ("/login", "/live", "/api/hosts", "/no/such/page", "/_stcore/health", "/health"):
        headers = httpx.get(f"{server.url}{path}", headers=bearer(token)).headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "script-src 'self' 'unsafe-inline'" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
    for path in ("/api/hosts", "/api/auth/me", "/api/system", "/api/no/such"):
        assert "no-store" in httpx.get(f"{server.url}{path}", headers=bearer(token)).headers["cache-control"]


def test_https_with_a_certificate_of_ones_own(module_broker: Mosquitto, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, "IP:127.0.0.1")
    files = {"cert_file": str(certificate), "key_file": str(tmp_path / "key.pem")}
    with Dashboard(tmp_path, module_broker.url, **files) as server:
        context = ssl.create_default_context(cafile=str(certificate))
        url = server.url.replace("http://", "https://")
        answer = httpx.post(f"{url}/api/auth/login", json=LOGIN, verify=context)
        assert answer.status_code == 200
        assert all(cookie.startswith("__Host-") for cookie in cookies(answer))


@pytest.mark.browser
@pytest.mark.parametrize("page_name", PAGES)
def test_the_policy_lets_every_page_work(server: Dashboard, page_name: str) -> None:
    said: list[str] = []
    with chromium() as browser:
        context = browser.new_context()
        assert context.request.post(f"{server.url}/api/auth/login", data=LOGIN).ok
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{server.url}/{page_name}")
        expect(page.get_by_test_id("logout")).to_be_visible()
        expect(page.locator("#early")).to_have_count(0)
        page.wait_for_load_state("networkidle")
    assert said == []
