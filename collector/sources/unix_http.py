"""HTTP over a Unix socket."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path
from typing import NamedTuple


class Response(NamedTuple):
    status: int
    content: bytes


def get(path: Path, way: str, patience: float, most: int) -> Response:
    """What answers at the socket `path` to GET `way`, within so many seconds; `most` bytes of it.

    Raises OSError, which names the socket, and ValueError when that is no HTTP.
    """
    connection = _OverUnix(path, patience)
    try:
        connection.request("GET", way)
        with connection.getresponse() as response:
            return Response(response.status, response.read(most))
    except http.client.HTTPException as exc:
        raise ValueError(f"{path} does not speak HTTP: {exc!r}") from exc
    except TimeoutError as exc:
        raise TimeoutError(f"{path} gave no answer within {patience:g} s") from exc
    except OSError as exc:
        raise OSError(exc.errno, exc.strerror, str(path)) from exc  # which does not name it
    finally:
        connection.close()


class _OverUnix(http.client.HTTPConnection):
    def __init__(self, path: Path, patience: float) -> None:
        super().__init__("localhost", timeout=patience)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
