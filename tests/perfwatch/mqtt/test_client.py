"""The MQTT client against a real Mosquitto."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import mqtt5
import pytest

from perfwatch.errors import BrokerError, Refused
from perfwatch.mqtt.client import Client, QoS, Will
from tests.certificates import self_signed
from tests.perfwatch.mqtt.peer import address, take
from tests.servers import Mosquitto, free_port


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


async def test_small_packets_do_not_wait_for_each_other(broker: Mosquitto) -> None:
    async with Client(address(broker.port), client_id="a") as client:
        transport = client._transport._transport
        assert transport is not None
        assert transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
