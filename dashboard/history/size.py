"""How much one answer of the history may hold: all of it is in memory at once."""

from __future__ import annotations

from dashboard.web.responses import BadRequest

# What a slow machine fetches within the deadline of a question (queries.py).
MOST_NUMBERS = 200_000


class TooLarge(BadRequest):
    """An answer would be too large. Says how large, and how to ask for less."""

    def __init__(self, series: int, each: int) -> None:
        Exception.__init__(
            self,
            f"The answer could have {series * each:,} numbers ({series:,} series of {each:,}), but at most"
            f" {MOST_NUMBERS:,} are given at once: ask for one host, for fewer fields or parts, for a shorter"
            " range, for a longer interval, or for a lower limit",
        )


def check_size(series: int, each: int) -> None:
    """Raises TooLarge for an answer about so many series with up to `each` numbers."""
    if series * each > MOST_NUMBERS:
        raise TooLarge(series, each)
