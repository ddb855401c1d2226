"""What outlives a restart: where all rules stand, what was told and is still to be told, and what is over.

Three files. What is told is small and kept at each change, so nothing is told twice. What the engine knows of
each host is kept now and then, and may be some minutes old after a crash. What is over is added, a line each.
"""

from __future__ import annotations

import base64
import os
from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from alerts.hosts import Host, Known, Memory, Place
from alerts.telling import News, Untold
from perfwatch.alerting.machine import Track
from perfwatch.alerting.window import Numbers
from perfwatch.errors import StartError
from perfwatch.files import write_private

_told = msgspec.json.Decoder(Untold)
_news = msgspec.json.Decoder(News)


class _Host(Known):
    """A host as it is written: JSON's keys are strings, so each rule has its parts."""

    tracks: dict[str, dict[str, Track]] = field(default_factory=dict)


class _Line(Struct):
    """The first line has `watched`, each other one a host."""

    watched: float = 0.0
    name: str = ""
    host: _Host | None = None


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
    memory, places = Memory(), dict[Place, Place]()
    try:
        with path.open("rb") as file:
            memory.watched = decoder.decode(next(file, b"{}")).watched
            for line in map(decoder.decode, file):
                memory.hosts[line.name] = _read(line.host or _Host(), places)
    except FileNotFoundError:
        return memory
    except (OSError, msgspec.DecodeError, ValueError) as exc:
        raise _unreadable(path, exc) from exc
    return memory


def append_past(path: Path, ended: Iterable[News]) -> None:
    """Add what is over. Raises OSError."""
    with path.open("ab") as file:
        file.write(b"".join(msgspec.json.encode(one) + b"\n" for one in ended))


def load_past(path: Path, most: int) -> list[News]:
    """The last `most` of what is over, and nothing older is kept. A line that was cut short is left out.

    Raises OSError.
    """
    lines = path.read_bytes().splitlines() if path.exists() else []
    found = []
    for line in lines[-most:]:
        with suppress(msgspec.DecodeError):
            found.append(_news.decode(line))
    if len(found) < len(lines):
        write_private(path, b"".join(msgspec.json.encode(one) + b"\n" for one in found))
    return found


def instance(path: Path) -> str:
    """By what name this data folder's service is known to others; made the first time. Raises OSError."""
    if not path.exists():
        write_private(path, os.urandom(8).hex())
    return path.read_text().strip()


def _lines(memory: Memory) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder(enc_hook=_to_text)
    yield encoder.encode(_Line(watched=memory.watched)) + b"\n"
    for name, host in memory.hosts.items():
        yield encoder.encode(_Line(name=name, host=_written(host))) + b"\n"


def _written(host: Host) -> _Host:
    return _Host(**_known(host), tracks={rule: host.parts(rule) for rule in host.rules()})


def _read(host: _Host, places: dict[Place, Place]) -> Host:
    """`places` are those of all hosts, which share them."""
    tracks = {(rule, part): track for rule, parts in host.tracks.items() for part, track in parts.items()}
    shared = {places.setdefault(place, place): track for place, track in tracks.items()}
    return Host(**_known(host), tracks=shared)


def _known(host: Known) -> dict[str, Any]:
    return {name: getattr(host, name) for name in Known.__struct_fields__}


def _unreadable(path: Path, error: Exception) -> StartError:
    return StartError(
        f"The state of the alerts in {path} cannot be read ({error}). Move it away, and all begins anew"
    )


def _to_text(numbers: Any) -> str:
    if not isinstance(numbers, array):
        raise NotImplementedError(type(numbers))
    return f"{numbers.typecode}:{base64.b64encode(numbers.tobytes()).decode()}"


def _to_array(_kind: type, content: str) -> Numbers:
    """From what `_to_text` made; a version that knew only floats of eight bytes did not name the kind."""
    kind, _, encoded = content.rpartition(":")
    numbers: Numbers = array(kind or "d")
    numbers.frombytes(base64.b64decode(encoded))
    return numbers
