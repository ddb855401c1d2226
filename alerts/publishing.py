"""What the alerts publish, all of it retained: where each rule stands, their sum, what the rules are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import msgspec

from alerts import discovery, states
from alerts.desk import Desk
from alerts.watch import Watch
from perfwatch.errors import Refused
from perfwatch.mqtt.client import Client
from perfwatch.topics import Topics

# Home Assistant's messages have 5 kB each, so these are 0.1 MB.
_AT_ONCE = 20

_log = logging.getLogger(__name__)


class Publisher:
    """Publishes what is not on the broker yet. `discovery_prefix` is empty where nobody is to find us."""

    def __init__(
        self, watch: Watch, desk: Desk, topics: Topics, discovery_prefix: str, clock: Callable[[], float]
    ) -> None:
        self._watch, self._desk, self._topics = watch, desk, topics
        self._discovery = discovery_prefix
        self._clock = clock
        self._announced: dict[str, int] = {}  # hashes: the messages of a thousand hosts have 4 MB
        self._settings, self._summed = b"", False
        self._turn = asyncio.Lock()

    def renew(self) -> None:
        """What is on the broker is another's: all is to be published again."""
        self._announced.clear()
        self._settings, self._summed = b"", False
        self._watch.changed.update((host, rule) for host, rule, _ in self._watch.engine.standings())

    def heard(self, summary: bytes) -> None:
        """A sum is on the broker: the will of an instance that does not lead says that nobody watches."""
        self._summed &= b'"online":true' in summary

    async def publish(self, client: Client) -> None:
        """What changed, once it is on disk. It stays changed when the connection breaks (BrokerError)."""
        async with self._turn:
            await self._publish_settings(client)
            if not self._watch.changed and self._summed:
                return
            changed, self._watch.changed = self._watch.changed, set()
            try:
                await self._publish_all(client, sorted(changed))
            except BaseException:
                self._watch.changed |= changed
                raise

    async def leave(self, client: Client) -> None:
        """Say that nobody watches."""
        gone = states.summary(self._watch.engine, self._clock(), online=False)
        await client.publish(self._topics.alerts, gone, qos=1, retain=True)

    async def _publish_settings(self, client: Client) -> None:
        settings = msgspec.json.encode(self._desk.settings())
        if settings != self._settings:
            await client.publish(self._topics.alerting("settings"), settings, qos=1, retain=True)
            self._settings = settings

    async def _publish_all(self, client: Client, changed: list[tuple[str, str]]) -> None:
        engine = self._watch.engine
        await _retain(
            client,
            (
                (self._topics.alert(host, rule), states.state(engine, host, rule, self._clock()))
                for host, rule in changed
            ),
        )
        self._summed = True
        await _retain(client, [(self._topics.alerts, states.summary(engine, self._clock()))])
        if self._discovery:
            await _retain(client, self._announcements(sorted({host for host, _ in changed})))

    def _announcements(self, hosts: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """What Home Assistant is told of those whose rules are others than before."""
        engine = self._watch.engine
        for host in hosts:
            known = engine.memory.hosts.get(host)
            rules = {name: engine.rules.rules[name] for name in (known.rules() if known else ())}
            told = discovery.message(self._topics, host, rules)
            if hash(told) != self._announced.get(host):
                self._announced[host] = hash(told)
                yield discovery.topic(host, self._discovery), told


async def _retain(client: Client, messages: Iterable[tuple[str, bytes]]) -> None:
    """Makes each when its turn comes: at a start there are ten for each host."""
    left = iter(messages)
    while now := list(islice(left, _AT_ONCE)):
        await asyncio.gather(*(_retain_one(client, *one) for one in now))


async def _retain_one(client: Client, topic: str, payload: bytes) -> None:
    try:
        await client.publish(topic, payload, qos=1, retain=True)
    except Refused as exc:
        _log.warning("%s", exc)
