"""What every reading has: the time of its tick. The kinds of numbers that fields are made of."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

Timestamp: TypeAlias = Annotated[datetime, Meta(tz=True)]
Number: TypeAlias = float | None
Count: TypeAlias = int | None


class Reading(Struct, kw_only=True):
    """One metric of one tick. All metrics of a tick carry the same `timestamp` (UTC)."""

    timestamp: Timestamp

    @property
    def unavailable(self) -> str | None:
        """Why there is nothing to be read here, for a reading that is published all the same."""
        return None
