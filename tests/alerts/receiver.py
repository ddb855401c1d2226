"""An HTTP server that takes messages, and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver(ThreadingHTTPServer):
    """`taken` has the JSON of each request that it answered well; with another `answer` it takes none."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.taken: list[dict[str, Any]] = []
        self.refused = 0
        self.answer = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/secret-token"

    @property
    def events(self) -> list[str]:
        """All that was told: `nas cpu firing`."""
        return [
            f"{one['host']} {one['rule']} {one['event']}" for each in self.taken for one in each["alerts"]
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.answer)
        self.end_headers()
        if self.server.answer == 200:
            self.server.taken.append(json.loads(content))
        else:
            self.server.refused += 1
            self.wfile.write(b"no such hook")

    def log_message(self, *_: object) -> None: ...


@contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    with Receiver(port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
