"""The live readings: `WS /api/ws/metrics[?host= &hosts= &metrics= &since= &presence= &hello= &summary=]`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, NamedTuple

import msgspec
from starlette.datastructures import QueryParams
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.live.hub import Hub
from dashboard.live.missed import LONGEST_MS, missed
from dashboard.live.summary import Summary, SummaryFrame, SummaryViewer
from dashboard.live.viewer import Frame, Viewer
from dashboard.live.watching import LOOK_SECONDS, Watching
from dashboard.web.requests import check_names, choice, moment
from dashboard.web.responses import BadRequest, Unusable
from perfwatch import distribution
from perfwatch.errors import StoreError
from perfwatch.history.store import HistoryStore
from perfwatch.readings.codec import UNREADABLE
from perfwatch.workers import Workers

BAD_PARAMETER, HISTORY_AWAY = 4400, 4503
_PONG = '{"type":"pong"}'
_KNOWN = ("token", "host", "hosts", "metrics", "since", "presence", "hello", "summary")
_MISSED_SECONDS = 10.0


class _Message(msgspec.Struct):
    type: str
    host: str = ""
    columns: list[str] = []


class Asked(NamedTuple):
    """What a client wants; None means all. `since` is in ms, None when nothing was missed.

    `plain` is whether it gives no parameter, as the frontend of the system before this one.
    """

    hosts: frozenset[str] | None
    metrics: frozenset[str] | None
    since: int | None
    presence: bool
    hello: bool
    plain: bool = False
    summary: bool = False


class LiveApi:
    """Streams each tick of each host once, the newest at once on connecting."""

    def __init__(self, hub: Hub, store: HistoryStore, watching: Watching) -> None:
        self._hub = hub
        self._watching = watching
        self._summary = Summary(hub)
        self._store = store
        self._workers = Workers("what live clients missed", 2)

    def routes(self) -> list[WebSocketRoute]:
        return [WebSocketRoute("/api/ws/metrics", self.stream)]

    async def stream(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            asked = parse(socket.query_params, time.time_ns() // 1_000_000)
        except (BadRequest, Unusable) as exc:
            await socket.close(BAD_PARAMETER, _short(exc))
            return
        if asked.summary:
            await self._summarize(socket, asked)
            return
        types = ("metrics", "device", "host") if asked.presence else ("metrics", "device")
        with self._hub.viewer(asked.hosts, types) as viewer:
            try:
                await self._greet(socket, asked)
            except (BadRequest, StoreError) as exc:
                code = HISTORY_AWAY if isinstance(exc, StoreError) else BAD_PARAMETER
                await socket.close(code, _short(exc))
                return
            except WebSocketDisconnect:
                return
            await _follow(self._listen(socket, viewer), _send_frames(socket, viewer, asked))

    async def _summarize(self, socket: WebSocket, asked: Asked) -> None:
        """Rows of all hosts; of devices, whose numbers nobody declared, their readings too."""
        with self._summary.viewer() as rows, self._hub.viewer(None, ("device",)) as readings:
            sending = _send_frames(socket, rows, asked), _send_frames(socket, readings, asked)
            await _follow(self._listen(socket, rows=rows), *sending)

    async def _listen(
        self, socket: WebSocket, viewer: Viewer | None = None, rows: SummaryViewer | None = None
    ) -> None:
        """Until the client goes. What is neither a ping, a look at a host nor columns to show is ignored."""
        while (received := await socket.receive())["type"] != "websocket.disconnect":
            text = received.get("text") or received.get("bytes") or ""
            try:
                message = msgspec.json.decode(text, type=_Message)
            except UNREADABLE:
                continue
            if message.type == "ping":
                await socket.send_text(_PONG)
            elif message.type == "watch" and viewer and self._hub.may_be_closer(message.host):
                viewer.look(message.host, LOOK_SECONDS)
                self._watching.look(message.host)
            elif message.type == "columns" and rows:
                self._summary.show(rows, message.columns)

    async def _greet(self, socket: WebSocket, asked: Asked) -> None:
        """What comes before the live readings: who we are, and what was missed."""
        if asked.hello:
            hosts = [host for host in self._hub.hosts() if asked.hosts is None or host["host"] in asked.hosts]
            hello = {"type": "hello", "version": distribution.VERSION, "hosts": hosts}
            await socket.send_text(msgspec.json.encode(hello).decode())
        if asked.since is not None:
            until = time.time_ns() // 1_000_000
            work = (self._store, asked.hosts, asked.metrics, asked.since, until)
            try:
                frames = await self._workers.run(missed, *work, deadline=_MISSED_SECONDS)
            except TimeoutError as exc:
                raise StoreError(f"The history did not answer within {_MISSED_SECONDS:g} s") from exc
            for frame in frames:
                await socket.send_text(frame)


def parse(given: QueryParams, now: int) -> Asked:
    """What is asked for; `now` is in ms. Raises BadRequest or Unusable naming what cannot be used."""
    check_names(given.keys(), _KNOWN)
    hosts = _several(given, "hosts") | _several(given, "host")
    since = moment(given, "since") if given.get("since") else None
    if since is not None and since < now - LONGEST_MS:
        raise BadRequest("since", "expected a time of the last hour", given["since"])
    if choice(given, "summary", ("true", "false"), "false") == "true":
        if others := given.keys() - {"token", "summary"}:
            raise BadRequest("summary", f"expected it alone, without {min(others)}", "true")
        return Asked(None, None, None, False, False, summary=True)
    return Asked(
        hosts or None,
        _several(given, "metrics") or None,
        since,
        choice(given, "presence", ("true", "false"), "false") == "true",
        choice(given, "hello", ("1", "0"), "0") == "1",
        given.keys() <= {"token"},
    )


def _several(given: QueryParams, name: str) -> frozenset[str]:
    # One host's name may have a comma in it.
    words = [given.get(name, "")] if name == "host" else given.get(name, "").split(",")
    return frozenset(word for word in words if word)


def _short(exc: Exception) -> str:
    """A reason for closing has 123 bytes at most."""
    return str(exc).encode()[:123].decode(errors="ignore")


async def _follow(listening: Coroutine[Any, Any, None], *sending: Coroutine[Any, Any, None]) -> None:
    """Send for as long as is listened."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in sending]
        await listening
        for task in tasks:
            task.cancel()


def _text(frame: Frame | SummaryFrame, asked: Asked) -> str | None:
    if isinstance(frame, SummaryFrame):
        return frame.text
    if asked.plain:
        return frame.plain
    return frame.text if asked.metrics is None else frame.only(asked.metrics)


async def _send_frames(socket: WebSocket, viewer: Viewer | SummaryViewer, asked: Asked) -> None:
    try:
        async for frame in viewer.frames():
            if (text := _text(frame, asked)) is not None:
                await socket.send_text(text)
    except WebSocketDisconnect:
        return
