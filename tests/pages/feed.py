"""Readings on their way to a page: over a broker, again and again, or out of the history."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.publish import multiple as publish_all

from perfwatch.history.flatten import Flattener
from perfwatch.history.store import HistoryStore
from perfwatch.readings.base import Reading
from perfwatch.readings.codec import encode, now, to_ms
from tests.pages.machines import everything
from tests.servers import Mosquitto


def encoded(tick: Mapping[str, Reading], without: Iterable[str] = ()) -> dict[str, bytes]:
    return {metric: encode(reading) for metric, reading in tick.items() if metric not in without}


def remember(store: HistoryStore, host: str, milliseconds: Iterable[int], cores: int) -> None:
    """Write those ticks as the bridge would have."""
    store.write(
        Flattener(f"perfwatch/{host}/{metric}", host, metric).flatten(encode(reading))
        for moment in milliseconds
        for metric, reading in everything(moment, cores).items()
    )


def publish(broker: Mosquitto, host: str, payloads: Mapping[str, bytes]) -> None:
    """Publish retained, in the order given, over one connection."""
    publish_all(
        [
            {"topic": f"perfwatch/{host}/{name}", "payload": payload, "qos": 1, "retain": True}
            for name, payload in payloads.items()
        ],
        hostname="127.0.0.1",
        port=broker.port,
        protocol=MQTTProtocolVersion.MQTTv5,
    )


class Feed:
    """Publishes what `tick` makes of the time, again and again, until it is left."""

    def __init__(
        self, broker: Mosquitto, host: str, tick: Callable[[int], Mapping[str, bytes]], seconds: float = 0.5
    ) -> None:
        self._host, self._tick, self._seconds = host, tick, seconds
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.connect("127.0.0.1", broker.port)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ended = threading.Event()

    def _run(self) -> None:
        self._publish("status", b"online")
        while not self._ended.is_set():
            for metric, payload in self._tick(to_ms(now())).items():
                self._publish(metric, payload)
            self._ended.wait(self._seconds)

    def _publish(self, name: str, payload: bytes) -> None:
        self._client.publish(f"perfwatch/{self._host}/{name}", payload, qos=1, retain=True)

    def __enter__(self) -> Self:
        self._client.loop_start()
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()
