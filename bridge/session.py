"""The bridge's session at the broker: under which client id, and what it is subscribed to."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from perfwatch.errors import StartError
from perfwatch.files import write_private
from perfwatch.mqtt.identity import new_client_id


class Kept(Struct):
    """`subscribed` is the filter of the readings. `took_over`: nothing waits under the old id any more."""

    client_id: str
    subscribed: str = ""
    took_over: bool = False


class Session:
    """Kept in `path` (mode 0600), so that the bridge called `name` finds its session again."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        # Until 0.1 everybody knew the id, so any account could empty the session.
        self.old_client_id = f"perfwatch-bridge-{name}"
        try:
            self._kept = msgspec.json.decode(path.read_bytes(), type=Kept)
        except FileNotFoundError:
            self._kept = Kept(new_client_id("bridge", name))
            self._save()
        except (OSError, msgspec.DecodeError) as exc:
            raise StartError(f"The bridge's session in {path} cannot be read: {exc}") from exc

    @property
    def client_id(self) -> str:
        return self._kept.client_id

    @property
    def took_over(self) -> bool:
        return self._kept.took_over

    def subscribed(self, pattern: str) -> str:
        """Note the filter that is subscribed to now; returns the one of before, if that was another."""
        before = self._kept.subscribed
        if before == pattern:
            return ""
        self._kept.subscribed = pattern
        self._save()
        return before

    def note_taken_over(self) -> None:
        self._kept.took_over = True
        self._save()

    def _save(self) -> None:
        try:
            write_private(self._path, msgspec.json.encode(self._kept).decode())
        except OSError as exc:
            raise StartError(f"The bridge's session cannot be kept in {self._path}: {exc}") from exc
