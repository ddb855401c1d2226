"""How far things were when the last run ended, as its readings on disk tell."""

from __future__ import annotations

from collector.delivery.acknowledged import Acknowledged, Mark
from collector.delivery.reading import KeptReading
from perfwatch.journal.record import Record


class Recovery:
    """`learn` each record, oldest first: of each topic the `newest` number, and `low`, before which all
    were acknowledged, and when, by the clock that stood at `time` (seconds since 1970) at the end.
    """

    def __init__(self, resend: float) -> None:
        self.newest: dict[str, int] = {}
        self.low = 0
        self.time = 0.0
        self.acknowledged = Acknowledged(resend, Mark(float("-inf"), 0))

    def learn(self, record: Record) -> None:
        reading = KeptReading.of(record)
        self.low = max(0, record.number - reading.behind)
        self.time = record.time_ms / 1000
        self.acknowledged.note(Mark(self.time, self.low))
        if reading.topic:
            self.newest[reading.topic] = record.number
