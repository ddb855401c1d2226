from __future__ import annotations

import logging
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from collector.delivery.client import new_client
from collector.delivery.outbox import Outbox
from collector.delivery.publisher import EXPIRY_SECONDS, Publisher
from perfwatch import settings
from perfwatch.topics import Topics
from tests.collector.listener import Listener, retained
from tests.collector.publishing import (
    CPU,
    INFO,
    STATUS,
    SmallBroker,
    address,
    numbers,
    publishing,
    wait_for_line,
)
from tests.faults.proxy import Proxy
from tests.servers import Mosquitto, client, free_port, wait_until


def test_a_reading_is_retained_at_qos_1_and_outlives_the_bridges_session(broker: Mosquitto) -> None:
    with Listener(broker.port) as listener, publishing(address(broker.port)) as publisher:
        publisher.publish({"cpu": b"1"})
        listener.wait_for(CPU, b"1")
    heard = next(message for message in listener.heard if message.topic == CPU)
    assert (heard.qos, heard.retained) == (1, True)
    # The broker passes on what is left of it.
    assert heard.expiry is not None
    assert EXPIRY_SECONDS - 60 <= heard.expiry <= EXPIRY_SECONDS
    assert settings.default("session_expiry") <= EXPIRY_SECONDS


def test_a_retained_copy_may_expire_soon_and_the_bridges_does_not(broker: Mosquitto) -> None:
    with Listener(broker.port) as listener, publishing(address(broker.port), retained_expiry=30) as publisher:
        publisher.publish({"cpu": b"1"})
        wait_until(lambda: len([1 for one in listener.heard if one.topic == CPU]) == 2, "both are heard")
        publisher.show(f"{CPU}/usage_percent", b"1")
        listener.wait_for(f"{CPU}/usage_percent", b"1")
    queued, copy, scalar = (message for message in listener.heard if message.topic.startswith(CPU))
    assert (queued.qos, queued.retained) == (1, False)
    assert queued.expiry is not None
    assert queued.expiry > EXPIRY_SECONDS - 60
    for kept in (copy, scalar):
        assert (kept.qos, kept.retained) == (0, True)
        assert kept.expiry is not None
        assert kept.expiry <= 30
    assert retained(broker.port, CPU) == b"1"


def test_presence_and_facts_are_retained_at_qos_1_and_do_not_expire(broker: Mosquitto) -> None:
    with Listener(broker.port) as listener, publishing(address(broker.port)):
        listener.wait_for(INFO, b'{"hostname":"nas"}')
    heard = {message.topic: message for message in reversed(listener.heard)}
    assert heard[STATUS] == (STATUS, b"online", 1, True, None)
    assert heard[INFO] == (INFO, b'{"hostname":"nas"}', 1, True, None)


def test_facts_that_change_are_published_at_once(broker: Mosquitto) -> None:
    with Listener(broker.port) as listener, publishing(address(broker.port)) as publisher:
        listener.wait_for(INFO, b'{"hostname":"nas"}')
        publisher.describe(b"{}")
        listener.wait_for(INFO, b"{}")


def test_a_clean_stop_says_offline(broker: Mosquitto) -> None:
    with Listener(broker.port) as listener:
        with publishing(address(broker.port)):
            listener.wait_for(STATUS, b"online")
        listener.wait_for(STATUS, b"offline")
    assert retained(broker.port, STATUS) == b"offline"


def test_it_starts_before_the_broker_and_keeps_the_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    port = free_port()
    with publishing(address(port)) as publisher:
        wait_for_line(caplog, f"Cannot reach mqtt://127.0.0.1:{port}")
        for number in numbers(0, 100):
            publisher.publish({"cpu": number})
        with Mosquitto(tmp_path, port=port), Listener(port) as listener:
            publisher.publish({"cpu": b"100"})
            listener.wait_for(CPU, b"100")
            wait_for_line(caplog, "again: ")
    assert listener.topic(CPU)[-1] == b"100"
    # Until the listener was there the broker kept only the newest.
    assert listener.topic(CPU) == sorted(listener.topic(CPU), key=int)


def test_a_broker_that_restarts_gets_everything_in_order_and_presence_again(broker: Mosquitto) -> None:
    with publishing(address(broker.port)) as publisher:
        with Listener(broker.port) as first:
            publisher.publish({"cpu": b"0"})
            first.wait_for(CPU, b"0")
        broker.kill()
        for number in numbers(1, 501):
            publisher.publish({"cpu": number})
        broker.start()
        with Listener(broker.port) as second:
            wait_until(lambda: second.topic(CPU)[-1:] == [b"500"], "the newest reading")
            wait_until(lambda: second.topic(STATUS)[-1:] == [b"online"], "online again")
            wait_until(lambda: second.topic(INFO) != [], "the facts again")
        assert second.topic(CPU) == sorted(second.topic(CPU), key=int)


PERSISTENT = """
persistence true
persistence_location {folder}/
allow_anonymous true
max_inflight_messages 4
max_queued_messages 0
"""


def test_nothing_is_lost_or_doubled_in_the_order_when_the_broker_restarts(tmp_path: Path) -> None:
    """A persistent session at the broker proves it, for it hears even the first that comes back."""
    with Mosquitto(tmp_path, PERSISTENT.format(folder=tmp_path)) as broker:
        subscribe = client("mosquitto_sub", broker.port, "-t", CPU, "-c", "-i", "keeper", "-x", "3600")
        subprocess.run([*subscribe, "-E"], check=True)
        # This broker saves all when it is stopped, so nothing that it took must be sent again.
        with publishing(address(broker.port), Outbox(resend=0)) as publisher:
            publisher.publish({"cpu": b"0"})
            wait_until(lambda: retained(broker.port, CPU) == b"0", "the first reading")
            broker.stop()
            for number in numbers(1, 401):
                publisher.publish({"cpu": number})
            broker.start()
            wait_until(lambda: retained(broker.port, CPU) == b"400", "the newest reading")
        took = subprocess.run([*subscribe, "-C", "401", "-W", "60"], check=True, capture_output=True)
    assert took.stdout.split() == numbers(0, 401)


def test_no_more_is_in_flight_than_the_broker_takes() -> None:
    with SmallBroker() as small, publishing(address(small.port)) as publisher:
        for number in numbers(0, 50):
            publisher.publish({"cpu": number})
        small.accept(receive_maximum=5)
        for identifier in (small.publish(), small.publish()):  # presence and facts
            small.acknowledge(identifier)
        waiting = [small.publish() for _ in range(3)]  # two places are kept for those
        assert small.silent()
        small.acknowledge(waiting[0])
        small.publish()
        assert small.silent()


def test_what_was_in_flight_when_the_connection_broke_goes_before_what_waited() -> None:
    with SmallBroker() as small, publishing(address(small.port)) as publisher:
        for number in numbers(0, 6):
            publisher.publish({"cpu": number})
        small.accept(receive_maximum=5)
        for identifier in (small.publish(), small.publish()):
            small.acknowledge(identifier)
        assert [small.message()[1] for _ in range(3)] == numbers(0, 3)
        small.hang_up()
        small.accept(receive_maximum=5)
        publisher.publish({"cpu": b"6"})
        arrived = []
        for _ in range(9):
            identifier, payload = small.message()
            arrived.append(payload)
            small.acknowledge(identifier)
    assert arrived == [b"online", b'{"hostname":"nas"}', *numbers(0, 7)]


def test_presence_does_not_pile_up_while_the_connection_keeps_breaking() -> None:
    with SmallBroker() as small, publishing(address(small.port)):
        for _ in range(2):
            small.accept(receive_maximum=5)
            assert {small.message()[1] for _ in range(2)} == {b"online", b'{"hostname":"nas"}'}
            assert small.silent()
            small.hang_up()


def test_a_broker_that_hangs_does_not_hold_up_a_stop() -> None:
    with SmallBroker() as small:
        publisher = Publisher(address(small.port), Topics(), "nas")
        publisher.start()
        small.accept(receive_maximum=100)
        small.publish()
        started = time.monotonic()
        publisher.stop(timeout=0.5)
        assert time.monotonic() - started < 30


def test_a_broker_that_was_never_there_does_not_hold_up_a_stop(caplog: pytest.LogCaptureFixture) -> None:
    publisher = Publisher(address(free_port()), Topics(), "nas")
    publisher.start()
    wait_for_line(caplog, "Cannot reach")
    started = time.monotonic()
    publisher.stop(timeout=60)
    assert time.monotonic() - started < 30


def test_small_packets_are_not_held_back(broker: Mosquitto) -> None:
    opened: list[int] = []

    class Watched(socket.socket):
        def setsockopt(self, *option: Any) -> None:
            if option[0] == socket.IPPROTO_TCP and option[2]:
                opened.append(option[1])
            super().setsockopt(*option)

    with pytest.MonkeyPatch.context() as patch, Listener(broker.port) as listener:
        patch.setattr(socket, "socket", Watched)
        with publishing(address(broker.port)):
            listener.wait_for(STATUS, b"online")
    assert socket.TCP_NODELAY in opened


def test_a_connection_that_died_in_silence_is_replaced_by_one(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """paho tells twice that no answer came to its ping; two that come back throw each other out for ever."""
    caplog.set_level(logging.INFO)
    made: list[Any] = []

    def counted(*given: Any) -> Any:
        made.append(new_client(*given))
        return made[-1]

    monkeypatch.setattr("collector.delivery.connection.KEEP_ALIVE_SECONDS", 3)
    monkeypatch.setattr("collector.delivery.connection.new_client", counted)
    with Proxy(broker.port) as proxy, publishing(address(proxy.port)):
        wait_for_line(caplog, "Connected to")
        proxy.cut()
        wait_for_line(caplog, "Lost")
        proxy.mend()
        wait_for_line(caplog, "again:")
    assert len(made) == 2


def test_a_reading_wakes_the_thread_that_sends_it(broker: Mosquitto) -> None:
    """paho looks by itself once a second."""
    with Listener(broker.port) as listener, publishing(address(broker.port)) as publisher:
        listener.wait_for(STATUS, b"online")
        began = time.monotonic()
        for number in numbers(0, 20):
            publisher.publish({"cpu": number})
            listener.wait_for(CPU, number)
        assert time.monotonic() - began < 10
