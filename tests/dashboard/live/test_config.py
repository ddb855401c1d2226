"""/api/config and /api/system over real HTTP, with a real collector and a real bridge behind the broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from perfwatch.readings.codec import encode, now
from perfwatch.readings.core import Cpu
from tests.dashboard.live.sockets import publish
from tests.servers import Mosquitto, wait_until
from tests.stack import DEEP, Dashboard, Person, Service


@pytest.fixture(scope="module")
def admin(module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody at a dashboard that knows the collector `nas` and the bridge `one`."""
    folder = Path(tmp_path_factory.mktemp("config"))
    given = {"broker": module_broker.url, "data_dir": str(folder)}
    with ExitStack() as running:
        server = running.enter_context(Dashboard(folder, module_broker.url))
        running.enter_context(Service(["collector"], folder, host="nas", interval="1", **given))
        running.enter_context(Service(["bridge"], folder, bridge_id="one", **given))
        person = Person(server.url)
        wait_until(lambda: bool(config(person, "nas").get("sources")), "nas tells of its sources")
        yield person


def config(person: Person, host: str) -> dict[str, Any]:
    hosts = person.get("/api/config").json()["hosts"]
    return next((one for one in hosts if one["host"] == host), {})


def introduce(broker: Mosquitto, host: str, status: bytes) -> None:
    reading = encode(Cpu(timestamp=now(), usage_percent=1))
    publish(broker, (f"perfwatch/{host}/status", status), (f"perfwatch/{host}/cpu", reading))


def test_a_host_is_changed_and_tells_what_is_in_force(admin: Person) -> None:
    before = config(admin, "nas")
    assert (before["status"], before["config"]["interval"]) == ("online", 1.0)
    assert before["sources"]["cpu"] is None
    command = {"host": "nas", "interval": "2s", "sources": {"processes": False}, "perf_interval": 0.5}
    answer = admin.put("/api/config", command)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["host"], told["config"]["interval"], told["config"]["perf_interval"]) == ("nas", 2.0, 0.5)
    assert told["config"]["sources"]["processes"] is False
    assert told["config"]["sources"]["cpu"] is True
    wait_until(
        lambda: config(admin, "nas")["sources"].get("processes") == "switched off",
        "nas says what it left out",
    )
    back = admin.put("/api/config", {"host": "nas", "interval": None, "sources": None, "perf_interval": None})
    assert back.json()["config"] == before["config"]


@pytest.mark.parametrize(
    ("command", "key", "words"),
    [
        ({"interval": "2 weeks"}, "interval", "nas: interval is '2 weeks', but must be"),
        ({"sources": ["cpu", "moon"]}, "sources", "moon"),
        ({"perf_cores": "9999"}, "perf_cores", "cores of this machine"),
        ({"colour": "red"}, "colour", "the keys are interval"),
    ],
)
def test_what_the_host_refuses_is_told_in_its_words(
    admin: Person, command: dict[str, object], key: str, words: str
) -> None:
    before = config(admin, "nas")["config"]
    answer = admin.put("/api/config", {"host": "nas", **command})
    assert answer.status_code == 422
    assert answer.json()["key"] == key
    assert words in answer.json()["detail"]
    assert config(admin, "nas")["config"] == before


def test_a_host_that_nobody_knows_is_named(admin: Person) -> None:
    answer = admin.put("/api/config", {"host": "moon", "interval": 1})
    assert answer.status_code == 404
    assert "host is 'moon': expected one of" in answer.json()["detail"]
    assert "nas" in answer.json()["detail"]
    bodies: list[object] = [[], {}, {"host": 3}]
    for body in bodies:
        assert admin.put("/api/config", body).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/config"),
        ("PUT", "/api/retention"),
        ("PUT", "/api/auth/password"),
        ("POST", "/api/users"),
        ("PUT", "/api/users/admin"),
    ],
)
def test_a_body_that_is_too_deep_is_explained(admin: Person, method: str, path: str) -> None:
    answer = admin.ask(method, path, content=DEEP)
    assert answer.status_code == 422
    assert "The body must be" in answer.json()["detail"]


def test_a_host_that_does_not_answer_is_named(admin: Person, module_broker: Mosquitto) -> None:
    introduce(module_broker, "silent", b"online")
    introduce(module_broker, "away", b"offline")
    wait_until(lambda: config(admin, "silent") != {} and config(admin, "away") != {}, "both are known")
    answer = admin.put("/api/config", {"host": "silent", "interval": 1})
    assert answer.status_code == 504
    assert "silent did not answer within 5 s" in answer.json()["detail"]
    answer = admin.put("/api/config", {"host": "away", "interval": 1})
    assert answer.status_code == 504
    assert "away is offline" in answer.json()["detail"]
    assert answer.elapsed.total_seconds() < 5


def test_each_part_tells_of_itself(admin: Person) -> None:
    def bridge() -> dict[str, Any]:
        return next((one for one in admin.get("/api/system").json()["bridges"] if one["bridge"] == "one"), {})

    wait_until(lambda: bridge().get("stats") is not None, "the bridge tells its numbers")
    told = admin.get("/api/system").json()
    assert told["dashboard"]["memory_bytes"] > 1_000_000
    assert told["dashboard"]["viewers"] == 0
    assert told["broker"]["connected"] is True
    assert told["broker"]["version"].startswith("mosquitto version")
    assert (told["store"]["kind"], told["store"]["problem"]) == ("SQLite", None)
    assert told["store"]["place"].endswith("history.db")
    assert told["store"]["bytes"] > 0
    one = bridge()
    assert (one["status"], one["stats"]["spooled"], one["stats"]["spool_age_seconds"]) == ("online", 0, None)
    assert one["stats"]["store_away"] is False
    assert one["last_heard"] > "2020"
    (nas,) = [host for host in told["collectors"] if host["host"] == "nas"]
    assert nas["sources"]["memory"] is None


def test_the_tiers_are_counted(admin: Person) -> None:
    wait_until(
        lambda: any(tier["rows"] for tier in admin.get("/api/system/tiers").json()["tiers"]),
        "rows are stored",
    )
    tiers = {tier["name"]: tier for tier in admin.get("/api/system/tiers").json()["tiers"]}
    assert tiers.keys() == {"raw", "1m", "1h"}
    assert tiers["raw"]["oldest"] <= tiers["raw"]["newest"]


def test_a_broker_that_is_away_takes_no_command(broker: Mosquitto, tmp_path: Path) -> None:
    with Dashboard(tmp_path, broker.url) as server:
        admin = Person(server.url)
        introduce(broker, "nas", b"online")
        wait_until(lambda: config(admin, "nas") != {}, "nas is known")
        broker.kill()
        wait_until(lambda: not admin.get("/api/system").json()["broker"]["connected"], "the loss is noticed")
        answer = admin.put("/api/config", {"host": "nas", "interval": 1})
        assert answer.status_code == 503
        assert f"mqtt://127.0.0.1:{broker.port} is away" in answer.json()["detail"]
