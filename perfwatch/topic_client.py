"""Readings and hosts from the topics themselves, by aiomqtt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from datetime import datetime
from ssl import SSLContext, create_default_context
from typing import Any, TypeAlias

import aiomqtt
import msgspec

from perfwatch.broker import broker_of
from perfwatch.errors import ApiError, PayloadError
from perfwatch.readings.codec import UNREADABLE, decode_undeclared
from perfwatch.settings import Settings
from perfwatch.topics import Kind, Topic, Topics

# What is retained comes at once; nothing says that it was the last.
_QUIET_SECONDS = 1.0

Update: TypeAlias = tuple[datetime, str, dict[str, dict[str, Any]]]


class TopicClient:
    """Asks the broker at `address`. Raises SettingError when that cannot be one."""

    def __init__(self, address: str, prefix: str, tls: SSLContext | None = None) -> None:
        self._tls = tls
        self._broker = broker_of(Settings(broker=address))
        self._topics = Topics(prefix)

    async def readings(self, host: str | None, metrics: Collection[str]) -> AsyncIterator[Update]:
        """Each reading as it is published, those that the broker has kept at once. Raises ApiError."""
        try:
            async with self._connection() as client:
                await client.subscribe(self._topics.metric(host or "+", "+"))
                async for message in client.messages:
                    if (found := self._reading(message)) and (not metrics or found[2].keys() & set(metrics)):
                        yield found
        except aiomqtt.MqttError as exc:
            raise ApiError(f"The broker {self._broker} cannot be reached: {exc}") from exc

    async def hosts(self) -> list[dict[str, Any]]:
        """What every host says of itself, as `GET /api/hosts` has it, by name. Raises ApiError."""
        found: dict[str, dict[str, Any]] = {}
        for topic, payload in await self._retained(self._topics.readings()):
            _note(found, topic, payload)
        return [found[name] for name in sorted(found)]

    async def alerts(self) -> list[dict[str, Any]]:
        """Where each rule of each host stands, by host and rule. Raises ApiError."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for topic, payload in await self._retained(self._topics.alert("+", "+")):
            with suppress(*UNREADABLE):
                state = msgspec.json.decode(payload, type=dict[str, Any])
                found[topic.host, topic.path[0]] = state | {"host": topic.host, "rule": topic.path[0]}
        return [found[place] for place in sorted(found)]

    async def _retained(self, topics: str) -> list[tuple[Topic, bytes]]:
        """What the broker has kept on our topics of that filter, in the order in which it comes."""
        found: list[tuple[Topic, bytes]] = []
        try:
            async with self._connection() as client:
                await client.subscribe(topics)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_QUIET_SECONDS) as quiet:
                        async for message in client.messages:
                            topic = self._topics.parse(str(message.topic))
                            if message.retain and topic and isinstance(message.payload, bytes):
                                found.append((topic, message.payload))
                                quiet.reschedule(asyncio.get_running_loop().time() + _QUIET_SECONDS)
        except aiomqtt.MqttError as exc:
            raise ApiError(f"The broker {self._broker} cannot be reached: {exc}") from exc
        return found

    def _connection(self) -> aiomqtt.Client:
        broker = self._broker
        return aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            protocol=aiomqtt.ProtocolVersion.V5,
            tls_context=(self._tls or create_default_context()) if broker.tls else None,
        )

    def _reading(self, message: aiomqtt.Message) -> Update | None:
        topic = self._topics.parse(str(message.topic))
        if topic is None or topic.kind is not Kind.METRIC or not isinstance(message.payload, bytes):
            return None
        try:
            moment, content = decode_undeclared(str(message.topic), message.payload)
        except PayloadError:
            return None
        return moment, topic.host, {topic.metric: content}


def _note(found: dict[str, dict[str, Any]], topic: Topic, payload: bytes) -> None:
    host = found.setdefault(topic.host, {"host": topic.host, "kind": "device"})
    if topic.kind is Kind.STATUS:
        host |= {"kind": "collector", "status": payload.decode(errors="replace")}
    elif topic.kind is Kind.INFO:
        with suppress(*UNREADABLE):
            host |= _told(msgspec.json.decode(payload))


def _told(info: dict[str, Any]) -> dict[str, Any]:
    """Only a collector's info has a schema."""
    return {"kind": "collector", "info": info} if "schema" in info else {"device": info}
