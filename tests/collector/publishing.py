"""Publishers of tests, and a broker that does what Mosquitto never does."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator
from typing import Self

import pytest

from collector.delivery.outbox import Outbox
from collector.delivery.publisher import EXPIRY_SECONDS, Publisher
from perfwatch.broker import Broker, broker_of
from perfwatch.settings import Settings
from perfwatch.topics import Topics
from tests.servers import wait_until

CONFIG, CONFIG_SET, CONFIG_ERROR = (f"perfwatch/nas/config{end}" for end in ("", "/set", "/error"))
STATUS, INFO, CPU = "perfwatch/nas/status", "perfwatch/nas/info", "perfwatch/nas/cpu"


def address(port: int, credentials: str = "", scheme: str = "mqtt", ca_file: str = "") -> Broker:
    url = f"{scheme}://{credentials}127.0.0.1:{port}"
    return broker_of(Settings(broker=url, broker_ca_file=ca_file))


@contextlib.contextmanager
def publishing(
    broker: Broker, outbox: Outbox | None = None, retained_expiry: float = EXPIRY_SECONDS
) -> Iterator[Publisher]:
    name = "perfwatch-collector-nas"
    publisher = Publisher(broker, Topics(), "nas", outbox, name, retained_expiry)
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


class SmallBroker:
    """A broker that takes few messages at a time, as Mosquitto does not: it never lets one wait."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]

    def accept(self, receive_maximum: int, *more: int) -> None:
        """Answer a CONNECT with those properties, and with `more` of them as bytes."""
        self.connect()
        properties = [0x21, *divmod(receive_maximum, 256), *more]
        self._connection.sendall(bytes([0x20, 3 + len(properties), 0, 0, len(properties), *properties]))

    def connect(self) -> bytes:
        """The CONNECT that must come next: its first byte and its body."""
        self._connection, _ = self._server.accept()
        self._connection.settimeout(60)
        packet = self.packet()
        assert packet[0] >> 4 == 1
        return packet

    def refuse(self, reason: int) -> None:
        """Answer the CONNECT so, and hang up."""
        self._connection.sendall(bytes([0x20, 3, 0, reason, 0]))
        self._connection.close()

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

    def acknowledge(self, identifier: bytes, reason: bytes = b"") -> None:
        """With a reason, if it is not success, and a property that nobody needs: why."""
        more = reason and reason + b"\x04\x1f\x00\x01x"
        self._connection.sendall(bytes([0x40, 2 + len(more)]) + identifier + more)

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
