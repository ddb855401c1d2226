"""Puts the metrics of one tick together again: they arrive one by one, with one timestamp."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from perfwatch.errors import PayloadError
from perfwatch.readings.base import Timestamp
from perfwatch.readings.codec import UNREADABLE, format_time


class _Head(msgspec.Struct):
    timestamp: Timestamp


class _Rates(msgspec.Struct):
    read_bytes_per_sec: msgspec.Raw = msgspec.Raw(b"null")
    write_bytes_per_sec: msgspec.Raw = msgspec.Raw(b"null")


# A large machine has some 20 metrics, which take up to 200 kB together.
MOST_METRICS = 100
MOST_BYTES = 2_000_000

_head = msgspec.json.Decoder(_Head)
_rates = msgspec.json.Decoder(_Rates)
_encoder = msgspec.json.Encoder()


class Tick(msgspec.Struct):
    """The metrics of one host at one time, each as the JSON that came over the wire.

    `offline` is whether it is the last one of a host that is away.
    """

    host: str
    timestamp: datetime
    metrics: dict[str, msgspec.Raw]
    offline: bool = False

    def frame(self) -> str:
        """What a WebSocket client gets."""
        return _encoder.encode(
            {
                "type": "metrics",
                "timestamp": format_time(self.timestamp),
                "host": self.host,
                "data": self.metrics,
                **({"offline": True} if self.offline else {}),
            }
        ).decode()

    def with_aliases(self) -> Tick:
        """The same with `disk.io`, where the former frontend looks for two rates."""
        disk = bytes(self.metrics.get("disk", b""))
        if not disk or b'"io"' in disk:
            return self
        content = disk.rstrip()[:-1] + b',"io":' + _encoder.encode(_rates.decode(disk)) + b"}"
        return msgspec.structs.replace(self, metrics=self.metrics | {"disk": msgspec.Raw(content)})


class Assembler:
    """Puts one host's ticks together, and says at once when one is whole.

    A tick is whole when it has every metric that the host's last tick had, or, before the first,
    those that the host's `info` names. One that stays incomplete is given up as it is when a newer
    one begins or when its owner calls `give`, and less is expected from then on; a metric that comes
    after that is expected the next time.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._expected: frozenset[str] = frozenset()
        self._current: Tick | None = None
        self._given = True

    @property
    def waiting(self) -> Tick | None:
        """The tick that has begun and was not given yet."""
        return None if self._given else self._current

    def expect(self, metrics: Iterable[str]) -> None:
        """The metrics that the host says it publishes."""
        self._expected = frozenset(metrics)

    def add(self, metric: str, payload: bytes, *, live: bool, in_parts: bool = False) -> list[Tick]:
        """Take one message; returns the ticks that are to be shown now, oldest first.

        `live` is whether it was published as the newest (retained): a replay of older readings is
        not, and is passed over, while a clock that was set back on the host is followed. `in_parts` is
        whether a metric that comes after its tick was given is shown by itself.
        Raises PayloadError when the payload is no JSON in UTF-8, or has no timestamp that can be shown, and
        when the tick would have more in it than is kept of a host.
        """
        timestamp = _timestamp(self._host, metric, payload)
        current = self._current
        if current is not None and timestamp < current.timestamp and not live:
            return []
        ended: list[Tick] = []
        if current is None or timestamp != current.timestamp:
            ended = self.give()
            self._current = current = Tick(self._host, timestamp, {})
            self._given = False
        self._make_room(current, metric, payload)
        current.metrics[metric] = msgspec.Raw(payload)
        if self._given:
            self._expected |= {metric}
            if in_parts:
                return [Tick(self._host, timestamp, {metric: msgspec.Raw(payload)})]
        elif self._expected and self._expected <= current.metrics.keys():
            return ended + self.give()
        return ended

    def _make_room(self, current: Tick, metric: str, payload: bytes) -> None:
        """Raises PayloadError when there is none: one host could else take all memory."""
        others = [len(raw) for name, raw in current.metrics.items() if name != metric]
        if len(others) >= MOST_METRICS or sum(others) + len(payload) > MOST_BYTES:
            raise PayloadError(f"{self._host}/{metric}", "the tick has more in it than is kept of a host")

    def give(self) -> list[Tick]:
        """Give up the tick that has begun, whole or not."""
        if self._given or self._current is None:
            return []
        self._given = True
        self._expected = frozenset(self._current.metrics)
        return [self._current]


def _timestamp(host: str, metric: str, payload: bytes) -> datetime:
    try:
        payload.decode()  # msgspec does not look into the text of what it passes over
        return _head.decode(payload).timestamp.astimezone(UTC)
    except (*UNREADABLE, OverflowError) as exc:
        raise PayloadError(f"{host}/{metric}", str(exc)) from exc
