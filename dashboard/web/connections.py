"""What one client may hold of the server: connections, unfinished requests, unfinished messages.

The limits are uvicorn's where it has them. These are the ones that it lacks.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from dashboard.auth.guard import LIVE

# Of everybody together, sockets included. Beyond it requests are answered with 503.
MOST_CONNECTIONS = 2000
# Each connection is a file; the history and the broker need some too.
_FILES = MOST_CONNECTIONS + 500

# How long a request may take to arrive, in seconds: headers, and then the body.
ARRIVAL_SECONDS = 10.0

# A WebSocket's handshake has lines of 8 kB, and 128 of them, at most: `websockets` reads no more.
_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 51\r\n\r\nThe address or a header of this request is too long"
)

# Bytes of one message: of a page's state to Streamlit, and of a ping on the live route.
MOST_FROM_PAGE = 1024 * 1024
MOST_FROM_VIEWER = 4096


class Requests(H11Protocol):
    """HTTP, at most `most` connections from one address; the `proxy` speaks for many and has no limit."""

    def __init__(self, *given: Any, most: int, proxy: str, **named: Any) -> None:
        super().__init__(*given, **named)
        self._most = most
        self._proxy = proxy
        self._late: asyncio.TimerHandle | None = None
        self._is_socket = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._too_many():
            # No answer: writing one would cost what is to be saved.
            transport.abort()
        else:
            self._expect_the_rest()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_socket:
            return  # its request counts as unfinished for h11, whose part is over
        if self._late is not None and self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._whole()
        elif self._late is None and self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._expect_the_rest()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._whole()
        self._is_socket = True
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._whole()
        super().connection_lost(exc)

    def _too_many(self) -> bool:
        address = _address(self)
        if not address or address == self._proxy:
            return False
        return sum(_address(one) == address for one in self.connections) > self._most

    def _expect_the_rest(self) -> None:
        self._late = self.loop.call_later(ARRIVAL_SECONDS, self.transport.abort)

    def _whole(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _address(connection: object) -> str:
    client: tuple[str, int] | None = getattr(connection, "client", None)
    return client[0] if client else ""


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket that holds little of an unfinished message where little is ever sent."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn would say nothing, and keep the connection for ever.
            self.handshake_complete = True
            self.transport.write(_TOO_LONG)
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        if event.path.partition("?")[0].endswith(LIVE):
            self.conn.max_message_size = MOST_FROM_VIEWER
        super().handle_connect(event)


def allow_many_files() -> None:
    """Raise this process's own limit of open files as far as it may, to what its connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
