"""The MQTT client: against a real Mosquitto, and against a peer that does what Mosquitto never would."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mqtt5
import pytest

from perfwatch.broker import Broker
from perfwatch.errors import BrokerError, Refused
from perfwatch.mqtt.client import Client, Message, QoS, Will
from tests.certificates import self_signed
from tests.servers import Mosquitto, free_port

WELCOME = mqtt5.ConnAckPacket().write()


def address(port: int, **changed: Any) -> Broker:
    plain: dict[str, Any] = {"username": None, "password": None, "tls": False, "ca_file": None}
    return Broker(host="127.0.0.1", port=port, **(plain | changed))


async def take(client: Client, count: int) -> list[Message]:
    """The next `count` messages; fails when they do not come."""
    taken: list[Message] = []
    async with asyncio.timeout(60):
        async for message in client.messages():
            taken.append(message)
            if len(taken) == count:
                break
    return taken


# Against Mosquitto


async def test_a_message_comes_with_all_that_it_has(broker: Mosquitto) -> None:
    async with Client(address(broker.port), client_id="a") as client:
        await client.subscribe("x/+")
        await client.publish("x/y", b"\x00\xff", qos=1)
        [message] = await take(client, 1)
    assert (message.topic, message.payload, message.qos, message.retain) == ("x/y", b"\x00\xff", 1, False)
    assert message.packet_id
    assert not message.duplicate


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_message_that_is_too_large_comes_without_what_it_had(broker: Mosquitto, qos: QoS) -> None:
    async with (
        Client(address(broker.port), client_id="a", oversized=b"much") as client,
        Client(address(broker.port)) as sender,
    ):
        await client.subscribe("x/+")
        for payload in (b"before", b"\xff" * 10_000_000, b"after"):
            await sender.publish("x/y", payload, qos=qos)
        messages = await take(client, 3)
    assert [(one.topic, one.payload) for one in messages] == [
        *(("x/y", payload) for payload in (b"before", b"much", b"after"))
    ]


async def test_without_a_stand_in_it_does_not_come(broker: Mosquitto) -> None:
    async with Client(address(broker.port)) as client, Client(address(broker.port)) as sender:
        await client.subscribe("x")
        for payload in (b"\xff" * 2_000_000, b"after"):
            await sender.publish("x", payload, qos=1)
        assert [one.payload for one in await take(client, 1)] == [b"after"]


async def test_what_is_not_acknowledged_comes_again_and_what_is_does_not(broker: Mosquitto) -> None:
    def connect() -> Client:
        return Client(address(broker.port), client_id="a", session_expiry=60, manual_ack=True)

    async with connect() as client:
        assert not client.session_present
        await client.subscribe("x")
        for number in range(4):
            await client.publish("x", str(number).encode(), qos=1)
        messages = await take(client, 4)
        client.puback(*messages[:2])
    async with connect() as client:
        assert client.session_present
        again = await take(client, 2)
    assert [(message.payload, message.duplicate) for message in again] == [(b"2", True), (b"3", True)]


async def test_the_broker_sends_no_more_than_the_receive_maximum_ahead(broker: Mosquitto) -> None:
    async with (
        Client(address(broker.port), client_id="a", receive_max=3, manual_ack=True) as client,
        Client(address(broker.port), client_id="b") as other,
    ):
        await client.subscribe("x")
        for number in range(5):
            await other.publish("x", str(number).encode(), qos=1)
        first = await take(client, 3)
        # Of what the broker had sent before it answers this, nothing is still on its way.
        await client.publish("y", b"", qos=1)
        assert client.waiting() == []
        client.puback(*first)
        assert [message.payload for message in await take(client, 2)] == [b"3", b"4"]


async def test_messages_are_acknowledged_as_they_are_given_out(broker: Mosquitto) -> None:
    def connect() -> Client:
        return Client(address(broker.port), client_id="a", session_expiry=60)

    async with connect() as client:
        await client.subscribe("x")
        for number in range(3):
            await client.publish("x", str(number).encode(), qos=1)
        await take(client, 2)
    async with connect() as client:
        assert [message.payload for message in await take(client, 1)] == [b"2"]


async def test_without_an_id_the_broker_chooses_one(broker: Mosquitto) -> None:
    async with Client(address(broker.port)) as one, Client(address(broker.port)) as other:
        await one.subscribe("x")
        await other.publish("x", b"hello", qos=1)
        assert [message.payload for message in await take(one, 1)] == [b"hello"]


async def test_several_patterns_are_one_subscription_each(broker: Mosquitto) -> None:
    async with Client(address(broker.port)) as client:
        await client.subscribe("x", "y/+", qos=0)
        for topic in ("x", "y/z", "z"):
            await client.publish(topic, b"", qos=1)
        assert [(one.topic, one.qos) for one in await take(client, 2)] == [("x", 0), ("y/z", 0)]
        assert client.waiting() == []


async def test_what_the_broker_says_it_would_not_take_is_not_sent(tmp_path: Path) -> None:
    bounds = "allow_anonymous true\nmax_packet_size 2000\nretain_available false\n"
    with Mosquitto(tmp_path, bounds) as server:
        async with Client(address(server.port)) as client:
            assert client.limits.packet_size == 2000
            assert not client.limits.retain
            await client.subscribe("x")
            with pytest.raises(Refused, match=r"published on x: it has 30\d\d bytes, and it takes 2000"):
                await client.publish("x", bytes(3000), qos=1)
            with pytest.raises(Refused, match="published on x: it has to be retained"):
                await client.publish("x", b"", retain=True)
            await client.publish("x", b"small", qos=1)
            assert [message.payload for message in await take(client, 1)] == [b"small"]


async def test_what_came_during_a_rest_is_there_after_it(broker: Mosquitto) -> None:
    async with Client(address(broker.port)) as client, Client(address(broker.port)) as other:
        await client.subscribe("x")
        async with asyncio.TaskGroup() as group:
            group.create_task(client.rest(0.05))
            group.create_task(other.publish("x", b"hello", qos=1))
        assert [message.payload for message in await take(client, 1)] == [b"hello"]


async def test_messages_gather_until_there_are_enough_or_it_is_time(broker: Mosquitto) -> None:
    async with Client(address(broker.port), client_id="a") as client:
        await client.subscribe("x")
        for content in (b"1", b"2"):
            await client.publish("x", content, qos=1)
        assert await client.gathered(2)
        assert not await client.gathered(3, 0.01)
        assert [message.payload for message in client.waiting()] == [b"1", b"2"]


async def test_as_many_as_the_broker_may_send_are_enough(broker: Mosquitto) -> None:
    async with Client(address(broker.port), client_id="a", receive_max=2) as client:
        await client.subscribe("x")
        for content in (b"1", b"2", b"3"):
            await client.publish("x", content, qos=1)
        async with asyncio.timeout(60):
            assert await client.gathered(100, 3600)
        assert len(client.waiting()) == 2


async def test_what_came_before_the_connection_was_lost_is_gathered_yet(broker: Mosquitto) -> None:
    async with Client(address(broker.port), client_id="a") as client:
        await client.subscribe("x")
        await client.publish("x", b"1", qos=1)
        await client.gathered(1)
        broker.kill()
        async with asyncio.timeout(60):
            assert not await client.gathered(2)
        assert len(client.waiting()) == 1
        with pytest.raises(BrokerError):
            await client.gathered(1)


async def test_retained_messages_come_with_a_new_subscription_only(broker: Mosquitto) -> None:
    async with Client(address(broker.port), client_id="a", session_expiry=60) as client:
        await client.publish("x", b"kept", qos=1, retain=True)
        await client.subscribe("x")
        await take(client, 1)
        await client.subscribe("x")
        await client.publish("y", b"", qos=1)
        assert client.waiting() == []


async def test_a_large_message_arrives_whole(broker: Mosquitto) -> None:
    large = bytes(range(256)) * 3000
    async with Client(address(broker.port), client_id="a") as client:
        await client.subscribe("x")
        await client.publish("x", large, qos=1)
        [message] = await take(client, 1)
    assert message.payload == large


@pytest.mark.parametrize(("crash", "expected"), [(False, b"online"), (True, b"offline")])
async def test_the_will_is_published_unless_the_block_is_left_in_order(
    broker: Mosquitto, crash: bool, expected: bytes
) -> None:
    will = Will("status", payload=b"offline", qos=QoS.AT_LEAST_ONCE, retain=True)
    try:
        async with Client(address(broker.port), client_id="a", will=will) as client:
            await client.publish("status", b"online", qos=1, retain=True)
            if crash:
                raise LookupError
    except LookupError:
        pass
    async with Client(address(broker.port), client_id="b") as other:
        await other.subscribe("status")
        [message] = await take(other, 1)
    assert message.payload == expected


async def test_a_wrong_password_is_refused_in_a_sentence(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    with Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}\n") as server:
        broker = address(server.port, username="bridge", password="hunter2")
        with pytest.raises(BrokerError, match=r"refused us: .*check the user.* PERFWATCH_BROKER") as caught:
            async with Client(broker, client_id="a"):
                pass
    assert "hunter2" not in str(caught.value)


async def test_a_refused_publish_is_said(tmp_path: Path) -> None:
    rules = tmp_path / "acl"
    rules.write_text("topic read #\n")
    rules.chmod(0o600)
    with Mosquitto(tmp_path, f"allow_anonymous true\nacl_file {rules}\n") as server:
        async with Client(address(server.port), client_id="a") as client:
            with pytest.raises(Refused, match="refused what was published on x: not authorized"):
                await client.publish("x", b"", qos=1)


async def test_a_second_client_of_the_same_name_ends_the_first(broker: Mosquitto) -> None:
    first, second = (Client(address(broker.port), client_id="a") for _ in range(2))
    async with first, second:
        with pytest.raises(BrokerError):
            await take(first, 1)


async def test_a_broker_that_goes_away_is_noticed(broker: Mosquitto) -> None:
    async with Client(address(broker.port), client_id="a") as client:
        await client.subscribe("x")
        broker.kill()
        with pytest.raises(BrokerError, match="closed the connection"):
            await take(client, 1)
        with pytest.raises(BrokerError):
            await client.publish("x", b"")
        client.puback(mqtt5.PublishPacket("x", b"", qos=QoS.AT_LEAST_ONCE, packet_id=1))


async def test_nobody_there_is_said() -> None:
    with pytest.raises(BrokerError, match=r"mqtt://127\.0\.0\.1:\d+ cannot be reached"):
        async with Client(address(free_port()), client_id="a"):
            pass


async def test_tls_trusts_the_given_ca_file_and_nobody_else(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, "IP:127.0.0.1")
    secure = f"allow_anonymous true\ncertfile {certificate}\nkeyfile {tmp_path}/key.pem\n"
    with Mosquitto(tmp_path, secure) as server:
        broker = address(server.port, tls=True, ca_file=str(certificate))
        async with Client(broker, client_id="a") as client:
            await client.subscribe("x")
            await client.publish("x", b"hidden", qos=1)
            assert [message.payload for message in await take(client, 1)] == [b"hidden"]
        with pytest.raises(BrokerError, match="certificate verify failed"):
            async with Client(address(server.port, tls=True), client_id="a"):
                pass


# Against a peer of our own

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def peer(script: Script) -> AsyncIterator[Broker]:
    """A broker that welcomes one client, then follows `script`, then waits for the client to leave."""

    gone = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await receive(reader)
            await script(reader, writer)
            await reader.read()
        except ConnectionError:
            pass  # the client left before the script's end
        finally:
            writer.transport.abort()
            gone.set()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield address(server.sockets[0].getsockname()[1])
        await gone.wait()


async def receive(reader: asyncio.StreamReader) -> mqtt5.Packet:
    """The next packet that the client sends."""
    data = b""
    while True:
        data += await reader.readexactly(1)
        try:
            return mqtt5.read(memoryview(data))[0]
        except IndexError:
            continue


def publish(number: int, topic: str = "x", qos: QoS = QoS.AT_LEAST_ONCE) -> bytes:
    packet_id = None if qos == QoS.AT_MOST_ONCE else number
    return mqtt5.PublishPacket(topic, str(number).encode() * 60, qos=qos, packet_id=packet_id).write()


async def test_packets_may_come_a_byte_at_a_time() -> None:
    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in WELCOME + publish(1) + publish(2):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    async with peer(script) as broker, Client(broker, client_id="a") as client:
        assert [message.packet_id for message in await take(client, 2)] == [1, 2]


async def test_packets_may_come_all_at_once_and_cut_anywhere() -> None:
    stream = WELCOME + b"".join(publish(number) for number in range(1, 40))

    for cut in (1, len(WELCOME), len(WELCOME) + 1, len(stream) // 2, len(stream) - 1):

        async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: int = cut) -> None:
            writer.write(stream[:cut])
            await writer.drain()
            writer.write(stream[cut:])

        async with peer(script) as broker, Client(broker, client_id="a") as client:
            assert [message.packet_id for message in await take(client, 39)] == list(range(1, 40))


async def test_acknowledgements_go_out_in_the_order_given() -> None:
    acknowledged: asyncio.Queue[int] = asyncio.Queue()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME + publish(7) + publish(3) + publish(9, qos=QoS.AT_MOST_ONCE) + publish(5))
        for _ in range(3):
            packet = await receive(reader)
            assert isinstance(packet, mqtt5.PubAckPacket)
            acknowledged.put_nowait(packet.packet_id)

    async with peer(script) as broker, Client(broker, client_id="a", manual_ack=True) as client:
        client.puback(*await take(client, 4))
        assert [await acknowledged.get() for _ in range(3)] == [7, 3, 5]


async def test_a_broker_may_say_why_it_ends_the_connection() -> None:
    reason = mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME + mqtt5.DisconnectPacket(reason_code=reason).write())

    async with peer(script) as broker, Client(broker, client_id="a") as client:
        with pytest.raises(BrokerError, match="session taken over; is there another client called 'a'"):
            await take(client, 1)


NONSENSE = {
    "an unknown packet": b"\x00\x00",
    "an endless length": b"\x30\xff\xff\xff\xff\x01",
    "a quality that does not exist": b"\x36\x03\x00\x00\x00",
    "a topic that is not UTF-8": b"\x30\x05\x00\x02\xff\xfe\x00",
    "a quality that was not asked for": publish(1, qos=QoS.EXACTLY_ONCE),
    "a packet that only clients send": mqtt5.PingReqPacket().write(),
    "a second welcome": WELCOME,
}


# mqtt5 reports a text that is not UTF-8 twice: as an exception, and as one that nobody could catch.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_ends_the_connection(nonsense: bytes) -> None:
    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME + nonsense)

    async with peer(script) as broker, Client(broker, client_id="a") as client:
        with pytest.raises(BrokerError, match=r"sent what is not MQTT 5|sent an unexpected"):
            await take(client, 1)


async def test_a_packet_past_the_agreed_size_ends_the_connection() -> None:
    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME + b"\x30\xff\xff\xff\x7f" + bytes(3 * 1024 * 1024))

    async with peer(script) as broker, Client(broker, client_id="a") as client:
        with pytest.raises(BrokerError, match="sent a packet of more than 1048576 bytes"):
            await take(client, 1)


async def test_a_peer_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwatch.mqtt.client.ANSWER_SECONDS", 0.1)

    async def script(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None: ...

    async with peer(script) as broker:
        with pytest.raises(BrokerError, match="does not answer"):
            async with Client(broker, client_id="a"):
                pass


async def test_an_answer_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME)

    async with peer(script) as broker, Client(broker, client_id="a") as client:
        monkeypatch.setattr("perfwatch.mqtt.client.ANSWER_SECONDS", 0.1)
        with pytest.raises(BrokerError, match="does not answer"):
            await client.publish("x", b"", qos=1)


async def test_a_silent_broker_is_pinged_then_given_up() -> None:
    pings: list[mqtt5.Packet] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME)
        pings.append(await receive(reader))

    async with peer(script) as broker, Client(broker, client_id="a", keep_alive=1) as client:
        with pytest.raises(BrokerError, match=r"has been silent for \d+\.\d s"):
            await take(client, 1)
    assert [type(packet) for packet in pings] == [mqtt5.PingReqPacket]


async def test_a_broker_that_answers_pings_is_kept() -> None:
    enough = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME)
        for _ in range(4):  # twice a second: longer than the silence that it takes to be given up
            assert isinstance(await receive(reader), mqtt5.PingReqPacket)
            writer.write(mqtt5.PingRespPacket().write())
        enough.set()

    async with peer(script) as broker, Client(broker, client_id="a", keep_alive=1) as client:
        async with asyncio.timeout(60):
            await enough.wait()
        await client.publish("x", b"")


async def test_reading_stops_while_too_much_waits_and_goes_on_afterwards() -> None:
    count = 200_000
    stuck = asyncio.Event()

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME)
        for _ in range(count // 100):
            writer.write(publish(1, qos=QoS.AT_MOST_ONCE) * 100)
            try:
                await asyncio.wait_for(writer.drain(), 0.2)
            except TimeoutError:
                stuck.set()
                await writer.drain()

    async with peer(script) as broker, Client(broker, client_id="a", receive_max=10) as client:
        # Nobody takes messages yet: the socket fills until the peer cannot write any more.
        async with asyncio.timeout(60):
            await stuck.wait()
        assert 20 < len(client.waiting()) < count / 10
        taken = await take(client, 1000)
    assert len(taken) == 1000


async def test_one_for_the_newest_reads_on_and_keeps_the_newest() -> None:
    count = 50_000

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME)
        for number in range(1, count + 1):
            writer.write(publish(number, topic=f"host {number % 7}", qos=QoS.AT_MOST_ONCE))
            await writer.drain()

    async with peer(script) as broker, Client(broker, receive_max=10, newest_only=True) as client:
        async with asyncio.timeout(60):
            while client.skipped + len(client._inbox) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        last = [str(number).encode() * 60 for number in range(count - 6, count + 1)]
        assert [message.payload for message in client.waiting()][-7:] == last


async def test_no_more_is_published_ahead_than_the_broker_takes() -> None:
    two_came = asyncio.Event()
    looked = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(mqtt5.ConnAckPacket(receive_max=2).write())
        ahead = [await receive(reader), await receive(reader)]
        two_came.set()
        await looked.wait()
        for number in range(5):
            packet = ahead.pop(0) if ahead else await receive(reader)
            assert isinstance(packet, Message), number
            assert packet.packet_id
            writer.write(mqtt5.PubAckPacket(packet.packet_id).write())

    async with peer(script) as broker, Client(broker) as client:
        assert client.limits.receive_max == 2
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(client.publish("x", b"", qos=1))
            await two_came.wait()
            assert len(client._pending) == 2
            looked.set()


async def test_a_loop_that_stood_still_does_not_blame_the_broker() -> None:
    answered = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME)
        for _ in range(3):
            await receive(reader)
            writer.write(mqtt5.PingRespPacket().write())
        answered.set()

    async with peer(script) as broker, Client(broker, keep_alive=1) as client:
        time.sleep(2.5)  # noqa: ASYNC251 this is the fault: far longer than a broker may be silent
        async with asyncio.timeout(60):
            await answered.wait()
        await client.publish("x", b"")


async def test_small_packets_do_not_wait_for_each_other(broker: Mosquitto) -> None:
    async with Client(address(broker.port), client_id="a") as client:
        transport = client._transport._transport
        assert transport is not None
        assert transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
