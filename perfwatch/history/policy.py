"""How long a history keeps what: a small value, kept in the store itself."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

DAY_MS = 86_400_000
LONGEST_DAYS = 3650

Days = Annotated[int, Meta(ge=1, le=LONGEST_DAYS)]


class Policy(Struct, frozen=True, kw_only=True):
    """Raw readings are kept for `downsample_after_days`, their rollups for `retention_days`.

    When it is not `enabled`, rollups are made and nothing is removed by itself.
    """

    retention_days: Days = 30
    downsample_after_days: Days = 7
    enabled: bool = True

    def raw_before(self, now: int) -> int:
        """Raw readings older than this may go; times in ms since 1970."""
        return now - self.downsample_after_days * DAY_MS

    def all_before(self, now: int) -> int:
        """Whatever is older than this goes; times in ms since 1970."""
        return now - self.retention_days * DAY_MS
