"""Logging in and out over real HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from dashboard.auth.throttle import BURST, SECONDS_EACH
from tests.servers import Mosquitto, wait_until
from tests.stack import DEEP, PASSWORD, Dashboard, bearer, log_in

RIGHT = {"username": "admin", "password": PASSWORD}
WRONG = {"username": "admin", "password": "wrong"}


def login(
    url: str, body: object, source: str = "127.0.0.1", headers: dict[str, str] | None = None
) -> httpx.Response:
    """Log in from one of this machine's many loopback addresses."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=source)) as client:
        return client.post(f"{url}/api/auth/login", json=body, timeout=30, headers=headers)


@pytest.fixture
def fresh(broker: Mosquitto, tmp_path: Path) -> Iterator[Dashboard]:
    """A server of its own, for tests that make it angry or restart it."""
    with Dashboard(tmp_path, broker.url) as server:
        yield server


def test_the_right_password_gives_a_bearer_token_and_a_private_cookie(dashboard: Dashboard) -> None:
    answer = login(dashboard.url, RIGHT)
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 86400)
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith("perfwatch_session=")]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()


@pytest.mark.parametrize(
    "body", [WRONG, {"username": "nobody", "password": PASSWORD}, {"username": "", "password": ""}]
)
def test_anything_else_is_refused_with_the_same_words(dashboard: Dashboard, body: dict[str, str]) -> None:
    answer = login(dashboard.url, body)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Invalid username or password"}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"username":"admin"}', b'{"username":1,"password":2}', b"\xff", DEEP]
)
def test_a_body_that_is_no_login_is_explained(dashboard: Dashboard, body: bytes) -> None:
    answer = httpx.post(f"{dashboard.url}/api/auth/login", content=body)
    assert answer.status_code == 422
    assert "username" in answer.json()["detail"]


def test_me_tells_who_and_until_when(dashboard: Dashboard, token: str) -> None:
    answer = httpx.get(f"{dashboard.url}/api/auth/me", headers=bearer(token))
    assert answer.json()["username"] == "admin"
    left = datetime.fromisoformat(answer.json()["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)


def test_the_cookie_is_as_good_as_the_token(dashboard: Dashboard, token: str) -> None:
    cookies = {"perfwatch_session": token}
    assert httpx.get(f"{dashboard.url}/api/auth/me", cookies=cookies).status_code == 200


def test_without_a_token_the_api_answers_401(dashboard: Dashboard) -> None:
    for headers in (
        {},
        bearer("nonsense"),
        {"Authorization": "Basic YTpi"},
        {"Cookie": "perfwatch_session=x"},
    ):
        answer = httpx.get(f"{dashboard.url}/api/auth/me", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "detail" in answer.json()


def test_logging_out_ends_the_session_for_good(fresh: Dashboard) -> None:
    token, other = log_in(fresh.url), log_in(fresh.url)
    assert httpx.post(f"{fresh.url}/api/auth/logout", headers=bearer(token)).status_code == 200
    assert httpx.get(f"{fresh.url}/api/auth/me", headers=bearer(token)).status_code == 401
    fresh.end()
    fresh.start()
    assert httpx.get(f"{fresh.url}/api/auth/me", headers=bearer(token)).status_code == 401
    assert httpx.get(f"{fresh.url}/api/auth/me", headers=bearer(other)).status_code == 200


def refused_at_last(guess: Callable[[int], httpx.Response]) -> httpx.Response:
    """Guess until it is refused: a slow machine is forgiven a few more. Returns the refusal."""
    answers = [guess(0)]
    while answers[-1].status_code == 401 and len(answers) < 4 * BURST:
        answers.append(guess(len(answers)))
    assert {answer.status_code for answer in answers[:BURST]} == {401}
    assert answers[-1].status_code == 429
    return answers[-1]


async def test_guesses_sent_at_once_are_no_faster_than_one_after_the_other(fresh: Dashboard) -> None:
    login = "/api/auth/login"
    transport = httpx.AsyncHTTPTransport(local_address="127.0.1.1")
    async with (
        httpx.AsyncClient(base_url=fresh.url) as owner,
        httpx.AsyncClient(base_url=fresh.url, transport=transport) as stranger,
    ):
        (await owner.post(login, json=RIGHT)).raise_for_status()
        began = time.monotonic()
        answers = await asyncio.gather(*(stranger.post(login, json=WRONG) for _ in range(40)))
        allowed = BURST + (time.monotonic() - began) // SECONDS_EACH
        assert (await owner.post(login, json=RIGHT)).status_code == 200
    codes = Counter(answer.status_code for answer in answers)
    assert BURST <= codes[401] <= allowed
    assert codes[401] + codes[429] == 40


def test_guessing_is_slowed_down_whatever_address_it_claims(fresh: Dashboard) -> None:
    answer = refused_at_last(
        lambda number: login(fresh.url, WRONG, headers={"X-Forwarded-For": f"10.0.0.{number}"})
    )
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert "try again" in answer.json()["detail"]


def test_a_named_proxy_is_believed(broker: Mosquitto, tmp_path: Path) -> None:
    with Dashboard(tmp_path, broker.url, trusted_proxy="127.0.0.1") as server:
        codes = {
            login(
                server.url,
                {**WRONG, "username": f"user{number}"},
                headers={"X-Forwarded-For": f"10.0.0.{number}"},
            ).status_code
            for number in range(BURST + 5)
        }
    assert codes == {401}


def test_guessing_from_many_addresses_is_slowed_down_too(fresh: Dashboard) -> None:
    refused_at_last(lambda number: login(fresh.url, WRONG, f"127.0.1.{number + 1}"))


def test_a_stranger_cannot_lock_the_owner_out(fresh: Dashboard) -> None:
    with httpx.Client(base_url=fresh.url) as owner:
        owner.post("/api/auth/login", json=RIGHT).raise_for_status()
        for number in range(BURST + 2):
            login(fresh.url, WRONG, f"127.0.1.{number + 1}")

        def locked_out() -> bool:
            for _ in range(BURST + 2):
                login(fresh.url, WRONG)
            return login(fresh.url, RIGHT).status_code == 429

        wait_until(locked_out, "a stranger's address is refused, whatever it sends")
        # The owner's browser was here before: it is not counted with the strangers at its address.
        assert owner.post("/api/auth/login", json=RIGHT).status_code == 200
    # From an address that is new, the right password is slow but good.
    assert login(fresh.url, RIGHT, "127.0.2.1").status_code == 200


def test_a_device_cookie_is_no_session_and_can_be_throttled(fresh: Dashboard) -> None:
    with httpx.Client(base_url=fresh.url) as owner:
        owner.post("/api/auth/login", json=RIGHT).raise_for_status()
        device = owner.cookies["perfwatch_device"]
        assert httpx.get(f"{fresh.url}/api/auth/me", headers=bearer(device)).status_code == 401
        refused_at_last(lambda _: owner.post("/api/auth/login", json=WRONG))


def test_nothing_secret_is_logged(fresh: Dashboard) -> None:
    token = log_in(fresh.url)
    login(fresh.url, {"username": "admin", "password": "wrong-but-secret"})
    httpx.get(f"{fresh.url}/api/ws/metrics", params={"token": token})
    for address in (f"/api/ws/metrics?token={token}", f"/api/ws/metrics?token={token}x"):
        with connect(f"ws://127.0.0.1:{fresh.port}{address}"):
            pass
    fresh.end()
    assert token not in fresh.output()
    assert "wrong-but-secret" not in fresh.output()
    assert PASSWORD not in fresh.output()


def test_a_login_from_another_site_is_refused(dashboard: Dashboard) -> None:
    for origin in (
        "http://evil.example",
        f"https://127.0.0.1:{dashboard.port}",
        "http://127.0.0.1:1",
        "null",
        "http://[",
    ):
        answer = httpx.post(
            f"{dashboard.url}/api/auth/login", content=json.dumps(RIGHT), headers={"Origin": origin}
        )
        assert answer.status_code == 403
        assert origin in answer.json()["detail"]
    same = {"Origin": dashboard.url}
    assert httpx.post(f"{dashboard.url}/api/auth/login", json=RIGHT, headers=same).status_code == 200
