"""`GET /api/summary`: a few numbers for a tile, a start page or a display the size of a stamp."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.live.hub import Hub
from dashboard.live.subscriber import Subscriber
from dashboard.web.health import StoreProbe
from dashboard.web.responses import BadRequest
from perfwatch.readings.codec import UNREADABLE, format_time, now
from perfwatch.readings.core import Cpu, Disk, Memory, Network
from perfwatch.readings.optional import Sensors

R = TypeVar("R", bound=Struct)
_Highest = tuple[float | None, str | None]


class Summary(Struct, kw_only=True):
    """Flat, and stable: fields are added, never renamed. Of several hosts the highest is told, and whose.

    Rates are sums; a full disk is its fullest partition. What nobody reads is null.
    """

    timestamp: str
    broker: str
    history: str
    hosts: int
    online: int
    offline: int
    devices: int
    cpu_percent: float | None
    cpu_host: str | None
    memory_percent: float | None
    memory_host: str | None
    disk_percent: float | None
    disk_host: str | None
    temperature_celsius: float | None
    temperature_host: str | None
    recv_bytes_per_sec: float | None
    sent_bytes_per_sec: float | None


class SummaryApi:
    def __init__(self, hub: Hub, subscriber: Subscriber, store: StoreProbe) -> None:
        self._hub = hub
        self._subscriber = subscriber
        self._store = store

    def routes(self) -> list[Route]:
        return [Route("/api/summary", self.summary)]

    async def summary(self, request: Request) -> Response:
        asked = request.query_params.get("host")
        hosts = self._hub.newest()
        if asked is not None:
            names = ", ".join(name for name, _, _ in hosts) or "none: there is no host"
            hosts = [host for host in hosts if host[0] == asked]
            if not hosts:
                raise BadRequest("host", f"expected one of {names}", asked)
        statuses = [status for _, status, _ in hosts]
        told = {
            "timestamp": format_time(now()),
            "broker": "ok" if self._subscriber.connected else "away",
            "history": "ok" if self._store.problem is None else "away",
            "hosts": len(hosts),
            "online": statuses.count("online"),
            "offline": statuses.count("offline"),
            "devices": statuses.count(None),
        }
        answer = msgspec.convert(told | numbers({name: found for name, _, found in hosts}), Summary)
        content = msgspec.json.encode(answer)
        return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})


def numbers(hosts: Mapping[str, Mapping[str, msgspec.Raw]]) -> dict[str, float | str | None]:
    """What is told of the newest readings of those hosts."""
    networks = dict(_read(hosts, "network", Network)).values()
    found = {
        "cpu": _highest(_read(hosts, "cpu", Cpu), lambda one: [one.usage_percent]),
        "memory": _highest(_read(hosts, "memory", Memory), lambda one: [one.usage_percent]),
        "disk": _highest(
            _read(hosts, "disk", Disk), lambda one: [part.usage_percent for part in one.partitions.values()]
        ),
        "temperature": _highest(
            _read(hosts, "sensors", Sensors), lambda one: [each.celsius for each in one.temperatures.values()]
        ),
    }
    told: dict[str, float | str | None] = {}
    for name, (value, host) in found.items():
        told[f"{name}_celsius" if name == "temperature" else f"{name}_percent"] = value
        told[f"{name}_host"] = host
    told["recv_bytes_per_sec"] = _sum(one.bytes_recv_per_sec for one in networks)
    told["sent_bytes_per_sec"] = _sum(one.bytes_sent_per_sec for one in networks)
    return told


def _read(
    hosts: Mapping[str, Mapping[str, msgspec.Raw]], metric: str, kind: type[R]
) -> Iterable[tuple[str, R]]:
    for host, found in hosts.items():
        try:
            if metric in found:
                yield host, msgspec.json.decode(found[metric], type=kind)
        except UNREADABLE:
            continue


def _highest(found: Iterable[tuple[str, R]], pick: Callable[[R], Iterable[float | None]]) -> _Highest:
    values = [(value, host) for host, one in found for value in pick(one) if value is not None]
    return max(values) if values else (None, None)


def _sum(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return round(sum(there), 3) if there else None
