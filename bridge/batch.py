"""What goes into the store together. No input or output."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from perfwatch.history.store import Numbers

# The most in one batch: so many that a backlog costs few commits, so few that a write takes no second.
MESSAGES = 2000

M = TypeVar("M")


class Batch(NamedTuple, Generic[M]):
    """Messages and the numbers that were in them, both in the order in which they came.

    `readings` is how many of the messages were readings, those without numbers included.
    """

    messages: list[M]
    taken: list[Numbers]
    readings: int

    @property
    def newest(self) -> int:
        """Milliseconds since 1970; 0 when it has no numbers."""
        return max([numbers.time for numbers in self.taken], default=0)
