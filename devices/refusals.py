"""What was not taken, counted by reason, so that a flood of it is a line a minute. No input or output."""

from __future__ import annotations

_MOST = 20


class Refusals:
    """Counts since the last report, with an example of each."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._examples: dict[str, str] = {}
        self.total = 0

    def add(self, topic: str, reason: str) -> None:
        self.total += 1
        if reason not in self._counts and len(self._counts) >= _MOST:
            reason = "other reasons"
        self._counts[reason] = self._counts.get(reason, 0) + 1
        self._examples.setdefault(reason, topic[:200])

    def report(self) -> list[str]:
        """A sentence for each reason; from then on it is counted anew."""
        told = [
            f"{count:,} of {self._examples[reason]!r}{' and others' if count > 1 else ''} not taken: {reason}"
            for reason, count in self._counts.items()
        ]
        self._counts.clear()
        self._examples.clear()
        return told
