"""The MQTT client against a peer that does what Mosquitto never would."""

from __future__ import annotations

import asyncio
import time

import mqtt5
import pytest

from perfwatch.errors import BrokerError
from perfwatch.mqtt.client import Client, Message, QoS
from tests.perfwatch.mqtt.peer import WELCOME, peer, publish, receive, take


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


async def test_what_ends_the_pings_is_raised_in_whoever_takes_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(*_: object) -> None:
        raise KeyError("nobody foresaw that")

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME)

    monkeypatch.setattr("perfwatch.mqtt.client.ping", fails)
    async with peer(script) as broker, Client(broker, client_id="a") as client:
        with pytest.raises(KeyError, match="nobody foresaw that"):
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


async def test_an_answer_is_read_however_many_messages_wait_before_it() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WELCOME + publish(1, qos=QoS.AT_MOST_ONCE) * 1000)
        asked = await receive(reader)
        assert isinstance(asked, Message)
        assert asked.packet_id is not None
        # More than what asyncio reads at once: the answer is not in the first of it.
        writer.write(publish(1, qos=QoS.AT_MOST_ONCE) * 20_000)
        writer.write(mqtt5.PubAckPacket(asked.packet_id).write())

    async with peer(script) as broker, Client(broker, client_id="a", receive_max=10) as client:
        await client.gathered(10)
        await client.publish("x", b"", qos=1)
        assert len(await take(client, 21_000)) == 21_000


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
