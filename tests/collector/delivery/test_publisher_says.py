from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest

from collector.delivery.outbox import Outbox
from collector.delivery.publisher import Publisher
from perfwatch.topics import Topics
from tests.collector.listener import retained
from tests.collector.publishing import (
    CPU,
    STATUS,
    SmallBroker,
    address,
    lines,
    numbers,
    publishing,
    wait_for_line,
)
from tests.servers import Mosquitto, wait_until


def test_an_outage_takes_one_line_when_it_begins_and_one_when_it_ends(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with publishing(address(broker.port)) as publisher:
        wait_for_line(caplog, f"Connected to {broker.url}")
        wait_until(lambda: retained(broker.port, STATUS) == b"online", "online")
        caplog.clear()
        broker.kill()
        wait_for_line(caplog, f"Lost {broker.url}")
        publisher.publish({"cpu": b"1"})
        # Long enough for a try or two in between.
        refused = [attempts(broker.port), attempts(broker.port)]
        broker.start()
        wait_for_line(caplog, f"Connected to {broker.url} again: 1 readings waited, 0 dropped")
    assert refused == [1, 1]
    assert len(lines(caplog)) == 2


def attempts(port: int) -> int:
    """Wait until someone tries to connect, and hang up."""
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(60)
        server.accept()[0].close()
    return 1


def test_when_too_much_waits_the_oldest_are_dropped_and_that_is_said(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    broker.kill()
    with publishing(address(broker.port), Outbox(size=3700)) as publisher:
        wait_for_line(caplog, "Cannot reach")
        for number in numbers(10, 30):
            publisher.publish({"cpu": number})
        broker.start()
        wait_for_line(caplog, "12 readings waited, 8 dropped")
        wait_until(lambda: retained(broker.port, CPU) == b"29", "the newest reading")
    assert len([line for line in lines(caplog) if "Too many readings wait" in line]) == 1


def test_a_refusal_says_what_to_check_and_no_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        Mosquitto(tmp_path, "allow_anonymous false\n") as closed,
        publishing(address(closed.port, "collector:hunter2@")),
    ):
        line = wait_for_line(caplog, "refuses us")
    assert line == (
        f"{closed.url} refuses us: Not authorized; check the user name and password in PERFWATCH_BROKER"
    )
    assert "hunter2" not in caplog.text
    assert len(lines(caplog)) == 1


def test_a_reading_that_the_brokers_access_list_refuses_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "acl").write_text("topic readwrite marker\ntopic read #\ntopic write perfwatch/nas/memory\n")
    with (
        Mosquitto(tmp_path, f"allow_anonymous true\nacl_file {tmp_path}/acl\n") as guarded,
        publishing(address(guarded.port)) as publisher,
    ):
        for number in numbers(0, 5):
            publisher.publish({"cpu": number})
        publisher.publish({"memory": b"1"})
        wait_until(lambda: retained(guarded.port, "perfwatch/nas/memory") == b"1", "what is allowed")
    assert lines(caplog) == [
        f"{guarded.url} does not take what we publish (Not authorized): "
        "its access list must let this user write perfwatch/nas/#"
    ]


def test_a_topic_that_may_not_be_read_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    # Mosquitto grants every subscription and sends nothing; others say no.
    with SmallBroker() as small:
        publisher = Publisher(address(small.port), Topics(), "nas")
        publisher.follow("homeassistant/status", lambda _: None)
        publisher.start()
        for _ in range(2):
            small.accept(receive_maximum=100)
            small.refuse_subscription()
            small.acknowledge(small.publish())
            wait_for_line(caplog, "read homeassistant/status")
            small.hang_up()
        publisher.stop(timeout=0.5)
    said = [line for line in lines(caplog) if "homeassistant/status" in line]
    assert said == [
        f"mqtt://127.0.0.1:{small.port} does not let this user read homeassistant/status (Not authorized)"
    ]


def test_two_collectors_of_one_client_id_are_told_so(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    with publishing(address(broker.port)):
        wait_until(lambda: retained(broker.port, STATUS) == b"online", "online")
        with publishing(address(broker.port)):
            wait_for_line(caplog, "does another collector have the host id nas?")


def test_a_broker_that_gives_its_reason_to_hang_up_is_quoted(caplog: pytest.LogCaptureFixture) -> None:
    with SmallBroker() as small, publishing(address(small.port)):
        small.accept(receive_maximum=100)
        small.disconnect(reason=0x8E)
        line = wait_for_line(caplog, "Lost ")
    assert line == (
        f"Lost mqtt://127.0.0.1:{small.port} (Session taken over): does another collector have the host id "
        "nas? Give each its own in PERFWATCH_HOST. Trying more and more seldom, at last every 5 minutes"
    )
