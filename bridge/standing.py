"""Where readings go while store and spool come and go. No input or output, and no clock of its own."""

from __future__ import annotations


class Standing:
    """How store and spool do, as far as their last answers tell. Times are in seconds, on any steady clock.

    Whatever happened is told to it; each of these methods returns whether that is news. `away`: the store
    has refused or not answered, and has taken nothing since. `full`: the spool has refused. `hurried`:
    nobody has time to wait any more.
    """

    def __init__(self) -> None:
        self.away = False
        self.full = False
        self.hurried = False
        self._late = 0
        self._pause_ends = 0.0

    @property
    def late(self) -> bool:
        """Whether a write goes on that was given up: another one would wait behind it."""
        return self._late > 0

    def pause(self, now: float) -> float:
        """For how long the store asked to be left alone."""
        return max(0.0, self._pause_ends - now)

    def takes(self, now: float, spooled: bool) -> bool:
        """Whether the store is to be tried with new readings. `spooled` is whether older ones wait on disk.

        While it is away those are what it is tried with; but new ones, too, when the spool takes no more.
        """
        if self.late or self.pause(now):
            return False
        return self.full or not (self.away and spooled)

    def wrote(self) -> bool:
        news, self.away = self.away, False
        return news

    def refused(self, now: float, pause: float = 0.0) -> bool:
        """The store refused, and asks to be left alone for `pause`."""
        self._pause_ends = now + pause
        return self._set_away()

    def gave_up(self) -> bool:
        """A write was not answered in time. It goes on, until `answered`."""
        self._late += 1
        return self._set_away()

    def answered(self) -> None:
        self._late -= 1

    def spooled(self) -> bool:
        news, self.full = self.full, False
        return news

    def overflowed(self) -> bool:
        news, self.full = not self.full, True
        return news

    def _set_away(self) -> bool:
        news, self.away = not self.away, True
        return news
