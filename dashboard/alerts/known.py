"""What the alerts service says on the broker, and questions that wait for its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from dashboard.live.questions import Questions
from dashboard.live.untrusted import MOST_BYTES
from dashboard.openapi.alert_answers import Alert
from perfwatch.alerting.machine import RANK, Standing
from perfwatch.alerting.protocol import AlertSettings, Answer, Question
from perfwatch.alerting.states import AlertState, Summary
from perfwatch.readings.codec import UNREADABLE
from perfwatch.tags import Tags, selects

ANSWER_SECONDS = 5.0
MOST_STATES = 100_000
_MOST_SETTINGS = 4_000_000
_SEVERITIES = ("info", "warning", "critical")

_SHARED = ("state", "since", "value", "limit", "severity", "text")

_state = msgspec.json.Decoder(AlertState)
_summary = msgspec.json.Decoder(Summary)
_settings = msgspec.json.Decoder(AlertSettings)
_answer = msgspec.json.Decoder(Answer)


class Alerts:
    """`summary` is None until the service has said it. Must be used from one event loop."""

    def __init__(self) -> None:
        self.summary: Summary | None = None
        self.settings = AlertSettings()
        self._states: dict[tuple[str, str], AlertState] = {}
        self._questions: Questions[Answer] = Questions()

    @property
    def online(self) -> bool:
        return self.summary is not None and self.summary.online

    def receive_state(self, host: str, rule: str, payload: bytes) -> None:
        """Where a rule stands on a host; nothing when there is no such rule any more."""
        key = host, rule
        if not payload:
            self._states.pop(key, None)
        elif len(payload) <= MOST_BYTES and (key in self._states or len(self._states) < MOST_STATES):
            try:
                self._states[key] = _state.decode(payload)
            except UNREADABLE:
                return

    def receive_summary(self, payload: bytes) -> None:
        try:
            self.summary = _summary.decode(payload) if payload else None
        except UNREADABLE:
            return

    def receive(self, word: str, payload: bytes) -> None:
        """Take what came on one of the service's own topics."""
        try:
            if word == "settings" and len(payload) <= _MOST_SETTINGS:
                self.settings = _settings.decode(payload) if payload else AlertSettings()
            elif word == "answer":
                self._questions.answered(_answer.decode(payload))
        except UNREADABLE:
            return

    async def ask(
        self,
        question: Question,
        publish: Callable[[bytes], Awaitable[None]],
        seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        """Put a question and wait for its answer. Raises TimeoutError when there is none."""
        return await self._questions.ask(question, publish, seconds)

    def standing(
        self, host: str | None, states: frozenset[Standing], tags: Callable[[str], Tags]
    ) -> list[Alert]:
        """Those in one of `states`, the worst and newest first; of one host when it is named.

        `tags` tells those of a host.
        """
        settings = self.settings
        rules = {one.id: one.rule for one in settings.rules}
        acknowledged = {(one.host, one.rule): one.by for one in settings.acknowledged}
        snoozed = {(one.host, one.rule): one.until for one in settings.snoozed}
        paused = {one.hosts: one.until for one in settings.maintenance}
        found = [
            Alert(
                host=key[0],
                rule=key[1],
                title=rules.get(key[1], {}).get("title", key[1]),
                metric=rules.get(key[1], {}).get("metric"),
                field=rules.get(key[1], {}).get("field"),
                acknowledged_by=acknowledged.get(key),
                snoozed_until=snoozed.get(key),
                paused_until=_paused(paused, key[0], tags),
                **{name: getattr(one, name) for name in _SHARED},
            )
            for key, one in self._states.items()
            if one.state in states and host in (None, key[0])
        ]
        found.sort(key=lambda one: one.since, reverse=True)
        found.sort(key=lambda one: (-RANK[one.state], -_SEVERITIES.index(one.severity)))
        return found


def _paused(paused: Mapping[str, str], host: str, tags: Callable[[str], Tags]) -> str | None:
    fitting = (until for pattern, until in paused.items() if selects(pattern, host, tags(host)))
    return max(fitting, default=None)
