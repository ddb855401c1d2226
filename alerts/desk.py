"""What the service does for who asks over the broker, and what it says of its own settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from alerts.channels import Channel, send, test_message
from alerts.watch import Watch
from perfwatch.alerting import protocol as asked
from perfwatch.alerting.rules import Rule, Rules, load, own_table, parse, shipped, table
from perfwatch.alerting.tables import put
from perfwatch.asking import Conflict, Failed, Missing, answered
from perfwatch.errors import ChannelError
from perfwatch.files import write_private
from perfwatch.readings.codec import format_seconds, format_time

MOST_RECENT = 500
_question = msgspec.json.Decoder(asked.Question)


class Desk:
    """`clock` is in seconds since 1970."""

    def __init__(self, watch: Watch, clock: Callable[[], float] = time.time) -> None:
        self._watch = watch
        self._clock = clock
        self._rules: Rules | None = None
        self._said: list[asked.RuleSaid] = []

    async def answer(self, payload: bytes) -> asked.Answer | None:
        """Do what is asked; None when it is no question at all."""
        return await answered(payload, _question, asked.Answer, self._do)

    def settings(self) -> asked.AlertSettings:
        """All that may be known of them."""
        watch = self._watch
        rules = watch.engine.rules
        acknowledged = {(one.news.host, one.news.rule): one for one in watch.teller.untold.open.values()}
        return asked.AlertSettings(
            rules=self._rules_said(rules),
            maintenance=[
                asked.Paused(hosts, format_time(until)) for hosts, until in rules.maintenance.items()
            ],
            snoozed=[
                asked.Snoozed(host, rule, format_seconds(until))
                for (host, rule), until in watch.teller.snoozed()
            ],
            acknowledged=[
                asked.Acknowledged(*key, one.acknowledged_by, format_seconds(one.acknowledged_at))
                for key, one in acknowledged.items()
                if one.acknowledged_by
            ],
            channels=[
                asked.ChannelSaid(name, one.kind, one.severities) for name, one in watch.channels.items()
            ],
        )

    def _rules_said(self, rules: Rules) -> list[asked.RuleSaid]:
        """Made anew only when they are others: the settings are looked at each second."""
        if rules is not self._rules:
            self._rules = rules
            self._said = [
                asked.RuleSaid(name, _origin(name, rule), table(rule)) for name, rule in rules.rules.items()
            ]
        return self._said

    async def _do(self, question: asked.Question, answer: asked.Answer) -> str:
        watch = self._watch
        match question:
            case asked.PutRule():
                return self._put_rule(question)
            case asked.DropRule():
                return self._drop_rule(question.name)
            case asked.Export():
                return self._text()
            case asked.Import():
                self._write(question.text)
                return "The rules are those of the file now"
            case asked.Acknowledge(host=host, rule=rule):
                if not watch.teller.acknowledge(host, rule, question.by, self._clock()):
                    raise Missing(f"{rule} does not fire on {host}")
                watch.keep_told()
                return f"{question.by} knows of {rule} on {host}: it is told again only when it is over"
            case asked.Snooze(host=host, rule=rule):
                watch.teller.snooze(host, rule, self._clock() + question.seconds)
                watch.keep_told()
                return f"{rule} on {host} is {'snoozed' if question.seconds else 'told again'}"
            case asked.Pause():
                return self._pause(question)
            case asked.PutChannel():
                watch.all_channels.add(question.name, Channel(question.url, question.severities))
            case asked.DropChannel():
                self._channel(question.name)
                watch.all_channels.remove(question.name)
            case asked.TryChannel():
                return await self._try(question.name)
            case asked.Recent():
                answer.recent = self._recent(question)
                return ""
        watch.follow_files()
        return f"Channel {question.name} is {'kept' if isinstance(question, asked.PutChannel) else 'gone'}"

    def _put_rule(self, question: asked.PutRule) -> str:
        name = question.name
        known = self._watch.engine.rules.rules
        if question.new and name in known:
            raise Conflict(f"There is a rule {name!r} already")
        if not question.new and name not in known:
            raise Missing(f"There is no rule {name!r}")
        rule = parse(name, question.rule)
        self._write(put(self._text(), ("rules", name), own_table(name, rule)))
        return f"Rule {name} is kept"

    def _drop_rule(self, name: str) -> str:
        rule = self._watch.engine.rules.rules.get(name)
        if rule is None:
            raise Missing(f"There is no rule {name!r}")
        if not own_table(name, rule):
            raise Conflict(f"{name} ships with PerfWatch: switch it off instead (enabled = false)")
        self._write(put(self._text(), ("rules", name), {}))
        return f"{name} is as it ships again" if name in shipped() else f"Rule {name} is gone"

    def _pause(self, question: asked.Pause) -> str:
        now = datetime.fromtimestamp(self._clock(), UTC)
        kept = {one: until for one, until in self._watch.engine.rules.maintenance.items() if until > now}
        kept.pop(question.hosts, None)
        if question.until is not None:
            kept[question.hosts] = datetime.fromtimestamp(round(question.until), UTC)
        self._write(put(self._text(), ("maintenance",), kept))
        if question.until is None:
            return f"{question.hosts} is watched as before"
        return f"Nothing is told of {question.hosts} until {format_seconds(question.until)}"

    def _text(self) -> str:
        path = self._watch.rules_path
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _write(self, text: str) -> None:
        """Put that in place of the file, if it can be used. Raises RuleError."""
        load(text)
        write_private(self._watch.rules_path, text.encode())
        self._watch.follow_files()

    def _channel(self, name: str) -> Channel:
        known = self._watch.all_channels.all()
        if name not in known:
            raise Missing(f"There is no channel {name!r}")
        return known[name]

    async def _try(self, name: str) -> str:
        try:
            await send(self._channel(name), test_message(self._clock()))
        except ChannelError as exc:
            raise Failed(str(exc)) from exc
        return "Sent: the server has taken it"

    def _recent(self, question: asked.Recent) -> list[asked.Told]:
        teller = self._watch.teller
        ended = [(one, format_seconds(one.moment)) for one in teller.past if one.moment >= question.since]
        lasting = [(one.news, None) for one in teller.untold.open.values()]
        found = [
            asked.Told(one.host, one.rule, one.part, one.severity, one.text, format_seconds(one.since), until)
            for one, until in [*ended, *lasting]
            if one.since <= question.until and question.host in (None, one.host)
        ]
        return sorted(found, key=lambda one: one.since, reverse=True)[:MOST_RECENT]


def _origin(name: str, rule: Rule) -> asked.Origin:
    if name not in shipped():
        return "own"
    return "changed" if own_table(name, rule) else "shipped"
