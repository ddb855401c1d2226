"""Containers of Docker and Podman, whose sockets this user may use."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from collector.sources.apart import tell
from collector.sources.background import Background
from collector.sources.engine import RUNNING, ContainerStats, Engine, Listed, health, used_bytes
from collector.sources.parts import Missing
from collector.sources.plausible import plausible
from collector.sources.rates import per_second
from collector.sources.source import Absent, Tick
from perfwatch.readings import optional as readings

EVERY_SECONDS = 5.0
PATIENCE_SECONDS = 300.0  # for all of them; each answer has a deadline of its own
_MEMORY = (1, 2**60)  # bytes; more is how some engines write "no limit"


class Counters(NamedTuple):
    """A container's counters, and when they were read on the monotonic clock."""

    at: float
    processor_ns: int | None
    received: int | None
    sent: int | None


class Found(NamedTuple):
    """What the engines told together, and why some of them did not, by socket."""

    containers: dict[str, readings.Container]
    errors: dict[str, Exception]


def sockets() -> list[tuple[str, Path]]:
    """Where engines listen: the system's, and those that this user runs alone."""
    own = Path("/run/user", str(os.getuid()))
    return [
        ("docker", Path("/run/docker.sock")),
        ("docker", own / "docker.sock"),
        ("podman", Path("/run/podman/podman.sock")),
        ("podman", own / "podman/podman.sock"),
    ]


class Containers:
    """Asked in the background: a tick carries the newest complete answer, and how old it is."""

    name = "containers"
    quick = True

    def __init__(
        self,
        where: Callable[[], Sequence[tuple[str, Path]]] = sockets,
        every: float = EVERY_SECONDS,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._where = where
        self._clock = clock
        self._before: Mapping[str, Counters] = {}
        self._missing = Missing("containers")
        self._asked = Background("the container engine", self._ask, every, patience, clock)

    @property
    def missing(self) -> str | None:
        return self._missing.first

    def gather(self, tick: Tick) -> readings.Containers | None:
        self._engines()
        answer = self._asked.newest()
        if answer is None:
            return None
        containers = answer.value.containers
        self._missing.note(answer.value.errors)
        return readings.Containers(
            timestamp=tick.timestamp,
            count=len(containers),
            running=sum(container.state == RUNNING for container in containers.values()),
            age_seconds=round(max(0.0, tick.monotonic - answer.at), 1),
            containers=containers,
        )

    def _engines(self) -> list[Engine]:
        # Podman's package puts Docker's name beside its own: one engine at two places is one.
        by_place = {
            path.resolve(): (name, path) for name, path in reversed(self._where()) if path.is_socket()
        }
        found = list(reversed(by_place.values()))
        usable = [Engine(name, path) for name, path in found if os.access(path, os.R_OK | os.W_OK)]
        if usable:
            return usable
        if found:
            raise Absent(f"{found[0][1]} is not for this user: add them to its group to see containers")
        raise Absent("neither Docker nor Podman has a socket here")

    def _ask(self) -> Found:
        found, errors = list[tuple[Engine, Listed]](), dict[str, Exception]()
        for engine in self._engines():
            listed = tell(engine.containers)
            found += [(engine, each) for each in listed.answer or ()]
            if listed.error is not None:
                errors[str(engine.path)] = listed.error
        if errors and not found:
            raise next(iter(errors.values()))
        seen: dict[str, Counters] = {}
        named: dict[str, readings.Container] = {}
        for engine, each in found:
            # One after another: old engines answer so anyway, and some take a second for each.
            stats = engine.stats(each.id) if each.state == RUNNING else None
            if stats is not None:
                seen[each.id] = _seen(stats, self._clock())
            named[_name(each, engine, named)] = self._container(each, engine, stats, seen)
        self._before = seen
        return Found(named, errors)

    def _container(
        self, listed: Listed, engine: Engine, stats: ContainerStats | None, seen: Mapping[str, Counters]
    ) -> readings.Container:
        container = readings.Container(
            engine=engine.name, image=listed.image, state=listed.state, health=health(listed)
        )
        if stats is None:
            return container
        before, now = self._before.get(listed.id), seen[listed.id]
        container.memory_bytes = used_bytes(stats.memory_stats)
        container.memory_limit_bytes = plausible(stats.memory_stats.limit, _MEMORY)
        if before is not None:
            seconds = now.at - before.at
            spent = per_second(before.processor_ns, now.processor_ns, seconds)
            container.cpu_percent = None if spent is None else round(spent / 1e7, 2)
            container.bytes_recv_per_sec = per_second(before.received, now.received, seconds)
            container.bytes_sent_per_sec = per_second(before.sent, now.sent, seconds)
        return container


def _seen(stats: ContainerStats, at: float) -> Counters:
    networks = list((stats.networks or {}).values())
    return Counters(
        at=at,
        processor_ns=stats.cpu_stats.cpu_usage.total_usage,
        received=_sum([network.rx_bytes for network in networks]),
        sent=_sum([network.tx_bytes for network in networks]),
    )


def _sum(numbers: list[int | None]) -> int | None:
    """None where there is no network, as with the host's own, or one of them is not told."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None


def _name(listed: Listed, engine: Engine, taken: Mapping[str, object]) -> str:
    """The container's own name. Two engines, or two users, may have one of the same name."""
    # A link from another container is a name too: /web/db beside /db.
    own = min(listed.names or (), key=lambda name: name.count("/"), default="")
    name = own.removeprefix("/") or listed.id[:12]
    for unlike in (name, f"{name} ({engine.name})"):
        if unlike not in taken:
            return unlike
    return f"{name} ({listed.id[:12]})"
