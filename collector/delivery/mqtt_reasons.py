"""What a broker means when it refuses, and what to do about it."""

from __future__ import annotations

from perfwatch.settings import variable

TAKEN_OVER, TOO_LARGE, QUOTA = "Session taken over", "Packet too large", "Quota exceeded"

_CREDENTIALS = f"check the user name and password in {variable('broker')}"
_ADVICE = {
    "Not authorized": _CREDENTIALS,
    "Bad user name or password": _CREDENTIALS,
    "Unsupported protocol version": "PerfWatch needs a broker that speaks MQTT 5",
    TAKEN_OVER: f"another collector has the same host id: give each its own in {variable('host')}",
}


def advice(reason: object) -> str:
    """What to do about an MQTT 5 reason, named as the standard names it; empty when nobody knows."""
    return _ADVICE.get(str(reason), "")


def explain(reason: object) -> str:
    """The reason, and what to do about it."""
    return f"{reason}; {advice(reason)}" if advice(reason) else str(reason)
