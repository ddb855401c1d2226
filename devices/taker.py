"""Messages of devices as readings of ours, by the rules that are switched on. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from devices.counters import Rates, by_name
from devices.filters import minimal
from devices.flatten import has_number
from devices.rule import ABOUT, Found, Rule, Take
from devices.times import Times
from devices.values import NotOurs, Own, Unusable
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.readings.core import DeviceInfo
from perfwatch.topics import Kind, Topics

MAX_TOPICS = 20_000
MAX_DEVICES = 2_000

_encode = msgspec.json.Encoder().encode


class Publication(NamedTuple):
    """What is to be published."""

    topic: str
    payload: bytes
    retain: bool


class Taken(NamedTuple):
    """Which rule took a message, and what it became: nothing, when it only tells of a device."""

    rule: str
    readings: list[Publication]


class Taker:
    """The first rule that wants a topic has it. Floods end at so many topics and devices."""

    def __init__(
        self,
        rules: Sequence[Rule],
        topics: Topics,
        *,
        max_topics: int = MAX_TOPICS,
        max_devices: int = MAX_DEVICES,
    ) -> None:
        self.rules = rules
        self._topics = topics
        self._max_topics, self._max_devices = max_topics, max_devices
        self._routes: dict[str, tuple[str, Take]] = {}
        self._devices: dict[str, str] = {}
        self._about: dict[str, dict[str, Any]] = {}
        self._untold: set[str] = set()
        self._collectors: set[str] = set()
        self._times = Times()
        self._rates = Rates()
        self._wanted: list[str] = []
        self._filters: list[str] = []

    def filters(self) -> list[str]:
        """All that is to be subscribed to now, and nothing twice."""
        wanted = [self._topics.info("+"), *(one for rule in self.rules for one in rule.filters)]
        if wanted != self._wanted:
            self._wanted, self._filters = wanted, minimal(wanted)
        return self._filters

    def facts(self) -> list[str]:
        """What is to be read before all else: what is retained there tells of devices and collectors."""
        return [self._topics.info("+"), *(one for rule in self.rules for one in rule.facts)]

    def take(self, topic: str, payload: bytes, now: int, retained: bool = False) -> Taken:
        """What a message becomes. `now` is in milliseconds since 1970. Raises Unusable, which says why not.

        What was retained is an old value: it is taken only when it tells its own time.
        """
        name, take = self._routes.get(topic) or self._route(topic)
        try:
            found = self._measured(take(payload))
            if retained:
                found = [one for one in found if one.time is not None]
            kept = [one for one in found if self._is_taken(one, name)]
            if found and not kept:
                raise Unusable("nothing in it is a number, or a word like on or off")
        except Unusable as exc:
            exc.rule = name
            raise
        return Taken(name, [self._reading(one, now) for one in kept])

    def introductions(self) -> list[Publication]:
        """What is known of devices that came, or of which more is known now, since this was asked last."""
        told, self._untold = self._untold, set()
        return [self._info(device) for device in sorted(told)]

    def devices(self) -> dict[str, str]:
        """Each device that was taken, and the rule that took it first."""
        return self._devices

    def tell_again(self) -> None:
        """Introduce each device anew: the broker forgets it in the end."""
        self._untold.update(self._devices)

    def follow(self, before: Taker) -> None:
        """Go on where another one ended: with its devices that still have a rule, and its times."""
        names = {rule.name for rule in self.rules}
        self._devices = {device: rule for device, rule in before._devices.items() if rule in names}
        self._times, self._rates = before._times, before._rates
        self._collectors |= before._collectors
        self.tell_again()

    def learn(self, topic: str, payload: bytes) -> None:
        """Note a host that has a collector: its `info` has a schema. `online` may be any device's will."""
        told = self._topics.parse(topic)
        if told is None or told.kind is not Kind.INFO:
            return
        if has_schema(payload):
            self._collectors.add(told.host)
        else:
            self._collectors.discard(told.host)

    def _route(self, topic: str) -> tuple[str, Take]:
        levels = topic.split("/")
        ours = self._topics.parse(topic)
        if ours is not None and ours.host in self._collectors:
            raise Own("it is a collector's")
        if topic.startswith(tuple(f"{self._topics.prefix}-{part}/" for part in ("bridge", "devices"))):
            raise Own("it is between PerfWatch's own parts")
        for rule in self.rules:
            if (take := rule.route(levels)) is not None:
                if len(self._routes) >= self._max_topics:
                    raise Unusable(f"it is one topic more than the {self._max_topics:,} that are taken")
                self._routes[topic] = rule.name, take
                return rule.name, take
        raise NotOurs("no rule that is switched on takes this topic")

    def _measured(self, found: list[Found]) -> list[Found]:
        """All but what devices tell of themselves, which is noted."""
        told = [one for one in found if one.metric == ABOUT]
        for one in told:
            known = self._about.get(one.device, {})
            if known != (facts := known | one.fields) and len(self._about) < self._max_devices:
                self._about[one.device] = facts
                self._untold.update({one.device} & self._devices.keys())
        return [one for one in found if one.metric != ABOUT] if told else found

    def _info(self, device: str) -> Publication:
        facts = dict(self._about.get(device, {}))
        room = facts.pop("room", None)
        info = DeviceInfo(source=self._devices[device], tags={"room": room} if room else {}, **facts)
        return Publication(self._topics.info(device), _encode(info), retain=True)

    def _is_taken(self, one: Found, rule: str) -> bool:
        if not has_number(one.fields):
            return False
        if one.device in self._collectors:
            raise Unusable(f"the host {one.device} has a collector: give the device another name")
        if one.device not in self._devices:
            if len(self._devices) >= self._max_devices:
                raise Unusable(f"it is one device more than the {self._max_devices:,} that are taken")
            self._devices[one.device] = rule
            self._untold.add(one.device)
        return True

    def _reading(self, one: Found, now: int) -> Publication:
        topic = self._topics.metric(one.device, one.metric)
        time = self._times.of(topic, one.time, now)
        if not one.late:
            counters = by_name(one.fields) if one.counters is None else one.counters
            self._rates.add(topic, one.fields, counters, time)
        told: dict[str, Any] = {"timestamp": format_time(from_ms(time))}
        try:
            return Publication(topic, _encode(told | one.fields | told), not one.late)
        except UnicodeEncodeError as exc:
            raise Unusable("it has half a character (a lone surrogate)") from exc


class _Info(msgspec.Struct):
    schema: int


def has_schema(payload: bytes) -> bool:
    """Whether that is a collector's `info`."""
    try:
        msgspec.json.decode(payload, type=_Info)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
