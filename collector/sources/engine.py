"""A container engine, Docker or Podman, asked over its Unix socket. It may take any time to answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct, field

from collector.sources import unix_http
from collector.sources.plausible import COUNT, plausible
from collector.sources.source import FAILURES
from perfwatch.readings.codec import UNREADABLE

T = TypeVar("T")

# For each answer: one that is all there at once takes milliseconds.
PATIENCE_SECONDS = 2.0
RUNNING = "running"
_HEALTH = re.compile(r"\b(healthy|unhealthy|starting)\b")
_MOST_BYTES = 8 * 1024 * 1024


class Health(Struct, rename="pascal"):
    """What a container's own health check says; `none` where it has no such check."""

    status: str | None = None


class Listed(Struct, rename="pascal"):
    """A row of /containers/json, of which this is what we use."""

    id: str = field(name="Id")
    names: list[str] | None = None
    image: str | None = None
    state: str | None = None
    status: str | None = None
    health: Health | None = None


class CpuUsage(Struct):
    total_usage: int | None = None
    """Nanoseconds of processor time."""


class CpuStats(Struct):
    cpu_usage: CpuUsage = field(default_factory=CpuUsage)


class MemoryStats(Struct):
    usage: int | None = None
    limit: int | None = None
    stats: dict[str, float] | None = None


class NetworkStats(Struct):
    rx_bytes: int | None = None
    tx_bytes: int | None = None


class ContainerStats(Struct):
    """What /containers/<id>/stats tells, of which this is what we use."""

    cpu_stats: CpuStats = field(default_factory=CpuStats)
    memory_stats: MemoryStats = field(default_factory=MemoryStats)
    networks: dict[str, NetworkStats] | None = None


class Engine:
    """One engine. Each question is a connection of its own: engines close idle ones as they like."""

    def __init__(self, name: str, path: Path, patience: float = PATIENCE_SECONDS) -> None:
        self.name = name
        self.path = path
        self._patience = patience

    def containers(self) -> list[Listed]:
        """All of them, running or not. Raises OSError, ValueError."""
        return self._get("/containers/json?all=true", list[Listed])

    def stats(self, container: str) -> ContainerStats | None:
        """One's counters; None when it cannot be told in time, or at all, as when it has just stopped."""
        # one-shot: else the engine waits a second to work out rates, which we do ourselves.
        way = f"/containers/{quote(container, safe='')}/stats?stream=false&one-shot=true"
        try:
            return self._get(way, ContainerStats)
        except FAILURES:
            return None

    def _get(self, way: str, kind: type[T]) -> T:
        status, content = unix_http.get(self.path, way, self._patience, _MOST_BYTES)
        if status != 200:
            raise OSError(f"{self.path} answers {status} to {way}: {_reason(content)}")
        try:
            return msgspec.json.decode(content.decode("utf-8", "replace"), type=kind)
        except UNREADABLE as exc:
            raise ValueError(f"{self.path} answers {way} with what is no such thing: {exc}") from exc


def _reason(content: bytes) -> str:
    return content[:200].decode("utf-8", "replace").strip()


def health(listed: Listed) -> str | None:
    """`healthy`, `unhealthy` or `starting`; None without a health check, and of what does not run."""
    # A field of its own since version 1.52 of the API; before, Docker has it in `Up 2 hours (unhealthy)`.
    said = (listed.health and listed.health.status) or listed.status or ""
    found = _HEALTH.search(said) if listed.state == RUNNING else None
    return found and found[0]


def used_bytes(memory: MemoryStats) -> int | None:
    """Memory without what the kernel keeps of files and would give back, as `docker stats` counts it."""
    used = plausible(memory.usage, COUNT)
    if used is None:
        return None
    stats: Mapping[str, float] = memory.stats or {}
    cached = stats.get("total_inactive_file", stats.get("inactive_file", 0))
    return used - int(cached) if 0 <= cached < used else used
