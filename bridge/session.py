"""The bridge's session at the broker: under which client id, and what it is subscribed to."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from perfwatch.errors import BrokerError, StartError
from perfwatch.files import write_private
from perfwatch.mqtt.client import Client
from perfwatch.mqtt.identity import new_client_id

# Until what it holds is taken, in seconds: the bridge's own default.
OLD_EXPIRY = 7 * 86400.0

_log = logging.getLogger(__name__)


class Kept(Struct):
    """`subscribed` is the filter of the readings. `took_over`: nothing waits under the old id any more."""

    client_id: str
    subscribed: str = ""
    took_over: bool = False


class MqttSession:
    """Kept in `path` (mode 0600), so that the bridge called `name` finds its session again."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        # Until 0.1 everybody knew the id, so any account could empty the session.
        self._old_client_id = f"perfwatch-bridge-{name}"
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

    def subscribed(self, pattern: str) -> str:
        """Note the filter that is subscribed to now; returns the one of before, if that was another."""
        before = self._kept.subscribed
        if before == pattern:
            return ""
        self._kept.subscribed = pattern
        self._save()
        return before

    async def take_over(
        self, connect: Callable[[str, float], Client], drain: Callable[[Client], Awaitable[bool]]
    ) -> None:
        """Take what waits under the client id of before, once, and end that session.

        `connect` is given a client id and how long its session is to last. What cannot be taken now is left
        for the next connection: it holds up nothing else.
        """
        if self._kept.took_over:
            return
        try:
            async with connect(self._old_client_id, OLD_EXPIRY) as old:
                if not await drain(old):
                    return
            async with connect(self._old_client_id, 0):
                self._kept.took_over = True
                self._save()
        except* BrokerError as group:
            _log.warning("the broker keeps what it holds under our old client id for now: %s", group)

    def _save(self) -> None:
        try:
            write_private(self._path, msgspec.json.encode(self._kept).decode())
        except OSError as exc:
            raise StartError(f"The bridge's session cannot be kept in {self._path}: {exc.strerror}") from exc
