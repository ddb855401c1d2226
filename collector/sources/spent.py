"""What processors did in the time between two readings of their counters: seconds and shares of it."""

from __future__ import annotations

from collector.sources.proc_stat import FIELDS, Times
from collector.sources.rates import percent

_IDLE = frozenset({"idle", "iowait"})
# proc(5) says that iowait may decrease; what was stolen stays behind when a machine moves to another host.
_MAY_STEP_BACK = frozenset({"iowait", "steal"})
# Seconds: the other counters of a core slip back by some ticks, but no further, unless they began anew.
_SLIP = 1.0
# Seconds that no tick takes.
_LONGEST = 86400.0

Spent = dict[str, float | None]


def spent_since(before: Times | None, after: Times, cores: int = 1) -> Spent:
    """Seconds of processor time in each state since the last tick, of the states this system counts.

    Empty without two readings, and when the counters began anew, as those of a core may that was off.
    """
    if before is None:
        return {}
    moved = {
        field: None if was is None else is_now - was
        for field, was, is_now in zip(FIELDS, before, after, strict=True)
        if is_now is not None
    }
    anew = any(
        seconds > _LONGEST * cores or (seconds < -_SLIP * cores and field not in _MAY_STEP_BACK)
        for field, seconds in moved.items()
        if seconds is not None
    )
    # What stepped back is not known, and counts as nothing in the whole.
    return (
        {} if anew else {field: None if (seconds or 0) < 0 else seconds for field, seconds in moved.items()}
    )


def _whole(spent: Spent) -> float:
    """All the time of the tick, in core-seconds, as far as it is known."""
    return sum(seconds or 0.0 for seconds in spent.values())


def usage(spent: Spent) -> float | None:
    return percent(
        sum(seconds or 0.0 for field, seconds in spent.items() if field not in _IDLE), _whole(spent)
    )


def shares(spent: Spent) -> Spent:
    # A low-priority process is a user's too. Without `nice` in `user` the shares would not make 100.
    user, nice = spent.get("user"), spent.get("nice", 0.0)
    merged = spent | {"user": None if user is None else user + (nice or 0.0)}
    whole = _whole(spent)
    return {field: percent(seconds, whole) for field, seconds in merged.items() if field != "nice"}
