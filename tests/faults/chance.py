"""Whatever chance says is killed at once, at a moment that chance says, again and again."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

from tests.faults.field import HOSTS, Field
from tests.influx import Influxd


class Chance:
    """SIGKILL of the parts around `one`, whose history is on `store`; the same `seed` is the same course."""

    def __init__(self, one: Field, store: Influxd, seed: int) -> None:
        self._one = one
        self._dice = random.Random(seed)
        self._parts: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "store": (store.kill, store.start),
            "broker": (one.broker.kill, one.broker.start),
            "bridge": (lambda: one.bridge.end(signal.SIGKILL), one.bridge.start),
            "collectors": (self._kill_collectors, self._start_collectors),
        }

    def strike(self) -> list[str]:
        """Which parts were killed. All run again when this returns."""
        self._one.flow(self._dice.randrange(1, 300))
        killed = self._dice.sample(list(self._parts), self._dice.randint(1, len(self._parts)))
        for name in killed:
            self._parts[name][0]()
        if not {"broker", "collectors"} & set(killed):
            self._one.flow(self._dice.randrange(1, 300))
        for name in self._dice.sample(killed, len(killed)):
            self._parts[name][1]()
        return killed

    def _kill_collectors(self) -> None:
        for host in HOSTS:
            self._one.kill_collector(host)

    def _start_collectors(self) -> None:
        for host in HOSTS:
            self._one.start_collector(host)
