"""What outlives a restart: where all rules stand, and what was told and is still to be told.

Two files. What is told is small and kept at each change, so nothing is told twice. What the engine knows of
each host is kept now and then, and may be some minutes old after a crash.
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from alerts.engine import Host, Memory
from alerts.telling import Untold
from alerts.window import Numbers
from perfwatch.errors import StartError
from perfwatch.files import write_private

_told = msgspec.json.Decoder(Untold)


class _Line(Struct):
    """The first line has `watched`, each other one a host."""

    watched: float = 0.0
    name: str = ""
    host: Host | None = None


def save_told(path: Path, untold: Untold) -> None:
    """Replace the file in one step. Raises OSError."""
    write_private(path, msgspec.json.encode(untold))


def load_told(path: Path) -> Untold:
    """What was saved; nothing when there is no file. Raises StartError when it cannot be read."""
    try:
        return _told.decode(path.read_bytes())
    except FileNotFoundError:
        return Untold()
    except (OSError, msgspec.DecodeError) as exc:
        raise _unreadable(path, exc) from exc


def save_memory(path: Path, memory: Memory) -> None:
    """Replace the file in one step, written host by host. Raises OSError."""
    write_private(path, _lines(memory))


def load_memory(path: Path) -> Memory:
    """What was saved; nothing when there is no file. Raises StartError when it cannot be read."""
    decoder = msgspec.json.Decoder(_Line, dec_hook=_to_array)
    memory = Memory()
    try:
        with path.open("rb") as file:
            memory.watched = decoder.decode(next(file, b"{}")).watched
            for line in map(decoder.decode, file):
                memory.hosts[line.name] = line.host or Host()
    except FileNotFoundError:
        return memory
    except (OSError, msgspec.DecodeError, ValueError) as exc:
        raise _unreadable(path, exc) from exc
    return memory


def _lines(memory: Memory) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder(enc_hook=_to_bytes)
    yield encoder.encode(_Line(watched=memory.watched)) + b"\n"
    for name, host in memory.hosts.items():
        yield encoder.encode(_Line(name=name, host=host)) + b"\n"


def _unreadable(path: Path, error: Exception) -> StartError:
    return StartError(
        f"The state of the alerts in {path} cannot be read ({error}). Move it away, and all begins anew"
    )


def _to_bytes(numbers: Any) -> bytes:
    if not isinstance(numbers, array):
        raise NotImplementedError(type(numbers))
    return numbers.tobytes()


def _to_array(_kind: type, content: str) -> Numbers:
    numbers = array("d")
    numbers.frombytes(base64.b64decode(content))
    return numbers
