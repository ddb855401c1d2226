"""What the alerts say of themselves on the broker: each rule's state, and the sum."""

from __future__ import annotations

from msgspec import Struct

from perfwatch.alerting.machine import Standing
from perfwatch.alerting.rules import Severity


class AlertState(Struct, frozen=True):
    """`<prefix>/<host>/alert/<rule>`: of the part that is worst, as of `timestamp`.

    `since` is when this state began; `text` is empty unless something is wrong.
    """

    timestamp: str
    state: Standing
    since: str
    value: float | str | bool | None
    limit: float | str | None
    severity: Severity
    text: str


class Summary(Struct, frozen=True):
    """`<prefix>/alerts`: how many rules of hosts are in each state, and how bad the worst that fires is.

    While nobody watches, `online` is false, and the states are what they were.
    """

    timestamp: str
    online: bool
    firing: int = 0
    pending: int = 0
    unknown: int = 0
    ok: int = 0
    worst: Severity | None = None
