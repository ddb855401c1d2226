"""`GET /metrics`: what every host reads now, and how PerfWatch is, for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.export.exposition import Exporter, Exposition
from dashboard.export.families import Family
from dashboard.live.bridges import Bridges
from dashboard.live.hub import Hub
from dashboard.live.subscriber import Subscriber
from dashboard.web.health import StoreProbe
from perfwatch import distribution
from perfwatch.units import Base
from perfwatch.workers import Workers

METRICS = "/metrics"
OPENMETRICS = "application/openmetrics-text"
_OLDER = "text/plain; version=0.0.4; charset=utf-8"

_BUILD = Family("perfwatch_build_info", "The version that answers; always 1")
_BROKER = Family("perfwatch_broker_up", "Whether the dashboard is connected to the broker")
_STORE = Family("perfwatch_history_up", "Whether the history answers")
_VIEWERS = Family("perfwatch_dashboard_viewers", "Live sockets that are open")
_UP = Family("perfwatch_up", "Whether the collector of a host is online, as it or its broker says")
_BRIDGE_UP = Family("perfwatch_bridge_up", "Whether a bridge is online")

_BRIDGE = {
    "lag_ms": Family(
        "perfwatch_bridge_lag_seconds",
        "Age of the newest reading once it was stored",
        "gauge",
        Base("seconds", 0.001),
    ),
    "waiting": Family("perfwatch_bridge_waiting_readings", "Readings received and not stored yet"),
    "spooled": Family(
        "perfwatch_bridge_spooled_readings", "Readings on disk that the history could not take yet"
    ),
    "spool_bytes": Family("perfwatch_bridge_spool_bytes", "What they take on disk", "gauge", Base("bytes")),
    "spool_age_seconds": Family(
        "perfwatch_bridge_spool_age_seconds", "How long the first of them waits", "gauge", Base("seconds")
    ),
    "received": Family("perfwatch_bridge_received", "Readings received since its start", "counter"),
    "written": Family("perfwatch_bridge_written", "Readings stored", "counter"),
    "rejected": Family("perfwatch_bridge_rejected", "Messages that cannot be decoded", "counter"),
    "refused": Family("perfwatch_bridge_refused", "Readings that the history will never take", "counter"),
    "expired": Family("perfwatch_bridge_expired", "Readings lost because they waited too long", "counter"),
    "damaged": Family("perfwatch_bridge_damaged", "Places of the spool that cannot be read", "counter"),
}

_Hosts = Sequence[tuple[str, str | None, Mapping[str, msgspec.Raw]]]


class MetricsApi:
    """While the broker is away there are no readings: those that are known may be of yesterday.

    Text is made on a thread of its own: for a thousand hosts it is megabytes.
    """

    def __init__(self, hub: Hub, bridges: Bridges, subscriber: Subscriber, store: StoreProbe) -> None:
        self._hub = hub
        self._bridges = bridges
        self._subscriber = subscriber
        self._store = store
        self._workers = Workers("what Prometheus reads", 1)
        self._exporter = Exporter()

    def routes(self) -> list[Route]:
        return [Route(METRICS, self.metrics)]

    async def metrics(self, request: Request) -> Response:
        openmetrics = OPENMETRICS in request.headers.get("accept", "")
        packed = "gzip" in request.headers.get("accept-encoding", "")
        answer = Exposition()
        self._own(answer)
        hosts = self._hub.newest() if self._subscriber.connected else []
        content = await self._workers.run(self._content, answer, hosts, openmetrics, packed)
        kind = f"{OPENMETRICS}; version=1.0.0; charset=utf-8" if openmetrics else _OLDER
        headers = {"Content-Type": kind, "Cache-Control": "no-store"}
        if packed:
            # Otherwise the web server packs it, at a level that takes three times as long.
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(content, headers=headers)

    def _own(self, to: Exposition) -> None:
        to.add(_BUILD, 1, version=distribution.VERSION)
        to.add(_BROKER, self._subscriber.connected)
        to.add(_STORE, self._store.problem is None)
        to.add(_VIEWERS, self._hub.viewers)
        for bridge in self._bridges.described() if self._subscriber.connected else ():
            _add_bridge(to, bridge)

    def _content(self, to: Exposition, hosts: _Hosts, openmetrics: bool, packed: bool) -> bytes:
        """Only on the one thread of ours: the exporter remembers."""
        for host, status, _ in hosts:
            if status is not None:
                to.add(_UP, status == "online", host=host)
        self._exporter.add(
            ((host, metric, bytes(payload)) for host, _, found in hosts for metric, payload in found.items()),
            to,
        )
        return (to.packed if packed else to.text)(openmetrics=openmetrics)


def _add_bridge(to: Exposition, bridge: Mapping[str, Any]) -> None:
    name, online = bridge["bridge"], bridge["status"] == "online"
    to.add(_BRIDGE_UP, online, bridge=name)
    told = (bridge["stats"] or {}) if online else {}
    for field, of in _BRIDGE.items():
        if isinstance(told.get(field), int | float):
            to.add(of, told[field], bridge=name)
