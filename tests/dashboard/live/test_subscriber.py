"""The subscriber over a real broker, with what it feeds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import mqtt5
import msgspec
import pytest

from dashboard.alerts.known import Alerts
from dashboard.devices.known import DevicesService
from dashboard.live import subscriber as module
from dashboard.live.bridges import Bridges
from dashboard.live.hub import Hub
from dashboard.live.remote_config import Commands
from dashboard.live.subscriber import Subscriber, admits
from perfwatch.broker import Broker, broker_of
from perfwatch.errors import BrokerError, Refused
from perfwatch.mqtt.client import Client
from perfwatch.settings import Settings
from perfwatch.topics import Topics
from tests.perfwatch.mqtt.peer import WELCOME, peer, receive
from tests.servers import Mosquitto, free_port

CPU = "perfwatch/nas/cpu"


def address(server: Mosquitto) -> Broker:
    return broker_of(Settings(broker=server.url))


def payload(second: int) -> bytes:
    return msgspec.json.encode({"timestamp": f"2026-11-23T12:00:{second:02d}.000Z"})


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def following(server: Mosquitto, hub: Hub) -> AsyncIterator[Subscriber]:
    """A subscriber that is connected."""
    subscriber = Subscriber(address(server), Topics(), hub, Commands(), Bridges(), Alerts(), DevicesService())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(subscriber.run())
        await eventually(lambda: subscriber.connected)
        yield subscriber
        running.cancel()


async def keep_version_secret(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A broker that grants any subscription but that to its version."""
    writer.write(WELCOME)
    for _ in range(5):
        packet = await receive(reader)
        assert isinstance(packet, mqtt5.SubscribePacket)
        code = mqtt5.SubAckReasonCode
        secret = packet.topic_filters[0].pattern.startswith("$SYS")
        granted = code.NOT_AUTHORIZED if secret else code.GRANTED_QOS_AT_MOST_ONCE
        writer.write(mqtt5.SubAckPacket(packet.packet_id, [granted] * len(packet.topic_filters)).write())


def newest(hub: Hub) -> list[str | None]:
    return [host["timestamp"] for host in hub.hosts()]


async def test_what_was_published_before_it_came_and_after_reaches_the_hub(broker: Mosquitto) -> None:
    hub = Hub()
    async with Client(address(broker)) as other:
        await other.publish(CPU, payload(1), qos=1, retain=True)
        async with following(broker, hub) as subscriber:
            await eventually(lambda: newest(hub) == ["2026-11-23T12:00:01.000Z"])
            await other.publish(CPU, payload(2), qos=1, retain=True)
            await eventually(lambda: newest(hub) == ["2026-11-23T12:00:02.000Z"])
            await eventually(lambda: (subscriber.broker_version or "").startswith("mosquitto"))


async def test_a_broker_may_keep_its_version_to_itself() -> None:
    async with peer(keep_version_secret) as broker, asyncio.TaskGroup() as group:
        subscriber = Subscriber(broker, Topics(), Hub(), Commands(), Bridges(), Alerts(), DevicesService())
        running = group.create_task(subscriber.run())
        await eventually(lambda: subscriber.connected)
        running.cancel()


async def test_after_a_restart_of_the_broker_it_is_followed_again(broker: Mosquitto) -> None:
    hub = Hub()
    async with following(broker, hub) as subscriber:
        broker.kill()
        await eventually(lambda: not subscriber.connected)
        assert subscriber.since is None
        broker.start()
        await eventually(lambda: subscriber.connected)
        async with Client(address(broker)) as other:
            await other.publish(CPU, payload(3), qos=1, retain=True)
        await eventually(lambda: newest(hub) == ["2026-11-23T12:00:03.000Z"])


async def test_what_is_skipped_is_counted_and_said_once_a_minute(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hub = Hub()
    minute = asyncio.Event()

    async def wait(seconds: float, sleep: Callable[[float], object] = asyncio.sleep) -> None:
        await (minute.wait() if seconds == module._SAY_SKIPPED_SECONDS else sleep(seconds))  # type: ignore[misc]
        minute.clear()

    class Hurried(Client):
        """Skips past 20 messages, and gives out none before all have come."""

        def __init__(self, broker: Broker, **_: object) -> None:
            super().__init__(broker, receive_max=10, newest_only=True)

        async def rest(self, seconds: float) -> None:
            await eventually(lambda: self.skipped >= 180)

    monkeypatch.setattr(module, "Client", Hurried)
    monkeypatch.setattr(asyncio, "sleep", wait)
    async with following(broker, hub), Client(address(broker)) as other:
        for number in range(202):
            await other.publish(CPU, payload(number % 60), qos=1, retain=True)
        await eventually(lambda: newest(hub) == ["2026-11-23T12:00:21.000Z"])
        assert "Skipped" not in caplog.text
        minute.set()
        await eventually(lambda: "Skipped" in caplog.text)
        minute.set()
        await eventually(lambda: not minute.is_set())
    assert caplog.text.count("Skipped") == 1


async def test_an_unforeseen_exception_goes_on_to_the_owner(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(hub, "receive", fail)
    subscriber = Subscriber(address(broker), Topics(), hub, Commands(), Bridges(), Alerts(), DevicesService())
    async with Client(address(broker)) as other:
        await other.publish(CPU, payload(1), qos=1, retain=True)
    with pytest.raises(ExceptionGroup) as caught:
        await subscriber.run()
    assert caught.group_contains(ZeroDivisionError)


async def test_a_command_is_in_the_brokers_hands_when_it_returns(broker: Mosquitto) -> None:
    async with following(broker, Hub()) as subscriber, Client(address(broker)) as host:
        await host.subscribe("perfwatch/nas/config/set")
        await subscriber.command("nas", b"{}")
        async with asyncio.timeout(60):
            assert [one.payload for one in await host.arrived()] == [b"{}"]


async def test_a_command_that_the_broker_refuses_is_said(tmp_path: Path) -> None:
    rules = tmp_path / "acl"
    rules.write_text("topic read #\n")
    rules.chmod(0o600)
    with Mosquitto(tmp_path, f"allow_anonymous true\nacl_file {rules}\n") as server:
        async with following(server, Hub()) as subscriber:
            with pytest.raises(Refused, match="published on perfwatch/nas/config/set: not authorized"):
                await subscriber.command("nas", b"{}")


async def test_without_a_broker_a_command_is_refused() -> None:
    nobody = broker_of(Settings(broker=f"mqtt://127.0.0.1:{free_port()}"))
    away = Subscriber(nobody, Topics(), Hub(), Commands(), Bridges(), Alerts(), DevicesService())
    with pytest.raises(BrokerError, match="is away: nothing can be sent to nas"):
        await away.command("nas", b"{}")


async def test_whether_an_account_is_let_in(broker: Mosquitto, tmp_path: Path) -> None:
    assert await admits(address(broker))
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    with Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}\n") as server:
        assert not await admits(address(server))
