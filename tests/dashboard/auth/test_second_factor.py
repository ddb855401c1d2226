"""A second factor over real HTTP: set up, asked for, guessed at, lost."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from dashboard.auth.second_factor import GUESSES
from tests.servers import Mosquitto
from tests.stack import COMMAND, PASSWORD, Dashboard, Person, environment

PATH = "/api/auth/second-factor"


@pytest.fixture(scope="module")
def server(module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with Dashboard(Path(tmp_path_factory.mktemp("second")), module_broker.url) as server:
        yield server


def user(server: Dashboard, name: str) -> Person:
    body = {"username": name, "password": PASSWORD, "role": "viewer"}
    assert Person(server.url).post("/api/users", body).status_code == 201
    return Person(server.url, name)


def log_in(server: Dashboard, name: str, **given: str) -> httpx.Response:
    body = {"username": name, "password": PASSWORD, **given}
    return httpx.post(f"{server.url}/api/auth/login", json=body, timeout=60)


def set_up(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    asked = person.post(PATH, {"current_password": PASSWORD})
    assert asked.status_code == 200, asked.text
    app = pyotp.TOTP(asked.json()["secret"])
    codes = person.put(PATH, {"code": app.now()})
    assert codes.status_code == 200, codes.text
    return app, codes.json()["recovery_codes"]


def later(app: pyotp.TOTP) -> str:
    """A code that was not used yet: the next one is taken too."""
    return app.at(time.time(), counter_offset=1)


def test_a_login_needs_a_code_once_it_is_set_up_and_not_before(server: Dashboard) -> None:
    anna = user(server, "anna")
    asked: Any = anna.post(PATH, {"current_password": PASSWORD}).json()
    assert asked["picture"].startswith("data:image/svg+xml")
    assert anna.put(PATH, {"code": "000000"}).status_code == 403
    assert log_in(server, "anna").status_code == 200
    other = Person(server.url, "anna")
    app, codes = set_up(anna)
    assert anna.get("/api/auth/me").json()["second_factor"] is True
    assert not other.logged_in()
    assert anna.logged_in()
    assert server.log.parent.joinpath("users.json").stat().st_mode & 0o777 == 0o600

    without = log_in(server, "anna")
    assert (without.status_code, without.json()["second_factor"]) == (401, True)
    wrong_password = log_in(server, "anna", password="wrong", code=later(app))
    assert wrong_password.json() == {"detail": "Invalid username or password"}
    code = later(app)
    assert log_in(server, "anna", code=code).status_code == 200
    again = log_in(server, "anna", code=code)
    assert (again.status_code, "used already" in again.text) == (401, True)

    assert log_in(server, "anna", code=codes[0]).status_code == 200
    assert log_in(server, "anna", code=codes[0]).status_code == 401
    assert anna.get("/api/auth/me").json()["recovery_codes"] == len(codes) - 1
    assert "anna logged in from 127.0.0.1 with a recovery code" in server.output()


def test_who_guesses_codes_is_stopped_and_a_recovery_code_lets_the_owner_in(server: Dashboard) -> None:
    _, codes = set_up(user(server, "bob"))
    answers = [log_in(server, "bob", code=f"{number:06}").status_code for number in range(GUESSES + 1)]
    assert answers == [401] * GUESSES + [429]
    assert log_in(server, "bob", code=codes[0]).status_code == 200


def test_it_is_taken_away_by_who_knows_the_password_or_has_the_machine(server: Dashboard) -> None:
    carl = user(server, "carl")
    set_up(carl)
    assert carl.post(f"{PATH}/remove", {"current_password": "wrong"}).status_code == 403
    assert carl.post(f"{PATH}/remove", {"current_password": PASSWORD}).status_code == 200
    assert log_in(server, "carl").status_code == 200
    set_up(carl)
    folder = ("--data-dir", str(server.log.parent))
    command = [*COMMAND, "perfwatch.cli", "user", "remove-second-factor", "carl", *folder]
    subprocess.run(command, env=environment(), check=True)
    assert not carl.logged_in()
    assert log_in(server, "carl").status_code == 200


def test_what_cannot_be_is_said(server: Dashboard) -> None:
    dora = user(server, "dora")
    assert dora.put(PATH, {"code": "000000"}).status_code == 409
    assert dora.post(PATH, {"current_password": "wrong"}).status_code == 403
    token = Person(server.url).post("/api/tokens", {"name": "program"}).json()["token"]
    asked = httpx.post(f"{server.url}{PATH}", headers={"Authorization": f"Bearer {token}"}, json={})
    assert asked.status_code == 409


def test_ones_sessions_are_listed_and_one_is_ended(server: Dashboard) -> None:
    mine = user(server, "emma")
    other = Person(server.url, "emma")
    found = mine.get("/api/auth/sessions").json()["sessions"]
    assert len(found) == 2
    [ended] = [one["id"] for one in found if not one["current"]]
    assert Person(server.url).delete(f"/api/auth/sessions/{ended}").status_code == 404
    assert mine.delete(f"/api/auth/sessions/{ended}").status_code == 200
    assert (mine.logged_in(), other.logged_in()) == (True, False)


def test_a_new_key_ends_every_login_of_a_server_that_runs(server: Dashboard) -> None:
    before = Person(server.url)
    command = [*COMMAND, "perfwatch.cli", "secret", "rotate", "--data-dir", str(server.log.parent)]
    subprocess.run(command, env=environment(), check=True)
    assert not before.logged_in()
    assert Person(server.url).logged_in()
