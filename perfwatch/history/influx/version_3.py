"""InfluxDB 3 Core: as many databases as there are buckets, and questions about a few days at a time.

It keeps a file for each ten minutes of a table, never puts two together, and answers no question about more
than 432 of them. So each question is about so many that a few of them may be there twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

from perfwatch.history.influx.buckets import ALWAYS, Stretch, WriteOnly
from perfwatch.history.influx.http import Forbidden, ServerRefused
from perfwatch.history.influx.query import HOURS, Place, Result, numbers, unqualified
from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, MINUTE, floor

# How many files a question is about when each is there once.
FILES = 144
_FILE_MS = 10 * MINUTE

# Nothing older is looked for, whatever is asked: each day of a metric costs a question.
HORIZON_MS = 31 * DAY_MS


class Databases3(WriteOnly):
    """A database appears when it is written; nothing in it can be deleted over HTTP."""

    answers = True
    bounded = True
    absent_is_empty = False

    def stretches(self, place: Place, whole: Stretch = ALWAYS) -> list[Stretch]:
        now = time.time_ns() // 1_000_000
        start, stop = max(whole.start, now - HORIZON_MS), min(whole.stop, now + HOUR)
        length = FILES * (HOUR if place.name == HOURS else _FILE_MS)
        begins = range(floor(start, length), stop, length)
        return [Stretch(max(begin, start), min(begin + length, stop)) for begin in begins]

    def write(self, place: Place, body: bytes) -> None:
        try:
            super().write(place, body)
        except ServerRefused as exc:
            if not exc.about_lines:
                raise
            # Why, it tells elsewhere only. And where it keeps the other lines, the columns that a refused one
            # would have had stay, and count towards those that its table may have.
            given = {"db": place.bucket, "precision": "millisecond", "accept_partial": "false"}
            with suppress(Forbidden):  # a proxy may let through no more than what all versions have
                self._server.write(place.bucket, body, "/api/v3/write_lp", given)
                return
            raise

    def ask(self, statements: Sequence[str], places: Sequence[Place]) -> list[Result]:
        # It takes one statement a request; and where one names a retention policy `autogen`, it looks in
        # another database than was written: so the request names the database, and nothing else.
        asked = (unqualified(statement, places) for statement in statements)
        return [self._server.query_3(statement, place.bucket) for place, statement in asked]

    def index(self, place: Place, metrics: Iterable[str], host: str | None) -> None:
        return None

    def measurements(self, place: Place) -> dict[str, list[str]]:
        return numbers(self._server.query_3("SHOW FIELD KEYS", place.bucket))
