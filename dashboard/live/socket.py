"""The live readings: `WS /api/ws/metrics[?host=…]`."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.live.hub import Hub, Viewer
from perfwatch.readings.codec import UNREADABLE

_PONG = '{"type":"pong"}'


class _Message(msgspec.Struct):
    type: str


class LiveApi:
    """Streams each tick of each host once, the newest at once on connecting."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> list[WebSocketRoute]:
        return [WebSocketRoute("/api/ws/metrics", self.stream)]

    async def stream(self, socket: WebSocket) -> None:
        await socket.accept()
        given = socket.query_params
        types = ("metrics", "host") if given.get("presence") == "true" else ("metrics",)
        with self._hub.viewer(given.get("host") or None, types) as viewer:
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(_send_frames(socket, viewer))
                await _answer_pings(socket)
                sending.cancel()


async def _send_frames(socket: WebSocket, viewer: Viewer) -> None:
    try:
        async for frame in viewer.frames():
            await socket.send_text(frame.text)
    except WebSocketDisconnect:
        return


async def _answer_pings(socket: WebSocket) -> None:
    """Until the client goes. What is not a ping is ignored."""
    while (received := await socket.receive())["type"] != "websocket.disconnect":
        text = received.get("text") or received.get("bytes") or ""
        try:
            message = msgspec.json.decode(text, type=_Message)
        except UNREADABLE:
            continue
        if message.type == "ping":
            await socket.send_text(_PONG)
