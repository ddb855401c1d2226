"""What systemd is told about the bridge: ready, how it is, and that it still turns."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Self

STATUS_SECONDS = 10.0


class Notifier:
    """Sends datagrams to `address` (systemd's NOTIFY_SOCKET); does nothing without one.

    `seconds` is how often `alive` is to be called: at least twice as often as the watchdog expects.
    """

    def __init__(self, address: str | None, watchdog: float | None = None) -> None:
        self._address = address
        self.seconds = min(STATUS_SECONDS, watchdog / 2) if watchdog else STATUS_SECONDS

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        microseconds = environ.get("WATCHDOG_USEC", "")
        watchdog = int(microseconds) / 1e6 if microseconds.isdigit() else None
        return cls(environ.get("NOTIFY_SOCKET") or None, watchdog)

    def ready(self) -> None:
        self._send("READY=1")

    def alive(self, status: str) -> None:
        self._send(f"WATCHDOG=1\nSTATUS={status}")

    def _send(self, text: str) -> None:
        if self._address is None:
            return
        # A name in Linux's abstract namespace is written with @ for its leading zero byte.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            try:
                channel.sendto(text.encode(), address)
            except OSError:
                # A service manager that does not listen must not end what it watches.
                self._address = None
