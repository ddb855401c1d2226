"""A container engine on a Unix socket: what it answers is up to the test."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Reply = Callable[[str], bytes | None]
"""What to send for a path; None hangs up, when the test lets it."""


def ok(content: Any) -> bytes:
    """An answer of 200 with that as JSON."""
    return http("200 OK", json.dumps(content).encode())


def http(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Engine:
    """`with Engine(path, reply) as engine`: one thread, which answers one question after another."""

    def __init__(self, path: Path, reply: Reply) -> None:
        self.path = path
        self.reply = reply
        self.asked: list[str] = []
        self.let_go = threading.Event()
        self._server = socket.socket(socket.AF_UNIX)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        question = connection.recv(65536).decode().split(" ")
        if len(question) < 2:
            return
        self.asked.append(question[1])
        answer = self.reply(question[1])
        if answer is None:
            self.let_go.wait(60)
        else:
            with suppress(BrokenPipeError):  # whoever asked has given up
                connection.sendall(answer)

    def __enter__(self) -> Self:
        self._server.bind(str(self.path))
        self._server.listen(16)
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.let_go.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(60)
