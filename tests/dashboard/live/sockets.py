"""The WebSocket of a dashboard from outside, and readings on its broker."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.publish import multiple as publish_all
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from perfwatch.readings.codec import encode, format_time, from_ms
from perfwatch.readings.core import Cpu, Memory
from tests.servers import Mosquitto
from tests.stack import Dashboard


def address(dashboard: Dashboard, path: str = "/api/ws/metrics", **query: str) -> str:
    return str(httpx.URL(f"ws://127.0.0.1:{dashboard.port}{path}", params=query))


def publish(broker: Mosquitto, *messages: tuple[str, bytes], qos: int = 1) -> None:
    """Publish them retained, over one connection."""
    publish_all(
        [{"topic": topic, "payload": payload, "qos": qos, "retain": True} for topic, payload in messages],
        hostname="127.0.0.1",
        port=broker.port,
        protocol=MQTTProtocolVersion.MQTTv5,
    )


def publish_tick(broker: Mosquitto, host: str, milliseconds: int, usage: float) -> str:
    moment = from_ms(milliseconds)
    publish(
        broker,
        (f"perfwatch/{host}/cpu", encode(Cpu(timestamp=moment, usage_percent=usage))),
        (f"perfwatch/{host}/memory", encode(Memory(timestamp=moment, usage_percent=usage))),
        qos=0,  # without a wait in between: a tick that takes long is shown as far as it is there
    )
    return format_time(moment)


async def received(socket: ClientConnection) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 60))
    return content


async def close_code(socket: ClientConnection) -> int:
    """The code with which the server closes; what comes before that is read and dropped."""
    try:
        async with asyncio.timeout(60):
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
