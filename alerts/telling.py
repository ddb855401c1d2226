"""What is told on the channels, and when: once, in few messages, and again until it has arrived. Pure.

What happened waits in a queue for each channel until a message with it was sent. A channel gets one message
in `every` seconds at most, with all that happened meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec import Struct

from alerts.engine import Change
from alerts.texts import duration, text
from perfwatch.alerting.rules import Rule, Rules, Severity

FIRST_RETRY, LONGEST_RETRY = 5.0, 600.0
MOST_WAITING = 1000
MOST_LINES = 20
MOST_PAST = 1000
# Further from the moment that it is about, what is noted was held back, or the clock of its host is behind.
LATE_SECONDS = 60.0
RANK: Mapping[Severity, int] = {"info": 0, "warning": 1, "critical": 2}

Event = Literal["firing", "still firing", "over", "notice"]


class News(Struct, frozen=True):
    """One thing that happened, at `moment`; it had begun at `since` (seconds since 1970).

    `noted` is when it was put into a queue, by our own clock.
    """

    event: Event
    severity: Severity
    text: str
    since: float
    moment: float
    host: str = ""
    rule: str = ""
    part: str = ""
    noted: float = 0.0

    @property
    def happened(self) -> float:
        """The same in all instances where a reading told of it, however late each took that reading."""
        return self.moment if 0 <= self.noted - self.moment < LATE_SECONDS else self.noted

    def line(self) -> str:
        where = f"{self.host}: " if self.host else ""
        lasted = duration(self.moment - self.since)
        match self.event:
            case "over":
                return f"{where}over after {lasted}: {self.text}"
            case "still firing":
                return f"{where}for {lasted} now: {self.text}"
            case _:
                return f"{where}{self.text}"


class Message(Struct, frozen=True):
    title: str
    body: str
    severity: Severity
    news: tuple[News, ...]


class Open(Struct):
    """Something that fires, and when it was told last (None: not yet, in quiet hours or maintenance).

    Once somebody has acknowledged it, nothing more is told of it but that it is over.
    """

    news: News
    told: float | None = None
    acknowledged_by: str = ""
    acknowledged_at: float = 0.0


class Queue(Struct):
    """What a channel has not been sent yet; from when on it may be sent, and how often that failed."""

    news: list[News] = []
    dropped: int = 0
    free: float = 0.0
    tries: int = 0


class Untold(Struct):
    """What must outlive a restart. What fires is under its host, rule and part; snoozes have no part."""

    open: dict[str, Open] = {}
    snoozed: dict[str, float] = {}
    queues: dict[str, Queue] = {}


class Teller:
    """Decides what goes to `channels`, each with the severities that it takes; `tags` are those of a host.

    `past` is what fired and is over, the newest last.
    """

    def __init__(
        self, untold: Untold, every: float, tags: Callable[[str], Mapping[str, str]] = lambda _host: {}
    ) -> None:
        self.untold = untold
        self.channels: Mapping[str, Iterable[Severity]] = {}
        self.past: deque[News] = deque(maxlen=MOST_PAST)
        self._every = every
        self._tags = tags

    def note(self, change: Change, rules: Rules, now: float) -> None:
        """Note what began or ended by this change, if anything did."""
        rule, key = rules.rules.get(change.rule), "\n".join((change.host, change.rule, change.part))
        if rule is not None and change.fired is not None and key not in self.untold.open:
            self.untold.open[key] = Open(_news("firing", rule, change, change.fired, change.moment))
            self._tell(self.untold.open[key], rules, now)
        elif change.fired is None and (ended := self.untold.open.pop(key, None)):
            over = msgspec.structs.replace(ended.news, event="over", moment=change.moment)
            self.past.append(over)
            if ended.told is not None:
                self._queue(over, now)

    def drop(self, host: str, rule: str, now: float) -> None:
        """Say nothing more of that; it is no longer watched."""
        for key in self._open(host, rule):
            ended = self.untold.open.pop(key)
            self.past.append(msgspec.structs.replace(ended.news, event="over", moment=now))

    def acknowledge(self, host: str, rule: str, by: str, now: float) -> bool:
        """Tell what fires of that no more, as somebody knows; returns whether anything does."""
        found = self._open(host, rule)
        for key in found:
            one = self.untold.open[key]
            one.acknowledged_by, one.acknowledged_at = by, now
        return bool(found)

    def snooze(self, host: str, rule: str, until: float) -> None:
        """Tell nothing of that until then. What still lasts is told when it is over."""
        self.untold.snoozed[f"{host}\n{rule}"] = until

    def snoozed(self) -> Iterator[tuple[tuple[str, str], float]]:
        """Hosts and rules of which nothing is told, and until when."""
        for key, until in self.untold.snoozed.items():
            host, _, rule = key.partition("\n")
            yield (host, rule), until

    def notice(self, text: str, since: float, now: float) -> None:
        """Tell of what concerns all hosts."""
        self._queue(News("notice", "critical", text, since, now), now)

    def settled(self, now: float) -> float:
        """All that happened before then has been sent."""
        waiting = (one.happened for queue in self.untold.queues.values() for one in queue.news)
        return min(waiting, default=now)

    def forget(self, until: float) -> None:
        """Another instance has sent what happened before then."""
        for queue in self.untold.queues.values():
            queue.news = [one for one in queue.news if one.happened >= until]

    def remind(self, rules: Rules, now: float) -> None:
        """Tell what could not be told until now, and again what lasts."""
        for key in [key for key, until in self.untold.snoozed.items() if until <= now]:
            del self.untold.snoozed[key]
        for one in self.untold.open.values():
            self._tell(one, rules, now)

    def due(self, now: float) -> Iterator[tuple[str, Message]]:
        """What is to be sent now, by channel. `sent` or `failed` is to be called for each."""
        for channel in self.untold.queues.keys() - self.channels.keys():
            del self.untold.queues[channel]
        for channel, queue in self.untold.queues.items():
            # A clock that was set back must not keep a channel waiting for longer than it ever would.
            queue.free = min(queue.free, now + max(self._every, LONGEST_RETRY))
            if queue.news and queue.free <= now:
                yield channel, message(queue)

    def due_in(self, now: float, besides: Collection[str]) -> float | None:
        """Seconds until `due` has something on other channels, if nothing happens; None: it never has."""
        queues = (queue for channel, queue in self.untold.queues.items() if channel not in besides)
        return min((max(0.0, queue.free - now) for queue in queues if queue.news), default=None)

    def sent(self, channel: str, sent: Message, now: float) -> None:
        # The channel may have been taken away meanwhile, and news dropped for others.
        queue, arrived = self.untold.queues.get(channel, Queue()), set(map(id, sent.news))
        queue.news = [one for one in queue.news if id(one) not in arrived]
        queue.dropped, queue.tries, queue.free = 0, 0, now + self._every

    def failed(self, channel: str, now: float) -> float:
        """Returns after how many seconds it is tried again."""
        queue = self.untold.queues.get(channel, Queue())
        wait = min(LONGEST_RETRY, FIRST_RETRY * (1 << min(queue.tries, 10)))
        queue.tries, queue.free = queue.tries + 1, now + wait
        return wait

    def _tell(self, one: Open, rules: Rules, now: float) -> None:
        rule = rules.rules.get(one.news.rule)
        moment = datetime.fromtimestamp(now, UTC)
        if rule is None or _is_quiet(rule, moment):
            return
        if rules.paused(one.news.host, moment, self._tags(one.news.host)):
            return
        if one.acknowledged_by or f"{one.news.host}\n{one.news.rule}" in self.untold.snoozed:
            return
        if one.told is None:
            self._queue(one.news, now)
        elif rule.remind and now - one.told >= rule.remind:
            self._queue(msgspec.structs.replace(one.news, event="still firing", moment=now), now)
        else:
            return
        one.told = now

    def _open(self, host: str, rule: str) -> list[str]:
        return [key for key in self.untold.open if key.startswith(f"{host}\n{rule}\n")]

    def _queue(self, news: News, now: float) -> None:
        news = msgspec.structs.replace(news, noted=now)
        for channel, severities in self.channels.items():
            if news.severity in severities:
                queue = self.untold.queues.setdefault(channel, Queue())
                queue.news.append(news)
                if len(queue.news) > MOST_WAITING:
                    del queue.news[0]
                    queue.dropped += 1


def message(queue: Queue) -> Message:
    """All that waits, as one message: a single thing in full, more of them as a list."""
    news = tuple(queue.news)
    worst = max((one.severity for one in news), key=RANK.__getitem__)
    if len(news) == 1:
        return Message(news[0].line(), f"{worst}, since {_shown(news[0].since)}", worst, news)
    lines = [f"{_shown(one.moment)} {one.line()}" for one in news[:MOST_LINES]]
    if more := len(news) + queue.dropped - len(lines):
        lines.append(f"and {more} more")
    counts = ", ".join(f"{count} {event}" for event, count in _counted(one.event for one in news).items())
    return Message(f"PerfWatch: {counts}", "\n".join(lines), worst, news)


def _counted(events: Iterable[Event]) -> dict[Event, int]:
    found: dict[Event, int] = {}
    for event in events:
        found[event] = found.get(event, 0) + 1
    return found


def _news(event: Event, rule: Rule, change: Change, since: float, moment: float) -> News:
    said = text(rule, change.part, change)
    return News(event, rule.severity, said, since, moment, change.host, change.rule, change.part)


def _is_quiet(rule: Rule, moment: datetime) -> bool:
    """Quiet hours are those of the wall clock here; what is critical does not keep to them."""
    local = moment.astimezone()
    return (
        rule.quiet is not None
        and rule.severity != "critical"
        and rule.quiet.has(60 * local.hour + local.minute)
    )


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
