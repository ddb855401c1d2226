"""Whatever comes, in whatever order: what holds of the engine's states always, by every kind of rule."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from alerts.hosts import Host, Memory
from alerts.memory import load_memory, save_memory
from perfwatch.alerting.machine import Standing
from perfwatch.alerting.rules import Rules, parse
from tests.alerts.house import START, House

CPU: dict[str, object] = {"metric": "cpu", "field": "user"}
UNIT: dict[str, object] = {"metric": "systemd", "field": "units.*.state", "bad": ["failed"]}
RULES: dict[str, dict[str, object]] = {
    "threshold": CPU | {"at_least": 90, "clear": 80, "for": "10s", "clear_after": "15s"},
    "forecast": CPU | {"reaches": 100, "within": "1h", "window": "2m", "clear_after": "10s"},
    "unusual": CPU | {"days": 2, "least_days": 2, "window": "1m"},
    "state": UNIT | {"for": "5s", "clear_after": "10s"},
    "silent": {"metric": "cpu", "for": "30s"},
    "offline": {"for": "30s"},
    "mean": CPU | {"kind": "threshold", "at_most": 20, "statistic": "mean", "window": "20s"},
    "change": CPU | {"kind": "threshold", "at_least": 50, "statistic": "change", "window": "20s"},
}
PARSED = {name: parse(name, {"kind": name, "title": "X"} | rule) for name, rule in RULES.items()}
VALUES = st.sampled_from([None, 0.0, 15.0, 79.9, 80.0, 89.9, 90.0, 100.0])
UNITS = st.dictionaries(st.sampled_from("ab"), st.sampled_from(["failed", "active", None]))


def but(off: str = "") -> Rules:
    """All of them, without that one."""
    return Rules({name: rule for name, rule in PARSED.items() if name != off})


@cache
def two_days() -> Memory:
    """What is known after two days with little to do, so that the third can be unlike them."""
    house = House(but())
    house.engine.interval("nas", 300)
    house.now = START - 2 * 86400
    for value in islice(cycle([10.0, 15.0, 20.0, 25.0]), 2 * 288):
        house.now += 300
        house.reading("cpu", user=value)
    house.engine.interval("nas", 5)
    return house.engine.memory


class Lives(RuleBasedStateMachine):
    """A host's readings, presence and clock, our rules and our own restarts, as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House(but())
        self.house.engine.memory = deepcopy(two_days())
        self.firing: set[tuple[str, str]] = set()
        self.last = self.standings()

    @property
    def host(self) -> Host:
        return self.house.engine.memory.hosts["nas"]

    def standings(self) -> dict[tuple[str, str], Standing]:
        return {place: track.standing for place, track in self.host.tracks.items()}

    @rule(value=VALUES, times=st.sampled_from([1, 3, 15]))
    def read(self, value: float | None, times: int) -> None:
        self.house.cpu(*[value] * times)

    @rule(step=st.sampled_from([0.1, 1.0, 3.0]))
    def climb(self, step: float) -> None:
        self.house.cpu(*[40 + step * count for count in range(15)])

    @rule(units=UNITS, times=st.sampled_from([1, 3]))
    def units(self, units: dict[str, str | None], times: int) -> None:
        for _ in range(times):
            self.house.wait(5)
            self.house.reading("systemd", units={name: {"state": state} for name, state in units.items()})

    @rule(value=VALUES, age=st.floats(0, 10_000))
    def read_again(self, value: float | None, age: float) -> None:
        """What is not newer than the newest changes nothing, unless nothing else came for a minute."""
        memory, known = self.house.engine.memory, self.standings()
        if memory.watched - self.host.heard["cpu"] <= 60:
            self.house.reading("cpu", at=self.host.told["cpu"] - age, user=value)
            assert self.standings() == known

    @rule(seconds=st.sampled_from([1, 30, 70]))
    def wait(self, seconds: float) -> None:
        self.house.wait(seconds)

    @rule(online=st.booleans())
    def presence(self, online: bool) -> None:
        self.house.engine.status("nas", online)
        self.house.wait(1)

    @rule(away=st.sampled_from([0, 20, 100_000]))
    def restart(self, away: float) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder, "memory")
            save_memory(path, self.house.engine.memory)
            self.house.engine.memory = load_memory(path)
        self.house.restart(away)

    @rule(step=st.sampled_from([-90_000.0, -1.0, 90_000.0]))
    def our_clock_jumps(self, step: float) -> None:
        self.house.now += step
        self.house.engine.tick(self.house.now)

    @rule(off=st.sampled_from([-3600.0, 0.0, 3600.0]))
    def its_clock_jumps(self, off: float) -> None:
        self.house.wrong_clock = off

    @rule(name=st.sampled_from(["", *RULES]))
    def rules_change(self, name: str) -> None:
        """Of a rule that is taken away nothing is known, and nothing is told."""
        self.house.engine.use(but(name))
        self.firing = {key for key in self.firing if key[0] != name}
        assert name not in self.host.rules()

    @invariant()
    def begins_and_ends_alternate(self) -> None:
        for change in self.house.changes():
            key = change.rule, change.part
            assert (change.fired_before is not None) == (key in self.firing)
            (self.firing.discard if change.fired is None else self.firing.add)(key)
            assert change.standing is not self.last.get(key) or change.fired != change.fired_before
            self.last[key] = change.standing

    @invariant()
    def states_fit_what_was_told(self) -> None:
        standings = self.standings()
        assert self.firing <= standings.keys()
        self.last = {key: standing for key, standing in self.last.items() if key in standings}
        for key, standing in standings.items():
            assert standing is self.last.get(key, Standing.UNKNOWN)
            assert (standing is Standing.FIRING) <= (key in self.firing)
            assert (standing in (Standing.OK, Standing.PENDING)) <= (key not in self.firing)

    @invariant()
    def of_a_host_that_is_away_nothing_else_is_known(self) -> None:
        if self.host.online is False:
            others = {standing for (name, _), standing in self.standings().items() if name != "offline"}
            assert others <= {Standing.UNKNOWN}


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
