"""Readings of one series over hours, and what a store keeps of them."""

from __future__ import annotations

from perfwatch.history.rollup import HOUR
from perfwatch.history.store import Bucket, Point, Series, TieredStore
from tests.days import NOON_MS as NOON

USER = Series("cpu", "nas", "", "", "user")


def write(store: TieredStore, readings: dict[int, float], host: str = "nas") -> None:
    store.write([Point("cpu", host, "", "", time, {"user": value}) for time, value in readings.items()])


def every_minute(hours: int, start: int = NOON) -> dict[int, float]:
    """Two readings a minute; the n-th minute has n and n + 1."""
    return {start + 30_000 * n: float(n // 2 + n % 2) for n in range(hours * 120)}


def rows(store: TieredStore) -> dict[str, int]:
    return {tier.name: tier.rows for tier in store.tiers()}


def hourly(store: TieredStore, start: int = NOON, hours: int = 24) -> list[Bucket]:
    return store.query([USER], start, start + hours * HOUR, HOUR)[USER]
