"""Messages that have arrived and that nobody has taken yet. Does no input or output."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Hashable, Iterable
from typing import Generic, Protocol, TypeVar


class Arrived(Protocol):
    """What an inbox looks at in a message. `packet_id` is None at QoS 0."""

    @property
    def topic(self) -> str: ...
    @property
    def retain(self) -> bool: ...
    @property
    def packet_id(self) -> int | None: ...


M = TypeVar("M", bound=Arrived)


class Inbox(Generic[M]):
    """A queue that is `full` past `limit` messages; with `newest_only` it makes room by itself.

    It then keeps the newest of each topic, and `skipped` counts the others. So it never has more than
    twice the larger of `limit` and the number of topics.
    """

    def __init__(self, limit: int, newest_only: bool = False) -> None:
        self._limit = self._room = limit
        self._newest_only = newest_only
        self._waiting: deque[M] = deque()
        self.skipped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        return len(self._waiting) > self._limit and not self._newest_only

    def append(self, message: M) -> None:
        self._waiting.append(message)
        if self._newest_only and len(self._waiting) > self._room:
            self._skip()

    def take(self, limit: int = sys.maxsize) -> list[M]:
        """Up to `limit` of them, oldest first."""
        return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    def _skip(self) -> None:
        kept = newest(self._waiting)
        self.skipped += len(self._waiting) - len(kept)
        self._waiting = deque(kept)
        # Looking through all of them at each message more would cost what skipping is to save.
        self._room = max(self._limit, 2 * len(kept))


def newest(messages: Iterable[M]) -> list[M]:
    """The last message of each topic, in the order in which they came, and every one of QoS 1.

    What was published to be retained is the newest state; what was not may be older, so neither
    takes the other's place.
    """
    kept: dict[Hashable, M] = {}
    for message in messages:
        key = message.packet_id or (message.topic, message.retain)
        kept.pop(key, None)
        kept[key] = message
    return list(kept.values())
