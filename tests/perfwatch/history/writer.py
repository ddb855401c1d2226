"""A process that writes numbered points until it is ended, saying each number once it is durable.

There is one each 100 ms, from a given time (ms) on.
"""

from __future__ import annotations

import sys

from perfwatch.history.open import open_store
from perfwatch.history.store import Point


def main(url: str, host: str, count: int, start: int) -> None:
    store = open_store(url)
    for number in range(count):
        store.write([Point("cpu", host, "", "", start + number * 100, {"user": float(number)})])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
