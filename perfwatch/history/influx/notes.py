"""What PerfWatch keeps in InfluxDB about the history itself: its policy, and how far upkeep has come.

Beside the hours, in measurements that no metric can be called. Other processes write here too, and
there are no transactions: so nothing is ever read, changed and written back. How far upkeep has come
is the highest that anybody noted, each noted at the time that it is about, so that what forgets old
readings forgets old notes. A late hour is noted by who wrote into it, under a token of its own, and is
done when the same token is noted beside it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from perfwatch.errors import StoreError
from perfwatch.history.influx.buckets import Stretch
from perfwatch.history.influx.database import OURS, Database
from perfwatch.history.influx.http import ServerRefused
from perfwatch.history.influx.line_protocol import head_of, plain
from perfwatch.history.influx.query import ROLLUP, Place, between, measurement, name
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import GRACE_MS, HOUR, NEVER, floor
from perfwatch.history.store import Numbers, Point, host_of

_REACH, _LATE, _POLICY = f"{OURS}reach", f"{OURS}late", f"{OURS}policy"

# 2200-01-01: no reading is that new, so nothing that is forgotten takes the policy along.
_KEPT_AT = 7_258_118_400_000


class Reach(NamedTuple):
    """How far upkeep has come, in ms: `rolled_to` all is rolled up, before `raw_from` raw is of no use.

    What is between `thinned_to` and `raw_from` may still be there, when a thinning was interrupted.
    """

    rolled_to: int = NEVER
    raw_from: int = NEVER
    thinned_to: int = NEVER


class LateHour(NamedTuple):
    """Something of `host` was written into that hour (ms) when it may have been rolled up."""

    host: str
    hour: int
    token: float


class Notes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def reach(self) -> Reach:
        fields = ", ".join(f"max({field})" for field in Reach._fields)
        for stretch in reversed(self._database.stretches(self._place)):
            for row in self._rows(f"SELECT {fields} FROM {self._name(_REACH)} WHERE {between(*stretch)}"):
                return Reach(*(NEVER if value is None else int(value) for value in row[1:]))
        return Reach()

    def oldest(self) -> int | None:
        """Nothing older than this (ms) is there; None as long as nothing was rolled up.

        The first hour that was rolled up, or an older one into which something came later.
        """
        reached, late = self._first("rolled_to", _REACH), self._first("written", _LATE)
        if reached is None:
            return None
        return min(reached, reached if late is None else late) - HOUR

    def advance(self, **reach: int) -> None:
        self._write([_note(_REACH, "", moment, **{field: moment}) for field, moment in reach.items()])

    def mark_late(self, taken: Iterable[Point | Numbers]) -> None:
        """Note the hours of what was just written, but for the hour that it is.

        Upkeep waits GRACE_MS after an hour; half of that is for clocks that differ.
        """
        now, token = time.time_ns() // 1_000_000, float(time.time_ns() // 1000)
        first, last = (floor(now + slack, HOUR) for slack in (-GRACE_MS // 2, GRACE_MS // 2))
        hours = {(host_of(one), floor(one.time, HOUR)) for one in taken}
        late = [(host, hour) for host, hour in hours if not first <= hour <= last]
        if not late or not self._database.ways().answers:
            return
        try:
            self._write([_note(_LATE, host, hour, written=token, rolled=0.0) for host, hour in late])
        except ServerRefused as exc:
            # The readings are kept. Who may not write notes makes no rollups either, and upkeep says so.
            if not exc.final:
                raise

    def late(self, until: int) -> list[LateHour]:
        """The hours before `until` that were noted and are not done, in order of time."""
        asked = [
            f"SELECT written, rolled FROM {self._name(_LATE)} WHERE {between(*stretch)} AND written != rolled"
            f" GROUP BY {name('host')}"
            for stretch in self._database.stretches(self._place, Stretch(NEVER, until))
        ]
        found = [
            LateHour(plain(rows.tags["host"]), row[0], float(row[1]))
            for result in self._database.ask(asked)
            for rows in result.series
            for row in rows.values
        ]
        return sorted(found, key=lambda one: one.hour)

    def any_before(self, stop: int) -> bool:
        """Whether anything was noted about hours before `stop`, done or not."""
        return bool(self._rows(f"SELECT last(written) FROM {self._name(_LATE)} WHERE {between(NEVER, stop)}"))

    def done(self, hours: Sequence[LateHour]) -> None:
        """One that was noted again meanwhile has another token by now, and stays."""
        self._write([_note(_LATE, one.host, one.hour, rolled=one.token) for one in hours])

    def policy(self) -> Policy | None:
        """None when none was set."""
        names = Policy.__struct_fields__
        where = between(_KEPT_AT, _KEPT_AT + 1)
        rows = self._rows(f"SELECT {', '.join(names)} FROM {self._name(_POLICY)} WHERE {where}")
        if not rows:
            return None
        kept = dict(zip(names, rows[0][1:], strict=True))
        try:
            return msgspec.convert(kept | {"enabled": kept["enabled"] != 0}, Policy, strict=False)
        except msgspec.ValidationError as exc:
            raise StoreError(
                f"The history on {self._database.url} has a policy that cannot be used: {exc}"
            ) from exc

    def set_policy(self, policy: Policy) -> None:
        self._write([_note(_POLICY, "", _KEPT_AT, **msgspec.structs.asdict(policy))])

    def _first(self, field: str, of: str) -> int | None:
        """The time (ms) of the first row that has that field."""
        for stretch in self._database.stretches(self._place):
            for row in self._rows(f"SELECT first({field}) FROM {self._name(of)} WHERE {between(*stretch)}"):
                return int(row[0] or 0)
        return None

    @property
    def _place(self) -> Place:
        return self._database.hours

    def _name(self, of: str) -> str:
        return measurement(self._place, of)

    def _rows(self, statement: str) -> list[list[float | None]]:
        [result] = self._database.ask([statement])
        return [row for rows in result.series for row in rows.values]

    def _write(self, lines: list[str]) -> None:
        if lines:
            self._database.write(self._place, "\n".join(lines).encode())


def _note(of: str, host: str, moment: int, **fields: float) -> str:
    head = head_of((of, host, "", "")) if host else of
    pairs = ",".join(f"{field}={float(value)!r}" for field, value in fields.items())
    return f"{head},{ROLLUP}=note {pairs} {moment}"
