"""What each step of the bridge takes, by itself: µs of one core a message."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import mqtt5

from benchmarks.feed import messages
from benchmarks.publish import BEGIN, packet
from bridge.batch import MESSAGES
from bridge.decode import Decoder
from bridge.series_limit import SeriesLimit
from perfwatch.history.flatten import _DECLARED
from perfwatch.history.influx.line_protocol import Encoder
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.topics import Topics

Step = tuple[str, Callable[[], object]]


def steps() -> list[tuple[str, float]]:
    feed = [(topic, text.encode()) for topic, text in islice(messages(500, 1, BEGIN), 3000)]
    wire = b"".join(packet(topic, text.decode(), at) for at, (topic, text) in enumerate(feed))
    decoder, encoder, far = Decoder(Topics(), SeriesLimit(5000, print)), Encoder(), 10**14
    decodes = [(_DECLARED[topic.rpartition("/")[2]]._decode, text) for topic, text in feed]
    taken = [numbers for topic, text in feed if (numbers := decoder.decode(topic, text, far)) is not None]
    batches = [taken[at : at + MESSAGES] for at in range(0, len(taken), MESSAGES)]
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder) / "history.db") as store:
        measured: list[Step] = [
            ("MQTT packet in", lambda: read(memoryview(wire))),
            ("JSON decoded", lambda: [decode(text) for decode, text in decodes]),
            ("topic, JSON and flattening together", lambda: [decoder.decode(t, p, far) for t, p in feed]),
            ("into SQLite, known series", lambda: [store.write(batch) for batch in batches]),
            ("as line protocol", lambda: [b"\n".join(encoder.lines(batch)) for batch in batches]),
            ("PUBACK out", lambda: [mqtt5.PubAckPacket(at + 1).write() for at in range(len(feed))]),
        ]
        return [(name, min(timed(step) for _ in range(5)) / len(feed) * 1e6) for name, step in measured]


def read(wire: memoryview) -> None:
    at = 0
    while at < len(wire):
        at += mqtt5.read(wire[at:])[1]


def timed(step: Callable[[], object]) -> float:
    before = time.perf_counter()
    step()
    return time.perf_counter() - before
