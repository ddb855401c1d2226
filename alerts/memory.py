"""What outlives a restart, in a file: where all rules stand, and what is still to be told."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from alerts.engine import Memory
from alerts.telling import Untold
from alerts.window import Numbers
from perfwatch.errors import StartError
from perfwatch.files import write_private


class Kept(Struct):
    """Engine and messages together: a change is in both or in neither, so it is told once."""

    memory: Memory = msgspec.field(default_factory=Memory)
    untold: Untold = msgspec.field(default_factory=Untold)


def save(path: Path, kept: Kept) -> None:
    """Replace the file in one step. Raises OSError."""
    write_private(path, msgspec.msgpack.encode(kept, enc_hook=_to_bytes))


def load(path: Path) -> Kept:
    """What was saved; nothing when there is no file. Raises StartError when it cannot be read."""
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Kept, dec_hook=_to_array)
    except FileNotFoundError:
        return Kept()
    except (OSError, msgspec.DecodeError, ValueError) as exc:
        raise StartError(
            f"The state of the alerts in {path} cannot be read ({exc}). Move it away, and all begins anew"
        ) from exc


def _to_bytes(numbers: Any) -> bytes:
    if not isinstance(numbers, array):
        raise NotImplementedError(type(numbers))
    return numbers.tobytes()


def _to_array(_kind: type, content: bytes) -> Numbers:
    numbers = array("d")
    numbers.frombytes(content)
    return numbers
