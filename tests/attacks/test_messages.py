"""Whatever is on the broker, every route answers: messages at random, and each GET route asked after them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.export.metrics import METRICS, MetricsApi
from dashboard.openapi.operations import OPERATIONS
from dashboard.web.health import HealthApi
from dashboard.web.responses import HANDLERS
from dashboard.web.routes import Parts, api
from perfwatch.tokens import NEVER, Session
from tests.dashboard.inside import parts

MOMENT = "2026-11-23T12:00:00.000Z"
RANGE = f"metric_type=cpu&start_time=2026-11-23T11:00:00Z&end_time={MOMENT}"
QUERIES = {
    "/api/history/metrics": RANGE,
    "/api/history/query": f"{RANGE}&field=usage_percent",
    "/api/history/compare": "metric_type=cpu&field=usage_percent&period=hour",
    "/api/summary": "host=h1",
}
PATHS = sorted({path for method, path in OPERATIONS if method == "GET"} | {METRICS})

INFO = {
    "hostname": "h1",
    "os": "Debian",
    "kernel": "6",
    "version": "1",
    "interval": 5,
    "sources": {"cpu": None},
}
READING = {"timestamp": MOMENT, "usage_percent": 1.5, "per_core": [1.0], "interfaces": {"eth0": {"mtu": 1}}}
STATE = {"interval": "5s", "sources": {"cpu": True}, "error": "none", "rule": "hot", "state": "firing"}

TOPICS = [
    *(
        f"perfwatch/{host}/{end}"
        for host in ("h1", "h2", "ü \x7f")
        for end in (
            *(
                "status",
                "info",
                "config",
                "config/error",
                "cpu",
                "memory",
                "network",
                "alert/hot",
                "new/deep/er",
            ),
        )
    ),
    *(f"perfwatch-bridge/b/{end}" for end in ("status", "stats", "rejected", "health")),
    *(f"perfwatch-alerts/{end}" for end in ("settings", "answer", "lease")),
    *("perfwatch/alerts", "perfwatch", "perfwatch/", "$SYS/broker/version", "homeassistant/status"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(MOMENT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(sorted({*INFO, *READING, *STATE})) | st.text(max_size=10)


def nearly(known: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """That object with a few of its values replaced."""
    changes = st.dictionaries(NAMES, VALUES, max_size=3)
    return changes.map(lambda found: json.dumps(known | found).encode())


PAYLOADS = st.one_of(
    *(nearly(known) for known in (INFO, READING, STATE)),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=50),
    st.sampled_from(
        [b"online", b"offline", b"", b"[" * 900 + b"]" * 900, b'{"x":' * 900 + b"1" + b"}" * 900]
    ),
    st.sampled_from([b"1e999", b'{"timestamp":"9999-12-31T23:59:59.999Z","x":1e308}', b'{"a":"\\ud800"}']),
)


def routes(of: Parts) -> ASGIApp:
    """Every route, for somebody who is logged in."""
    whole = Starlette(
        routes=[
            *HealthApi(of.subscriber, of.probe, of.bridges).routes(),
            *MetricsApi(of.hub, of.bridges, of.subscriber, of.probe).routes(),
            Mount("/", api(of)),
        ],
        exception_handlers=HANDLERS,
    )

    async def logged_in(scope: Scope, receive: Receive, send: Send) -> None:
        session = Session("admin", "one", NEVER)
        await whole({**scope, "perfwatch.session": session}, receive, send)

    return logged_in


async def answers(folder: Path, messages: list[tuple[str, bytes]]) -> dict[str, int]:
    """What each route answers once those messages came."""
    of = parts(folder)
    of.subscriber._client = object()  # type: ignore[assignment]  # as if it were connected
    for topic, payload in messages:
        of.subscriber._take(topic, payload, live=True)
    transport = httpx.ASGITransport(routes(of))
    async with httpx.AsyncClient(transport=transport, base_url="http://ours") as client:
        codes = {path: (await client.get(f"{path}?{QUERIES.get(path, '')}")).status_code for path in PATHS}
    of.store.close()
    return codes


def test_every_route_answers_whatever_is_on_the_broker(tmp_path: Path) -> None:
    # The history is made once; nothing here writes to it.
    parts(tmp_path).store.close()

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.sampled_from(TOPICS), PAYLOADS), min_size=5, max_size=20))
    def answered(messages: list[tuple[str, bytes]]) -> None:
        codes = asyncio.run(answers(tmp_path, messages))
        # Nobody asked the history how it is, so /health says that nobody knows. No alerts service answers.
        away = {path for path in codes if path == "/health" or path.startswith("/api/alerts/")}
        assert {path: code for path, code in codes.items() if code in (500, 503) and path not in away} == {}
        assert 500 not in codes.values()

    answered()
