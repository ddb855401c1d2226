"""Mosquitto as our child, with a log that tells all, of which we keep what is worth keeping.

Mosquitto names denied publishes only among a line for each message: 16 kB/s of them at 20 messages/s, 930 at
1,200. What that costs: mosquitto/README.md.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
from contextlib import suppress
from typing import IO

from perfwatch.admin.child import Child

# What its configuration says beside the shipped lines.
TELLS_ALL = ("log_type debug", "connection_messages true")

# Linux's most for an ordinary user: half a second of 2,500 messages/s, or two seconds of 600.
_PIPE_BYTES = 1 << 20

_CHATTER = (
    rb"(?:Received|Sending|New connection|New client|No will|Will|Denied|\t|Client \S+ (?:disconn|closed))"
)
_EVENTS = re.compile(rb"^\d+: (?!" + _CHATTER + rb").*\n", re.MULTILINE)


class Overheard(Child):
    """A child whose output comes to us. What we do not fetch in time is lost; it never waits for us."""

    _ours: int | None = None
    _rest = b""

    def _output(self) -> IO[bytes]:
        ours, theirs = os.pipe()
        if sys.platform == "linux":
            with suppress(OSError):  # a system that allows less
                fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        for end in (ours, theirs):
            os.set_blocking(end, False)
        self._close()
        self._ours, self._rest = ours, b""
        return os.fdopen(theirs, "wb")

    def hear(self) -> bytes:
        """The whole lines that it wrote since. Those that are no chatter are in its log file then."""
        lines, end, self._rest = (self._rest + self._fetch()).rpartition(b"\n")
        events = b"".join(_EVENTS.findall(lines + end))
        if events:
            with suppress(OSError), self.log.open("ab") as file:  # a full disk
                file.write(events)
        return lines + end

    def _fetch(self) -> bytes:
        if self._ours is None:
            return b""
        try:
            return os.read(self._ours, _PIPE_BYTES)
        except BlockingIOError:
            return b""

    async def stop(self) -> None:
        await super().stop()
        self.hear()
        self._close()

    def tail(self, lines: int = 8) -> str:
        self.hear()
        return super().tail(lines)

    def _close(self) -> None:
        if self._ours is not None:
            os.close(self._ours)
            self._ours = None
