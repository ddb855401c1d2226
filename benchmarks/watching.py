"""A simulated host, and those who watch it over WebSockets."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import websockets
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.feed import METRICS, tick_of


class Host:
    """A simulated host: its info, and a tick whenever it is asked for one."""

    def __init__(self, port: int, name: str) -> None:
        self.name = name
        self._chance = random.Random(4)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.max_queued_messages_set(0)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        about = {"hostname": name, "interval": 1.0, "schema": 1, "sources": dict.fromkeys(METRICS)}
        self._publish("info", json.dumps(about))
        self._publish("status", "online")

    def tick(self, time_ms: int | None = None) -> None:
        for topic, payload in tick_of(self.name, time_ms or time.time_ns() // 1_000_000, self._chance):
            self._client.publish(topic, payload, retain=True)

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """A tick each second for as long as the block runs."""
        ended = threading.Event()

        def go_on() -> None:
            while not ended.wait(1.0):
                self.tick()

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _publish(self, word: str, payload: str) -> None:
        self._client.publish(f"perfwatch/{self.name}/{word}", payload, qos=1, retain=True).wait_for_publish(5)


class Viewers:
    """WebSocket clients in a thread of their own; `frames` and `received` (bytes) are of all of them."""

    def __init__(self, url: str, token: str, count: int) -> None:
        self._address = f"{url.replace('http', 'ws')}/api/ws/metrics?token={token}"
        self._count = count
        self._ended = asyncio.Event()
        self._all_in = threading.Event()
        self._loop = asyncio.new_event_loop()
        self.received = 0
        self.frames = 0

    def __enter__(self) -> Viewers:
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._watch(),))
        self._thread.start()
        if not self._all_in.wait(30):
            raise AssertionError(f"{self._count} viewers were not connected within 30 s")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._loop.close()

    async def _watch(self) -> None:
        sockets = [await websockets.connect(self._address) for _ in range(self._count)]
        self._all_in.set()
        tasks = [asyncio.create_task(self._read(socket)) for socket in sockets]
        await self._ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in sockets))

    async def _read(self, socket: websockets.ClientConnection) -> None:
        async for frame in socket:
            self.received += len(frame)
            self.frames += 1
