"""The engine, what it tells, and the file of both: everything of the service but its connections."""

from __future__ import annotations

import logging
import sys
from itertools import takewhile
from pathlib import Path

import msgspec

from alerts.channels import Channel, Channels, channels_path
from alerts.engine import CLOCK, Engine
from alerts.memory import append_past, load_memory, load_past, load_told, save_memory, save_told
from alerts.telling import MOST_PAST, News, Teller
from perfwatch import tags
from perfwatch.alerting.rules import OfReading, Rules, Silent
from perfwatch.alerting.rules import load as load_rules
from perfwatch.errors import ChannelError, PerfWatchError, RuleError, StartError
from perfwatch.files import stamp
from perfwatch.readings.codec import UNREADABLE, decode_undeclared
from perfwatch.topics import Kind, Topic, Topics

TICK_SECONDS = 5.0
SAVE_SECONDS = 300.0
_LARGEST_PAST = 2_000_000


class _Info(msgspec.Struct):
    """What matters here of a host's or a device's `info`; a device tells of no interval."""

    interval: float | None = None
    tags: dict[str, str] = {}


_info = msgspec.json.Decoder(_Info)
_log = logging.getLogger(__name__)


class Watch:
    """Takes messages and time; `changed` are hosts and rules whose state is to be published."""

    def __init__(self, topics: Topics, folder: Path, every: float, now: float) -> None:
        """Raises StartError when rules or state cannot be read."""
        self._topics = topics
        self.rules_path = folder / "alerts.toml"
        self._memory_path = folder / "alerts" / "memory.jsonl"
        self._told_path = folder / "alerts" / "told.json"
        self._past_path = folder / "alerts" / "past.jsonl"
        self.all_channels = Channels(channels_path(folder))
        self._rules_stamp = stamp(self.rules_path)
        self._channels_stamp: tuple[int, int] | None = (0, 0)  # not looked at yet: no file is of 1970
        self.engine = Engine(_start_rules(self.rules_path), load_memory(self._memory_path))
        self.teller = Teller(load_told(self._told_path), every, self.engine.tags)
        self.teller.past.extend(_start_past(self._past_path))
        for one in self.teller.untold.open.values():
            self.engine.restore(one.news.host, one.news.rule, one.news.part, one.news.since)
        self.channels: dict[str, Channel] = {}
        self.changed: set[tuple[str, str]] = set()
        self._ticked = self._saved = now
        self.engine.tick(now)
        self.follow_files()

    @property
    def metrics(self) -> set[str]:
        """The metrics at which a rule looks; clocks are seen in any."""
        found = {
            rule.metric
            for rule in self.engine.rules.rules.values()
            if rule.enabled and isinstance(rule, OfReading | Silent)
        }
        return found - {CLOCK} or {"cpu"}

    def hear(self, name: str, payload: bytes, newest: bool, now: float) -> None:
        """A message; `newest` is whether it was published to be retained. A replay is not judged."""
        topic = self._topics.parse(name)
        if topic is None or not newest:
            return
        try:
            self._take(topic, name, payload, now)
        except (PerfWatchError, *UNREADABLE) as exc:
            _log.debug("%s is left out: %s", name, exc)

    def _take(self, topic: Topic, name: str, payload: bytes, now: float) -> None:
        if topic.kind is Kind.STATUS and payload:
            self.engine.status(topic.host, payload == b"online")
        elif topic.kind is Kind.STATUS:
            self.engine.forget(topic.host)
        elif topic.kind is Kind.INFO and payload:
            info = _info.decode(payload)
            if info.interval is not None:
                self.engine.interval(topic.host, info.interval)
            self.engine.tag(topic.host, own=info.tags)
        elif topic.kind is Kind.TAGS:
            self.engine.tag(topic.host, given=tags.decode(payload))
        elif topic.kind is Kind.METRIC and payload and self.engine.wants(topic.host, topic.metric):
            timestamp, reading = decode_undeclared(name, payload)
            metric = sys.intern(topic.metric)  # one string for all hosts that it is kept of
            self.engine.reading(topic.host, metric, timestamp.timestamp(), reading, now)

    def turn(self, now: float) -> None:
        """Time goes on to `now`: what follows from it, and from what was taken, is kept on disk."""
        if self.due_in(now) <= 0:
            self._ticked = now
            self.engine.tick(now)
            self.teller.remind(self.engine.rules, now)
        if self._note(now):
            self.keep_told()
        if not 0 <= now - self._saved < SAVE_SECONDS:
            self._saved = now
            self.keep()

    def due_in(self, now: float) -> float:
        """Seconds until `turn` has to look at the clock; none when it was set back."""
        passed = now - self._ticked
        return TICK_SECONDS - passed if passed >= 0 else 0.0

    def keep(self) -> None:
        """Keep all of it on disk; where that cannot be, say so and go on."""
        self.keep_told()
        try:
            save_memory(self._memory_path, self.engine.memory)
        except OSError as exc:
            _log.error(
                "%s cannot be written (%s): after a restart, the rules start from scratch",
                self._memory_path,
                exc.strerror,
            )

    def keep_told(self) -> None:
        """Keep what is told and to be told, as `keep` does."""
        try:
            save_told(self._told_path, self.teller.untold)
        except OSError as exc:
            _log.error(
                "%s cannot be written (%s): after a restart, messages may come twice",
                self._told_path,
                exc.strerror,
            )

    def _keep_past(self, last: News | None) -> None:
        """What came after `last`."""
        ended = list(takewhile(lambda one: one is not last, reversed(self.teller.past)))
        try:
            if ended:
                append_past(self._past_path, reversed(ended))
                if self._past_path.stat().st_size > _LARGEST_PAST:
                    load_past(self._past_path, MOST_PAST)
        except OSError as exc:
            _log.error(
                "%s cannot be written (%s): what is over is forgotten at the end", self._past_path, exc
            )

    def follow_files(self) -> None:
        """Use rules and channels that were changed. Bad ones are said, once, and change nothing."""
        rules, channels = stamp(self.rules_path), stamp(self.all_channels.path)
        if channels != self._channels_stamp:
            self._channels_stamp = channels
            self._follow_channels()
        if rules != self._rules_stamp:
            self._rules_stamp = rules
            self._follow_rules()

    def _follow_rules(self) -> None:
        try:
            self.engine.use(read_rules(self.rules_path))
        except RuleError as exc:
            _log.error("%s; the rules stay as they were", exc)
        else:
            _log.info("now using the rules in %s", self.rules_path)

    def _follow_channels(self) -> None:
        try:
            self.channels = self.all_channels.all()
        except ChannelError as exc:
            _log.error("%s; the channels stay as they were", exc)
        self.teller.channels = {name: one.severities for name, one in self.channels.items()}

    def _note(self, now: float) -> bool:
        changes, gone = self.engine.changes, self.engine.gone
        self.engine.changes, self.engine.gone = [], []
        last = self.teller.past[-1] if self.teller.past else None
        for host, rule in gone:
            self.teller.drop(host, rule, now)
        for change in changes:
            self.teller.note(change, self.engine.rules, now)
        self._keep_past(last)
        self.changed.update(gone, ((change.host, change.rule) for change in changes))
        return bool(changes or gone)


def read_rules(path: Path) -> Rules:
    """The rules with those of the file, if there is one. Raises RuleError, which names it."""
    try:
        return load_rules(path.read_text() if path.exists() else "")
    except (OSError, UnicodeDecodeError) as exc:
        raise RuleError(f"{path} cannot be read: {exc}") from exc
    except RuleError as exc:
        raise RuleError(f"{path}: {exc}") from exc


def _start_rules(path: Path) -> Rules:
    try:
        return read_rules(path)
    except RuleError as exc:
        raise StartError(str(exc)) from exc


def _start_past(path: Path) -> list[News]:
    try:
        return load_past(path, MOST_PAST)
    except OSError as exc:
        raise StartError(f"What was over before in {path} cannot be read: {exc}") from exc
