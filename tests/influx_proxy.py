"""What InfluxDB 1.8 does and Debian's 1.6 does not: /api/v2/write as /write. All else passes through.

For tests only. `upstream` is the port of a 1.6, or the URL of another server, to which all passes as it is.
`fault` puts a fault in place of the server: (status, body, headers), or None for a reset; it may wait, as a
server that hangs does. `cut` resets the connection in the middle. `allowed`, when set, is the one
Authorization that is let in. `double` answers as another version was seen to.
"""

from __future__ import annotations

import http.client
import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

Fault: TypeAlias = tuple[int, bytes, dict[str, str]] | None
_PASSED = ("Content-Type", "Content-Encoding", "Authorization", "Accept")


class Double(Protocol):
    """What another version than the one behind the proxy answers."""

    version: str

    def refusal(self, method: str, path: str, body: bytes) -> tuple[int, bytes] | None: ...

    def mapped(self, path: str) -> str: ...

    def told(self, path: str, content: bytes) -> bytes | None: ...


class InfluxProxy:
    """`with InfluxProxy(port_of_influxd) as proxy: … proxy.port`; `seen` holds what was asked."""

    def __init__(self, upstream: int | str, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.upstream = upstream
        self.allowed = ""
        self.double: Double | None = None
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.fault: Callable[[str, bytes], Fault] | None = None
        self.cut: Literal["", "request", "answer"] = ""
        proxy = self

        class Handler(_Handler):
            shared = proxy

        self._server = _Server(address, Handler)
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    # Connections that a test leaves open end with the process.
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error of the proxy; all others are seen by whoever asked."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    shared: InfluxProxy

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_PATCH(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *args: object) -> None:
        """What was asked is in `seen`; standard error is pytest's."""

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if self.shared.cut == "request":
            self.rfile.read(length // 2)
            self._reset()
            return
        body = self.rfile.read(length)
        self.shared.seen.append((self.command, self.path, dict(self.headers), body))
        if self.shared.fault is not None:
            fault = self.shared.fault(self.path, body)
            if fault is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            if fault[0]:
                self._answer(*fault)
                return
        if (
            self.shared.allowed
            and self.path != "/ping"
            and self.headers["Authorization"] != self.shared.allowed
        ):
            self._answer(401, b'{"code":"unauthorized","message":"unauthorized access"}', {})
            return
        double = self.shared.double
        if double and (refusal := double.refusal(self.command, self.path, body)):
            self._answer(*refusal, {})
            return
        upstream = _connection(self.shared.upstream)
        try:
            given = {name: self.headers[name] for name in _PASSED if name in self.headers}
            if self.shared.allowed:
                given.pop("Authorization", None)
            path = double.mapped(self.path) if double else self.path
            if isinstance(self.shared.upstream, int):
                path = _mapped(path)
            upstream.request(self.command, path, body, given)
            answer = upstream.getresponse()
            kept = {name: answer.headers[name] for name in ("X-Influxdb-Version",) if name in answer.headers}
            content: bytes | None = answer.read()
            if double:
                kept["X-Influxdb-Version"] = double.version
                content = double.told(self.path, content or b"")
            self._break_off() if content is None else self._answer(answer.status, content, kept)
        except OSError:
            self._answer(502, b'{"error":"the server behind the proxy is away"}', {})
        finally:
            upstream.close()

    def _reset(self) -> None:
        """Close with RST, as the kernel does for a process that dies with unread bytes."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for part in (self.rfile, self.wfile, self.connection):
            part.close()

    def _break_off(self) -> None:
        """Begin an answer in chunks, and hang up."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b'c\r\n{"results":[\r\n')
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if self.shared.cut == "answer":
            self.wfile.write(b"HTTP/1.1 20")
            self._reset()
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if status == 204 else body)


def _connection(upstream: int | str) -> http.client.HTTPConnection:
    if isinstance(upstream, int):
        return http.client.HTTPConnection("127.0.0.1", upstream, timeout=60)
    url = urlsplit(upstream)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    return kind(url.netloc, timeout=60)


def _mapped(path: str) -> str:
    url = urlsplit(path)
    if url.path != "/api/v2/write":
        return path
    given = {name: values[0] for name, values in parse_qs(url.query).items()}
    database, _, policy = given["bucket"].partition("/")
    return f"/write?{urlencode({'db': database, 'rp': policy, 'precision': given['precision']})}"


PASS: Fault = (0, b"", {})
"""What a fault returns to let a request through."""
