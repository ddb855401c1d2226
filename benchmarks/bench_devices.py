"""What a message of a device costs in the presets, from topic and payload to the reading that is published.

    python -m benchmarks.bench_devices [messages]

The messages are the shapes of tests/devices, each with its topic, again and again. Processor time is what
counts: a machine that is busy with other things makes the clock tell nothing.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any

from benchmarks.table import print_table
from devices.presets.registry import PRESETS, Given
from devices.taker import Taker
from devices.values import Unusable
from perfwatch.topics import Topics

SHAPES = Path(__file__).parents[1] / "tests/devices/shapes"
NOW = 1_800_000_000_000


def shapes(preset: str) -> list[tuple[str, bytes]]:
    """The topics and payloads that the preset takes."""
    found = json.loads((SHAPES / f"{preset}.json").read_text())
    return [(one["topic"], payload_of(one)) for one in found if "refused" not in one]


def payload_of(shape: dict[str, Any]) -> bytes:
    return b64decode(shape["base64"]) if "base64" in shape else shape["payload"].encode()


def seconds_of(taker: Taker, messages: Sequence[tuple[str, bytes]], count: int) -> float:
    """Processor time of `count` messages."""
    rounds = count // len(messages)
    began = time.process_time()
    for place in range(rounds):
        for topic, payload in messages:
            with suppress(Unusable):
                taker.take(topic, payload, NOW + place)
    return (time.process_time() - began) / (rounds * len(messages)) * count


def main(count: int) -> None:
    rows = []
    for name, preset in PRESETS.items():
        taker = Taker([preset(Given(UTC))], Topics())
        messages = shapes(name)
        seconds_of(taker, messages, len(messages))  # what is remembered of a topic is not what it costs
        micros = min(seconds_of(taker, messages, count) for _ in range(3)) / count * 1e6
        size = sum(len(payload) for _, payload in messages) / len(messages)
        rows.append((name, f"{size:.0f}", f"{micros:.1f}", f"{1e6 / micros:,.0f}"))
    print_table(
        "Messages of devices through the presets",
        ("preset", "bytes", "µs CPU a message", "messages/s on one core"),
        rows,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nmost memory of this process, with all presets: {peak:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
