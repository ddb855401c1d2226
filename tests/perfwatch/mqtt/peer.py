"""What tests of the client talk to: a broker's address, and a peer that does what Mosquitto never would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import mqtt5

from perfwatch.broker import Broker
from perfwatch.mqtt.client import Client, Message, QoS

WELCOME = mqtt5.ConnAckPacket().write()

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


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
