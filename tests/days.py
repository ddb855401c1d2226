"""A day of late, for readings in a store that lists what is old by its rollups only (InfluxDB 3)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

_NOON = datetime.combine(datetime.now(UTC) - timedelta(days=1), time(12), UTC)

YESTERDAY = f"{_NOON:%Y-%m-%d}"
NOON_MS = int(_NOON.timestamp() * 1000)
"""Yesterday's noon in UTC, in milliseconds since 1970."""
