"""Who is logged in and from where, as one's own list shows it; and by what unused sessions end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct
from starlette.datastructures import Headers
from starlette.types import Scope

from perfwatch.errors import TokenError
from perfwatch.files import write_private
from perfwatch.readings.codec import UNREADABLE
from perfwatch.tokens import Session

# Beyond so many the one that was used longest ago ends: programs that stay have tokens.
MOST_OF_ACCOUNT = 100
# A new login and the end of one are written within seconds; that one is used, so often.
_SAVED_EACH = 300.0
_LONGEST_NAME = 200


class Login(Struct):
    """Times are in seconds since 1970. `client` is what it called itself when it was used last."""

    username: str
    began: int
    used: float
    expires: int
    address: str = ""
    client: str = ""


class Logins:
    """Those in the file `path`, by the ids of their sessions. `idle` is in seconds."""

    def __init__(self, path: Path, idle: float, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._idle = idle
        self._clock = clock
        self._kept = _read(path)
        self._saved_at = clock()
        self._changed = False
        self._used = False

    def use(self, session: Session, scope: Scope, lifetime: int, is_open: bool) -> None:
        """Raises TokenError when it was not used for too long. A page that `is_open` uses it all the time."""
        now = self._clock()
        known = self._kept.get(session.jti)
        if known is None:
            began = session.expires - lifetime
            known = self._kept[session.jti] = Login(session.username, began, now, session.expires)
            self._changed = True
        elif now - known.used > self._idle and not is_open:
            raise TokenError("The session was not used for too long: log in again")
        known.used = now
        known.address = (scope.get("client") or ("",))[0]
        known.client = Headers(scope=scope).get("user-agent", "")[:_LONGEST_NAME]
        self._used = True

    def touch(self, session: Session) -> None:
        """It is used just now: by a page that is open."""
        if session.jti in self._kept:
            self._kept[session.jti].used = self._clock()

    def end(self, jti: str) -> None:
        if self._kept.pop(jti, None):
            self._changed = True

    def of(self, username: str) -> dict[str, Login]:
        """Those of that account that are not over, by their ids: first the one that was used last."""
        now = self._clock()
        live = {jti: one for jti, one in self._kept.items() if one.username == username and one.expires > now}
        return dict(sorted(live.items(), key=lambda item: -item[1].used))

    def beyond(self, username: str) -> list[str]:
        """The ids of those that are too many."""
        return list(self.of(username))[MOST_OF_ACCOUNT:]

    async def save(self) -> None:
        """Write what is new, and forget what is over. Raises OSError."""
        now = self._clock()
        if not self._changed and not (self._used and now - self._saved_at >= _SAVED_EACH):
            return
        self._kept = {jti: one for jti, one in self._kept.items() if one.expires > now}
        self._changed, self._used, self._saved_at = False, False, now
        try:
            await asyncio.to_thread(write_private, self._path, msgspec.json.encode(self._kept))
        except OSError:
            self._changed = True
            raise


def _read(path: Path) -> dict[str, Login]:
    """What cannot be read is forgotten: a session that is used is listed anew."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Login])
    except (OSError, *UNREADABLE):
        return {}
