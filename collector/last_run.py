"""What the last run left in the outbox's folder."""

from __future__ import annotations

import logging
from pathlib import Path

from collector.acknowledged import Mark
from collector.segment import Record, Segment

log = logging.getLogger(__name__)


class LastRun:
    """The segments found in `folder`, oldest first; damaged ends are left out, and said.

    `names` is the highest number that a file has for a name. The rest is known after `number`: the
    `newest` number of each topic, the `marks` of what was acknowledged, and `low`, before which all
    was. Raises OSError when the folder cannot be listed.
    """

    def __init__(self, folder: Path) -> None:
        self.segments: list[Segment] = []
        self.names = 0
        self.newest: dict[str, int] = {}
        self.marks: list[Mark] = []
        self.low = 0
        self._records: list[list[Record]] = []
        for path in sorted(folder.glob("*.seg")):
            if path.stem.isdigit():
                self.names = int(path.stem)
            self._read(path)

    def number(self, end: int, now: float, wall_ms: int) -> None:
        """Number the readings so that the last one comes before `end`."""
        number = end - sum(segment.count for segment in self.segments)
        self.low = number
        self.marks = [Mark(float("-inf"), number)]
        last_ms = self._records[-1][-1].time_ms
        for segment, records in zip(self.segments, self._records, strict=True):
            segment.first = number
            # By a clock that was set back since, nothing is older than now.
            segment.born = segment.touched = now - max(0, wall_ms - records[-1].time_ms) / 1000
            for record in records:
                self._learn(record, number, now - max(0, last_ms - record.time_ms) / 1000)
                number += bool(record.topic)
        self._records.clear()

    def _learn(self, record: Record, number: int, moment: float) -> None:
        self.low = max(self.marks[0].number, number - record.behind)
        if self.low >= self.marks[-1].number and moment > self.marks[-1].moment:
            self.marks.append(Mark(moment, self.low))
        if record.topic:
            self.newest[record.topic] = number

    def _read(self, path: Path) -> None:
        try:
            segment, records, damaged = Segment.found(path)
        except OSError as exc:
            log.warning("%s is left out of the outbox: %s", path, exc.strerror)
            return
        if damaged:
            log.warning("%s is damaged: its last %d bytes are lost", path, damaged)
        if segment.count:
            self.segments.append(segment)
            self._records.append(records)
        else:
            path.unlink()
