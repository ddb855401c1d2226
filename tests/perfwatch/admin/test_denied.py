"""What `perfwatch up` tells of publishes that its broker denied."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from perfwatch.admin import denied
from perfwatch.admin.broker_accounts import Integration
from perfwatch.admin.denied import Denials, Denied
from perfwatch.topics import Prefixes
from tests.servers import wait_until
from tests.stack import PASSWORD, Person, Stack

INTEGRATIONS = {
    "ha": Integration("…", "2026-11-01T00:00:00.000Z"),
    "pi": Integration("…", "2026-11-01T00:00:00.000Z", "collector"),
}


def connected(client: str, account: str) -> bytes:
    """As Mosquitto 2.0.11 and 2.0.21 say it."""
    line = f"1795967422: New client connected from 127.0.0.1:43492 as {client} (p5, c1, k60, u'{account}').\n"
    return line.encode()


def publish(client: str, topic: str) -> bytes:
    return f"1795967422: Denied PUBLISH from {client} (d0, q1, r0, m1, '{topic}', ... (1 bytes))\n".encode()


def read(*log: bytes) -> list[Denied]:
    return Denials(Prefixes()).read(b"".join(log), INTEGRATIONS)


def test_a_denial_names_account_topic_time_and_what_to_do() -> None:
    assert read(connected("c 1", "ha"), publish("c 1", "it's/on")) == [
        Denied(
            "ha",
            "it's/on",
            "2026-11-29T15:50:22.000Z",
            """To allow it: perfwatch credentials ha --writes 'it'"'"'s/#'""",
        )
    ]


@pytest.mark.parametrize(
    ("account", "topic", "advice"),
    [
        ("ha", "state", "perfwatch credentials ha --writes state"),
        ("ha", "perfwatch/esp/temperature", "perfwatch credentials ha --writes 'perfwatch/esp/#'"),
        ("pi", "zigbee2mqtt/lamp", "account of its own: perfwatch credentials NAME --writes 'zigbee2mqtt/#'"),
        ("reader", "x/y", "account of its own: perfwatch credentials NAME --writes 'x/#'"),
        ("ha", "$SYS/broker/version", "Nobody may publish there."),
    ],
)
def test_the_advice_is_for_that_account(account: str, topic: str, advice: str) -> None:
    assert read(connected("c", account), publish("c", topic))[0].advice.endswith(advice)


def test_one_account_in_one_family_of_topics_is_told_once() -> None:
    denials = Denials(Prefixes())
    log = connected("c", "ha") + publish("c", "a/1") + publish("c", "a/2")
    assert [one.topic for one in denials.read(log, INTEGRATIONS)] == ["a/1"]
    log = connected("d", "ha") + publish("d", "a/3") + publish("d", "b/1")
    assert [one.topic for one in denials.read(log, INTEGRATIONS)] == ["b/1"]


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denied, "_CLIENTS", 2)
    clients = b"".join(connected(str(number), "ha") for number in range(3))
    assert [
        one.account for one in read(clients, publish("0", "a"), publish("1", "a"), publish("2", "b"))
    ] == [
        "?",
        "ha",
        "ha",
    ]
    flood = (publish("2", f"a{number}/x\x1b" + "y" * 500) for number in range(200))
    told = read(connected("2", "ha"), *flood)
    assert len(told) == denied.TOLD
    assert all(len(one.topic) == 200 and one.topic.isprintable() for one in told)


def test_up_and_the_system_page_tell_of_it_once(tmp_path: Path) -> None:
    with Stack(tmp_path, admin_password=PASSWORD) as stack:
        url = stack.credentials("ha", "--new")

        def publish() -> str:
            command = ["mosquitto_pub", "-V", "5", "-q", "1", "-L", f"{url}/lamp/set", "-m", "1"]
            return subprocess.run(command, capture_output=True, text=True, check=False).stderr

        wait_until(
            lambda: "Publish 1 failed: Not authorized" in publish(), "the account is there, and denied"
        )
        said = "ha may not publish lamp/set. To allow it: perfwatch credentials ha --writes 'lamp/#'"
        wait_until(lambda: said in stack.output(), "up tells of it")
        asked = Person(stack.url).get("/api/system").json()["broker"]["denied"]
        assert [(one["account"], one["topic"]) for one in asked] == [("ha", "lamp/set")]
        stack.credentials("ha", "--writes", "lamp/#")
        wait_until(lambda: publish() == "", "it is allowed")
        log = (stack.folder / "data" / "logs" / "mosquitto.log").read_text()
    assert stack.output().count(said) == 1
    assert "Received" not in log
    assert "running" in log
