"""What the last run left in the outbox's folder."""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path

from collector.delivery.acknowledged import Mark
from collector.delivery.segment import Record, Segment

log = logging.getLogger(__name__)

# A mark a second, for the hour that may be sent again at most.
_MARKS = 3600
_STEP_MS = 1000


class Recovery:
    """The segments found in `folder`, oldest first; damaged ends are left out, and said.

    `names` is the highest number that a file has for a name. The rest is right after `number`: the
    `newest` number of each topic, the `marks` of what was acknowledged, and `low`, before which all
    was. Raises OSError when the folder cannot be listed.
    """

    def __init__(self, folder: Path) -> None:
        self.segments: list[Segment] = []
        self.names = 0
        self.newest: dict[str, int] = {}
        self.marks: list[Mark] = []
        self.low = 0
        self._count = 0
        self._times: list[int] = []  # of each segment's last record
        self._time_ms = 0
        self._behind: deque[tuple[int, int]] = deque(maxlen=_MARKS)
        for path in sorted(folder.glob("*.seg")):
            if path.stem.isdigit():
                self.names = int(path.stem)
            self._read(path)

    def number(self, end: int, now: float, wall_ms: int) -> None:
        """Number the readings so that the last one comes before `end`."""
        first = end - self._count
        for segment, time_ms in zip(self.segments, self._times, strict=True):
            segment.first += first
            # By a clock that was set back since, nothing is older than now.
            segment.born = segment.touched = now - max(0, wall_ms - time_ms) / 1000
        self.newest = {topic: number + first for topic, number in self.newest.items()}
        self.low = max(0, self.low) + first
        self.marks = [Mark(float("-inf"), first)]
        for time_ms, number in self._behind:
            moment = now - max(0, self._times[-1] - time_ms) / 1000
            if number + first >= self.marks[-1].number and moment > self.marks[-1].moment:
                self.marks.append(Mark(moment, number + first))

    def _learn(self, record: Record) -> None:
        self._time_ms = record.time_ms
        self.low = self._count - record.behind
        if not self._behind or abs(record.time_ms - self._behind[-1][0]) >= _STEP_MS:
            self._behind.append((record.time_ms, self.low))
        if record.topic:
            self.newest[record.topic] = self._count
            self._count += 1

    def _read(self, path: Path) -> None:
        first = self._count
        try:
            segment, damaged = Segment.found(path, self._learn)
        except OSError as exc:
            log.warning("%s is left out of the outbox: %s", path, exc.strerror)
            return
        if damaged:
            log.warning("%s is damaged: its last %d bytes are lost", path, damaged)
        if segment.count:
            segment.first = first
            self.segments.append(segment)
            self._times.append(self._time_ms)
        else:
            path.unlink()
