"""Readings, presence and a clock in; changes of state out. Pure: all that it knows is in `Memory`.

Two clocks are in use. What is in a reading is judged by the reading's own time, so it does not matter when
it comes. Silence is measured in seconds that this engine has watched: `tick` adds to them, never more than
ten at once, so time in which we were away or saw no broker, and jumps of the clock, are no silence of anyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any, NamedTuple

from alerts.hosts import Host, Memory
from perfwatch.alerting.judging import found, judged
from perfwatch.alerting.machine import RANK, Judgement, Standing, Track
from perfwatch.alerting.rules import Judged, Offline, Rule, Rules, Silent, Timed
from perfwatch.tags import Tags

LONGEST_STEP = 10.0
# A broker that forgot what it retained hears again from its hosts within a minute or two.
GONE_SECONDS = 900.0

CLOCK = "clock"
"""The metric that is ours: how far a host's clock is from this one's, in `off_seconds`."""


class Change(NamedTuple):
    """A part of a host came to another standing. `fired` is since when it fires, before and after."""

    host: str
    rule: str
    part: str
    standing: Standing
    moment: float
    fired_before: float | None
    fired: float | None
    value: float | str | bool | None
    limit: float | str | None


class Plan(NamedTuple):
    """The rules that concern a host: by metric, and those that are judged by the clock alone."""

    of_metric: dict[str, list[tuple[str, Judged]]]
    timed: list[tuple[str, Timed]]


class Case(NamedTuple):
    """A rule and what it is about."""

    host: str
    name: str
    rule: Rule
    part: str
    track: Track


class Engine:
    """Keeps `memory`. `changes` has what happened since somebody took it from there."""

    def __init__(self, rules: Rules, memory: Memory | None = None) -> None:
        self.memory = memory or Memory()
        self.changes: list[Change] = []
        self.gone: list[tuple[str, str]] = []  # hosts and rules of which there is nothing more to be said
        self._places = {place: place for host in self.memory.hosts.values() for place in host.tracks}
        self._now: float | None = None
        self.rules = rules
        self.begin()
        self.use(rules)

    def begin(self) -> None:
        """A connection begins, and all presence that is on the broker comes.

        A host that was present before and of which nothing comes for long was taken away meanwhile.
        """
        hosts = self.memory.hosts.items()
        self._awaited = {name for name, host in hosts if host.online is not None}
        self._begun = self.memory.watched

    def use(self, rules: Rules) -> None:
        """Go by these rules from now on. What they no longer say of a host is in `gone`."""
        before, self.rules = self.rules.rules, rules
        others = {
            name for name, rule in rules.rules.items() if _looks_at(rule) != _looks_at(before.get(name))
        }
        self._plans: dict[str, Plan] = {}
        self._shared: dict[tuple[str, ...], Plan] = {}
        for name, host in self.memory.hosts.items():
            self._drop_others(name, host)
            for (rule_name, _), track in host.tracks.items():
                if rule_name in others:
                    track.window = track.days = None

    def status(self, host: str, online: bool) -> None:
        self._awaited.discard(host)
        self._host(host).online = online

    def interval(self, host: str, seconds: float) -> None:
        """How often the host says that it gives readings."""
        self._host(host).interval = seconds

    def tag(self, host: str, own: Tags | None = None, given: Tags | None = None) -> None:
        """The tags that the host says it has, or those that it was given; None: as before."""
        known = self._host(host)
        before = known.tags
        known.own_tags = known.own_tags if own is None else own
        known.given_tags = known.given_tags if given is None else given
        if known.tags != before:
            self._plans.pop(host, None)
            self._drop_others(host, known)

    def forget(self, host: str) -> None:
        """There is no such host any more. What it was given is for one of that name that comes."""
        self._awaited.discard(host)
        known = self.memory.hosts.pop(host, Host())
        self._plans.pop(host, None)
        if known.given_tags:
            self.tag(host, given=known.given_tags)
        self.gone += [(host, rule) for rule in known.rules()]

    def wants(self, host: str, metric: str) -> bool:
        """Whether a rule looks at readings of that metric, or at whether they come."""
        plan = self._plan(host)
        return metric in plan.of_metric or any(isinstance(rule, Silent) for _, rule in plan.timed)

    def reading(self, host: str, metric: str, time: float, reading: dict[str, Any], now: float) -> None:
        """Judge a reading of `time`, the newest of its metric; what came before or again changes nothing."""
        known = self._host(host)
        if known.online is False or not self._is_news(known, metric, time):
            return
        self._awaited.discard(host)
        if time not in known.told.values():
            off = {"timestamp": time, "off_seconds": abs(now - time)}
            known.heard[CLOCK] = self.memory.watched
            self._judge(host, known, CLOCK, self.memory.watched, now, off)
        known.told[metric] = time
        known.heard[metric] = self.memory.watched
        self._judge(host, known, metric, time, time, reading)

    def tick(self, now: float) -> None:
        """Time goes on to `now`, in seconds since 1970: call it each few seconds while there is a broker."""
        step = 0.0 if self._now is None else now - self._now
        self._now = now
        self.memory.watched += min(max(step, 0.0), LONGEST_STEP)
        for name, host in self.memory.hosts.items():
            self._look(name, host, now)
        if self._awaited and self.memory.watched - self._begun > GONE_SECONDS:
            for name in list(self._awaited):
                self.forget(name)

    def restore(self, host: str, rule: str, part: str, fired: float) -> None:
        """It is known to have fired, by what was told later than this memory is from."""
        if rule in self._rules(host):
            track = self._track(self._host(host), rule, part, fired)
            track.fired = track.fired or fired

    def standings(self) -> Iterator[tuple[str, str, Standing]]:
        """Each host and rule of which something is known, and where the part stands that is worst."""
        for name, host in self.memory.hosts.items():
            worst: dict[str, Standing] = {}
            for (rule, _), track in host.tracks.items():
                before = worst.setdefault(rule, track.standing)
                if track.standing is not before and RANK[track.standing] > RANK[before]:
                    worst[rule] = track.standing
            for rule, standing in worst.items():
                yield name, rule, standing

    def worst(self, host: str, rule: str) -> tuple[str, Track] | None:
        """The part of a host that is worst by that rule; of equals, the one that is so for longest."""
        parts = self.memory.hosts.get(host, Host()).parts(rule)
        return min(parts.items(), key=lambda one: (-RANK[one[1].standing], one[1].since), default=None)

    def tags(self, host: str) -> Tags:
        return self.memory.hosts.get(host, Host()).tags

    def _host(self, name: str) -> Host:
        return self.memory.hosts.setdefault(name, Host())

    def _rules(self, host: str) -> dict[str, Rule]:
        return self.rules.of(host, self.tags(host))

    def _drop_others(self, name: str, host: Host) -> None:
        """Know nothing more of rules that do not concern the host."""
        others = set(host.rules()) - self._rules(name).keys()
        host.tracks = {place: track for place, track in host.tracks.items() if place[0] not in others}
        self.gone += [(name, rule) for rule in others]

    def _plan(self, host: str) -> Plan:
        if host not in self._plans:
            rules = self._rules(host)
            # Most hosts have the same rules.
            self._plans[host] = self._shared.setdefault(tuple(rules), _plan(rules))
        return self._plans[host]

    def _is_news(self, host: Host, metric: str, time: float) -> bool:
        """An older time is news too once nothing else came for long: the host's clock was set back."""
        if metric not in host.told or time > host.told[metric]:
            return True
        return time < host.told[metric] and self.memory.watched - host.heard[metric] > host.patience

    def _judge(
        self, name: str, host: Host, metric: str, time: float, moment: float, reading: dict[str, Any]
    ) -> None:
        for rule_name, rule in self._plan(name).of_metric.get(metric, ()):
            there, before = found(rule, reading), host.parts(rule_name)
            for one in there:
                track = before.get(one.part) or self._track(host, rule_name, one.part, moment)
                case = Case(name, rule_name, rule, one.part, track)
                judgement = judged(rule, one, track, time, moment, host.patience)
                if judgement is not None:
                    self._note(case, judgement, rule.hold, host.patience)
                elif one.part not in before:
                    self._changed(case, moment, None)
                elif track.seen is not None and time - track.seen > host.patience:
                    self._lose_sight(case, moment)
            for part in before.keys() - {one.part for one in there}:
                case = Case(name, rule_name, rule, part, before[part])
                self._miss(host, case, Judgement(time, moment, False, True))

    def _miss(self, host: Host, case: Case, judgement: Judgement) -> None:
        """A part is no longer there, which is well; nothing more is known of it once that is told."""
        self._note(case, judgement, case.rule.hold, host.patience)
        if case.track.fired is None:
            del host.tracks[case.name, case.part]
            if not host.parts(case.name):
                self.gone.append((case.host, case.name))

    def _track(self, host: Host, rule: str, part: str, since: float) -> Track:
        """The part's track; a new one when there is none."""
        # One pair for all hosts.
        place = self._places.setdefault((rule, part), (rule, part))
        return host.tracks.setdefault(place, Track(since=since))

    def _look(self, name: str, host: Host, now: float) -> None:
        """What time alone tells of a host."""
        watched, plan = self.memory.watched, self._plan(name)
        for rule_name, rule in plan.timed:
            wrong = _is_late(rule, host, watched)
            if wrong is None and (rule_name, "") not in host.tracks:
                continue
            track = self._track(host, rule_name, "", now)
            case = Case(name, rule_name, rule, "", track)
            if wrong is None:
                self._lose_sight(case, now)
            else:
                # How long a metric has been silent is in the judgement already.
                hold = rule.hold if isinstance(rule, Offline) else 0.0
                self._note(case, Judgement(watched, now, wrong, not wrong), hold, inf)
        for metric, rules in plan.of_metric.items():
            if host.online is False or watched - host.heard.get(metric, watched) > host.patience:
                for rule_name, judged_rule in rules:
                    for part, track in host.parts(rule_name).items():
                        self._lose_sight(Case(name, rule_name, judged_rule, part, track), now)

    def _note(self, case: Case, judgement: Judgement, hold: float, gap: float) -> None:
        track = case.track
        before, fired = track.standing, track.fired
        after = track.judge(judgement, hold, case.rule.clear_after, gap)
        if after is not before or fired != track.fired:
            self._changed(case, judgement.moment, fired)

    def _lose_sight(self, case: Case, now: float) -> None:
        if case.track.standing is not Standing.UNKNOWN:
            case.track.lose_sight(now)
            self._changed(case, now, case.track.fired)

    def _changed(self, case: Case, moment: float, fired: float | None) -> None:
        host, name, _, part, track = case
        self.changes.append(
            Change(host, name, part, track.standing, moment, fired, track.fired, track.value, track.limit)
        )


def _looks_at(rule: Rule | None) -> tuple[object, ...]:
    """What a window is of: the readings of another metric or time say nothing of this one."""
    return type(rule), *(getattr(rule, name, None) for name in ("metric", "field", "window", "days"))


def _is_late(rule: Timed, host: Host, watched: float) -> bool | None:
    """Whether a host, or a metric of one that is online, is away too long; None when that cannot be said."""
    if isinstance(rule, Offline):
        return None if host.online is None else not host.online
    if rule.metric not in host.heard or host.online is False:
        return None
    return watched - host.heard[rule.metric] >= rule.hold


def _plan(rules: dict[str, Rule]) -> Plan:
    plan = Plan({}, [])
    for name, rule in rules.items():
        if isinstance(rule, Timed):
            plan.timed.append((name, rule))
        else:
            plan.of_metric.setdefault(rule.metric, []).append((name, rule))
    return plan
