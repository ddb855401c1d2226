"""How long the machine has been up, and who is logged in."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from collector.sources.apart import tell
from collector.sources.host_root import host_root
from collector.sources.machine import BootTime
from collector.sources.parts import Missing
from collector.sources.plausible import UPTIME, plausible
from collector.sources.source import ReadText, Tick, read_text
from collector.sources.text import valid
from perfwatch.readings import optional as readings

if TYPE_CHECKING:
    from psutil._ntuples import suser

_SESSIONS = "run/systemd/sessions"
_SYSTEMD = "run/systemd/system"
_UTMP = Path("/run/utmp")
# Not greeters, nor what cron and the user's own services run in.
_PERSONS = frozenset({"user", "user-early", "user-light"})


class System:
    name = "system"

    def __init__(
        self,
        users: Callable[[], list[suser]] = psutil.users,
        boot_time: Callable[[], datetime | None] | None = None,
        read: ReadText = read_text,
        sessions: Path | None = None,
        utmp: Path = _UTMP,
        systemd: Path | None = None,
    ) -> None:
        self._users = users
        self._boot_time = boot_time or BootTime()
        self._read = read
        self._sessions = sessions or host_root() / _SESSIONS
        self._utmp = utmp
        self._systemd = systemd or host_root() / _SYSTEMD
        self._missing = Missing("system")

    @property
    def missing(self) -> str | None:
        return self._missing.first

    def gather(self, tick: Tick) -> readings.System:
        booted = self._boot_time()
        up, persons = tell(partial(self._uptime, booted)), tell(self._logged_in)
        told = {"uptime": up.error, "users": persons.error}
        self._missing.note({part: error for part, error in told.items() if error})
        users = persons.answer
        return readings.System(
            timestamp=tick.timestamp,
            uptime_seconds=plausible(up.answer, UPTIME),
            boot_time=booted,
            user_count=None if users is None else len(users),
            terminals=None if users is None else users.total(),
            users={name: readings.User(terminals=count) for name, count in sorted((users or {}).items())},
        )

    def _uptime(self, booted: datetime | None) -> float | None:
        try:
            return float(self._read("/proc/uptime").split()[0])
        except FileNotFoundError:  # not Linux
            return None if booted is None else round(time.time() - booted.timestamp(), 2)

    def _logged_in(self) -> Counter[str] | None:
        """How many terminals each user has; None where nobody keeps that, as in a container."""
        if os.path.exists(self._utmp) or not os.path.isdir("/proc"):  # noqa: PTH110, PTH112  # they never raise
            return Counter(valid(user.name) for user in self._users())
        # Newer systems have no utmp any more, and only systemd knows.
        if os.path.isdir(self._sessions) and os.path.isdir(self._systemd):  # noqa: PTH112
            return Counter(filter(None, map(_user, sorted(self._sessions.iterdir()))))
        return None


def _user(session: Path) -> str | None:
    """Who is on that session's terminal; None when it has none, or is ending."""
    if session.suffix == ".ref":  # a pipe that logind holds, beside the session's file
        return None
    try:
        return session_user(read_text(str(session)))
    except FileNotFoundError:
        return None  # it ended since it was listed


def session_user(text: str) -> str | None:
    """The user in a file of systemd's sessions (KEY=value lines), when a person is at a terminal."""
    values = dict(line.partition("=")[::2] for line in text.split("\n"))
    # A terminal over ssh is not named here.
    terminal = any(values.get(key) for key in ("TTY", "DISPLAY", "SEAT")) or values.get("REMOTE") == "1"
    person = values.get("CLASS", "user") in _PERSONS
    return values.get("USER") if terminal and person and values.get("STATE") != "closing" else None
