"""A collector that takes numbers for readings: `python -m tests.collector.numbered FOLDER URL FIRST`.

It prints each number after it was taken, so that whoever kills it knows what must not be lost.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

from collector.delivery.outbox import Outbox
from collector.delivery.publisher import Publisher
from perfwatch.broker import broker_of
from perfwatch.settings import Settings
from perfwatch.topics import Topics

PACE_SECONDS = 0.002


def main() -> None:
    folder, url, first = sys.argv[1:]
    publisher = Publisher(broker_of(Settings(broker=url)), Topics(), "nas", Outbox(Path(folder)))
    publisher.start()
    for number in itertools.count(int(first)):
        publisher.publish({"cpu": b"%d" % number})
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        time.sleep(PACE_SECONDS)


if __name__ == "__main__":
    main()
