from __future__ import annotations

import contextlib
import gc
import logging
import select
import socket
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from collector.client import new_client
from collector.outbox import Outbox
from collector.publisher import EXPIRY_SECONDS, Publisher
from perfwatch import settings
from perfwatch.broker import Broker, broker_of
from perfwatch.errors import SettingError
from perfwatch.settings import Settings
from perfwatch.topics import Topics
from tests.collector.listener import Listener, retained
from tests.faults.proxy import Proxy
from tests.servers import Mosquitto, free_port, wait_until

CONFIG, CONFIG_SET, CONFIG_ERROR = (f"perfwatch/nas/config{end}" for end in ("", "/set", "/error"))
STATUS, INFO, CPU = "perfwatch/nas/status", "perfwatch/nas/info", "perfwatch/nas/cpu"


def address(port: int, credentials: str = "", scheme: str = "mqtt", ca_file: str = "") -> Broker:
    url = f"{scheme}://{credentials}127.0.0.1:{port}"
    return broker_of(Settings(broker=url, broker_ca_file=ca_file))


@contextlib.contextmanager
def publishing(broker: Broker, outbox: Outbox | None = None) -> Iterator[Publisher]:
    publisher = Publisher(broker, Topics(), "nas", outbox)
    publisher.describe(b'{"hostname":"nas"}')
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.stop()


def numbers(first: int, last: int) -> list[bytes]:
    return [b"%d" % number for number in range(first, last)]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def wait_for_line(caplog: pytest.LogCaptureFixture, part: str) -> str:
    wait_until(lambda: any(part in line for line in lines(caplog)), f"a log line with {part!r}")
    return next(line for line in lines(caplog) if part in line)


def test_a_reading_is_retained_at_qos_1_and_outlives_the_bridges_session(broker: Mosquitto) -> None:
    with Listener(broker.port) as listener, publishing(address(broker.port)) as publisher:
        publisher.publish("cpu", b"1")
        listener.wait_for(CPU, b"1")
    heard = next(message for message in listener.heard if message.topic == CPU)
    assert (heard.qos, heard.retained) == (1, True)
    # The broker passes on what is left of it.
    assert heard.expiry is not None
    assert EXPIRY_SECONDS - 60 <= heard.expiry <= EXPIRY_SECONDS
    assert settings.default("session_expiry") <= EXPIRY_SECONDS


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
            publisher.publish("cpu", number)
        with Mosquitto(tmp_path, port=port), Listener(port) as listener:
            publisher.publish("cpu", b"100")
            listener.wait_for(CPU, b"100")
            wait_for_line(caplog, "again: ")
    assert listener.topic(CPU)[-1] == b"100"
    # Until the listener was there the broker kept only the newest.
    assert listener.topic(CPU) == sorted(listener.topic(CPU), key=int)


def test_a_broker_that_restarts_gets_everything_in_order_and_presence_again(broker: Mosquitto) -> None:
    with publishing(address(broker.port)) as publisher:
        with Listener(broker.port) as first:
            publisher.publish("cpu", b"0")
            first.wait_for(CPU, b"0")
        broker.kill()
        for number in numbers(1, 501):
            publisher.publish("cpu", number)
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
        subscribe = [
            "mosquitto_sub",
            "-h",
            "127.0.0.1",
            "-p",
            str(broker.port),
            "-V",
            "5",
            "-q",
            "1",
            "-t",
            CPU,
            "-c",
            "-i",
            "keeper",
        ]
        subprocess.run([*subscribe, "-x", "3600", "-E"], check=True)
        # This broker saves all when it is stopped, so nothing that it took must be sent again.
        with publishing(address(broker.port), Outbox(resend=0)) as publisher:
            publisher.publish("cpu", b"0")
            wait_until(lambda: retained(broker.port, CPU) == b"0", "the first reading")
            broker.stop()
            for number in numbers(1, 401):
                publisher.publish("cpu", number)
            broker.start()
            wait_until(lambda: retained(broker.port, CPU) == b"400", "the newest reading")
        took = subprocess.run(
            [*subscribe, "-x", "3600", "-C", "401", "-W", "60"], check=True, capture_output=True
        )
    assert took.stdout.split() == numbers(0, 401)


class SmallBroker:
    """A broker that takes few messages at a time, as Mosquitto does not: it never lets one wait."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]

    def accept(self, receive_maximum: int) -> None:
        self._connection, _ = self._server.accept()
        self._connection.settimeout(60)
        assert self.packet()[0] >> 4 == 1  # CONNECT
        self._connection.sendall(bytes([0x20, 6, 0, 0, 3, 0x21, *divmod(receive_maximum, 256)]))

    def packet(self) -> bytes:
        """The next packet: its first byte and, without the length between, its body."""
        first = self._connection.recv(1)
        length, shift = 0, 0
        while True:
            byte = self._connection.recv(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return first + self._connection.recv(length, socket.MSG_WAITALL)

    def publish(self) -> bytes:
        """The identifier of the PUBLISH that must come next."""
        return self.message()[0]

    def message(self) -> tuple[bytes, bytes]:
        """The identifier and the payload of the PUBLISH that must come next."""
        packet = self.packet()
        assert packet[0] >> 4 == 3
        rest = packet[3 + int.from_bytes(packet[1:3], "big") :]
        properties = rest[2]  # their length, which is under 128 here
        return rest[:2], rest[3 + properties :]

    def hang_up(self) -> None:
        self._connection.close()

    def acknowledge(self, identifier: bytes) -> None:
        self._connection.sendall(b"\x40\x02" + identifier)

    def refuse_subscription(self) -> None:
        """Answer the SUBSCRIBE that must come next: not authorized."""
        packet = self.packet()
        assert packet[0] >> 4 == 8
        self._connection.sendall(b"\x90\x04" + packet[1:3] + b"\x00\x87")

    def disconnect(self, reason: int) -> None:
        self._connection.sendall(bytes([0xE0, 2, reason, 0]))

    def silent(self) -> bool:
        """Whether nothing more comes: no event can tell, so it takes a moment."""
        return not select.select([self._connection], [], [], 0.2)[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._server.close()


def test_no_more_is_in_flight_than_the_broker_takes() -> None:
    with SmallBroker() as small, publishing(address(small.port)) as publisher:
        for number in numbers(0, 50):
            publisher.publish("cpu", number)
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
            publisher.publish("cpu", number)
        small.accept(receive_maximum=5)
        for identifier in (small.publish(), small.publish()):
            small.acknowledge(identifier)
        assert [small.message()[1] for _ in range(3)] == numbers(0, 3)
        small.hang_up()
        small.accept(receive_maximum=5)
        publisher.publish("cpu", b"6")
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
        publisher.publish("cpu", b"1")
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
    with publishing(address(broker.port), Outbox(size=500)) as publisher:
        wait_for_line(caplog, "Cannot reach")
        for number in numbers(10, 30):
            publisher.publish("cpu", number)
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
            publisher.publish("cpu", number)
        publisher.publish("memory", b"1")
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


def test_what_comes_on_a_followed_topic_is_received(broker: Mosquitto) -> None:
    received: list[bytes] = []
    publisher = Publisher(address(broker.port), Topics(), "nas")
    publisher.follow("homeassistant/status", received.append)
    publisher.start()
    wait_until(lambda: retained(broker.port, STATUS) == b"online", "online")

    def heard() -> bool:
        command = [
            "mosquitto_pub",
            "-h",
            "127.0.0.1",
            "-p",
            str(broker.port),
            "-t",
            "homeassistant/status",
            "-m",
            "online",
        ]
        subprocess.run(command, check=True)
        return received != []

    wait_until(heard, "the message")
    publisher.stop()
    assert set(received) == {b"online"}


def test_two_collectors_of_one_name_are_told_so(broker: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    with publishing(address(broker.port)):
        wait_until(lambda: retained(broker.port, STATUS) == b"online", "online")
        with publishing(address(broker.port)):
            wait_for_line(caplog, "does another collector have the host id nas?")


def test_a_broker_that_gives_its_reason_to_hang_up_is_quoted(caplog: pytest.LogCaptureFixture) -> None:
    with SmallBroker() as small, publishing(address(small.port)):
        small.accept(receive_maximum=100)
        small.disconnect(reason=0x8E)
        line = wait_for_line(caplog, "Lost ")
    assert (
        "(Session taken over; another collector has the same host id: give each its own in PERFWATCH_HOST)"
        in line
    )


@contextlib.contextmanager
def commanded(broker: Broker) -> Iterator[tuple[Publisher, list[bytes]]]:
    """A publisher that listens to commands, and what it has heard."""
    commands: list[bytes] = []
    publisher = Publisher(broker, Topics(), "nas")
    publisher.follow(CONFIG_SET, commands.append)
    publisher.announce(CONFIG, b"{}")
    publisher.start()
    try:
        yield publisher, commands
    finally:
        publisher.stop()


def command(port: int, payload: bytes, *options: str) -> None:
    subprocess.run(
        [
            "mosquitto_pub",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-V",
            "5",
            "-q",
            "1",
            "-t",
            CONFIG_SET,
            "-s",
            *options,
        ],
        input=payload,
        check=True,
        capture_output=True,
    )


def is_commanded(port: int, commands: list[bytes]) -> bool:
    command(port, b"?")
    return b"?" in commands


def test_commands_are_heard_also_after_the_broker_was_away(broker: Mosquitto) -> None:
    with commanded(address(broker.port)) as (_, commands):
        wait_until(lambda: is_commanded(broker.port, commands), "a command is heard")
        broker.kill()
        broker.start()
        commands.clear()
        wait_until(lambda: is_commanded(broker.port, commands), "a command is heard again")
        wait_until(lambda: retained(broker.port, CONFIG) == b"{}", "the state in force is there again")


def test_a_command_that_was_left_retained_is_not_heard_at_every_start(broker: Mosquitto) -> None:
    command(broker.port, b"old", "-r")
    with commanded(address(broker.port)) as (_, commands):
        wait_until(lambda: is_commanded(broker.port, commands), "a command is heard")
    assert b"old" not in commands


def test_a_command_larger_than_memory_should_hold_is_kept_away_by_the_broker(broker: Mosquitto) -> None:
    with commanded(address(broker.port)) as (_, commands):
        wait_until(lambda: is_commanded(broker.port, commands), "a command is heard")
        command(broker.port, bytes(2 * 1024 * 1024))
        command(broker.port, b"next")
        wait_until(lambda: b"next" in commands, "the next command")
    assert max(map(len, commands)) == 4


def test_the_state_is_retained_and_an_answer_to_a_bad_command_is_not(broker: Mosquitto) -> None:
    with Listener(broker.port) as listener, commanded(address(broker.port)) as (publisher, _):
        listener.wait_for(CONFIG, b"{}")
        publisher.announce(CONFIG, b'{"interval":2}')
        publisher.answer(CONFIG_ERROR, b'{"key":"x"}')
        listener.wait_for(CONFIG_ERROR, b'{"key":"x"}')
        listener.wait_for(CONFIG, b'{"interval":2}')
    heard = {message.topic: message for message in listener.heard}
    assert heard[CONFIG] == (CONFIG, b'{"interval":2}', 1, True, None)
    assert heard[CONFIG_ERROR] == (CONFIG_ERROR, b'{"key":"x"}', 0, False, None)


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, and its key beside it."""
    made = folder / "cert.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", str(folder / "key.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", *key, *subject, "-out", str(made)],
        check=True,
        capture_output=True,
    )
    return made


@pytest.fixture
def unclosed_sockets_allowed() -> Iterator[None]:
    """paho leaves the socket of a failed handshake to the garbage collector: let it come here."""
    others = threading.active_count()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        wait_until(lambda: threading.active_count() <= others, "paho's threads have let go of it")
        gc.collect()


@pytest.mark.usefixtures("unclosed_sockets_allowed")
def test_over_tls_with_a_ca_of_ones_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trusted = certificate(tmp_path)
    plain = free_port()
    secure = f"allow_anonymous true\ncertfile {trusted}\nkeyfile {tmp_path}/key.pem\n"
    configuration = f"{secure}listener {plain} 127.0.0.1\n"
    with Mosquitto(tmp_path, configuration) as broker:
        with publishing(address(broker.port, scheme="mqtts", ca_file=str(trusted))):
            wait_until(lambda: retained(plain, STATUS) == b"online", "online")
        with publishing(address(broker.port, scheme="mqtts")):
            assert "certificate verify failed" in wait_for_line(caplog, "Cannot reach mqtts://")
        # Within this test, or the next one is blamed for those sockets.
        wait_until(lambda: not [t for t in threading.enumerate() if "collector" in t.name], "paho's end")
        gc.collect()


def test_a_ca_file_that_holds_none_is_a_bad_setting(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")
    with pytest.raises(SettingError, match=r"PERFWATCH_BROKER_CA_FILE.*must hold CA certificates"):
        Publisher(address(8883, scheme="mqtts", ca_file=str(empty)), Topics(), "nas")


def test_a_connection_that_died_in_silence_is_replaced_by_one(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """paho tells twice that no answer came to its ping; two that come back throw each other out for ever."""
    caplog.set_level(logging.INFO)
    made: list[Any] = []

    def counted(*given: Any) -> Any:
        made.append(new_client(*given))
        return made[-1]

    monkeypatch.setattr("collector.publisher.KEEP_ALIVE_SECONDS", 3)
    monkeypatch.setattr("collector.publisher.new_client", counted)
    with Proxy(broker.port) as proxy, publishing(address(proxy.port)):
        wait_for_line(caplog, "Connected to")
        proxy.cut()
        wait_for_line(caplog, "Lost")
        proxy.mend()
        wait_for_line(caplog, "again:")
    assert len(made) == 2
