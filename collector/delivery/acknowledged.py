"""How far the broker had acknowledged, and when: what it may not have saved yet is told by the time."""

from __future__ import annotations

from typing import NamedTuple

# One mark a second is close enough, and a day of replay makes no long list.
_STEP_SECONDS = 1.0


class Mark(NamedTuple):
    """All readings before `number` were acknowledged at `moment`, in seconds."""

    moment: float
    number: int


class Acknowledged:
    """Marks of the last `window` seconds before the newest acknowledgement.

    Counted from there and not from now: a broker that hangs may be found gone a minute later.
    """

    def __init__(self, window: float, first: Mark) -> None:
        self._window = window
        self._marks = [first]

    @property
    def safe(self) -> int:
        """All before this number were acknowledged more than the window ago."""
        return self._marks[0].number

    def note(self, mark: Mark) -> None:
        """As far as `mark` now."""
        if mark.moment - self._marks[-1].moment >= min(_STEP_SECONDS, self._window):
            self._marks.append(mark)
        while len(self._marks) > 1 and self._marks[1].moment <= mark.moment - self._window:
            del self._marks[0]

    def doubt(self) -> int:
        """The broker may have lost the last window: back to where it began, which is returned."""
        del self._marks[1:]
        return self.safe

    def change_clock(self, then: float, now: float) -> None:
        """Go on by a clock that says `now` when the one of before says `then`; no mark is of later."""
        self._marks = [Mark(min(now, moment - then + now), number) for moment, number in self._marks]
