"""Whatever comes, in whatever order: what holds of the engine's states always."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from perfwatch.alerting.machine import Standing
from tests.alerts.house import House, only

RULE = """
kind = 'threshold'
metric = 'cpu'
field = 'user'
at_least = 90
clear = 80
for = '10s'
clear_after = '15s'
"""
VALUES = st.sampled_from([None, 0.0, 79.9, 80.0, 89.9, 90.0, 100.0])


class Lives(RuleBasedStateMachine):
    """A host's readings, presence and clock, and our own restarts, as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House(only(RULE))
        self.firing = False
        self.last: Standing | None = None

    @rule(value=VALUES, times=st.integers(1, 5))
    def read(self, value: float | None, times: int) -> None:
        self.house.cpu(*[value] * times)

    @rule(value=VALUES, age=st.floats(0, 10_000))
    def read_again(self, value: float | None, age: float) -> None:
        """What is not newer than the newest changes nothing, unless nothing else came for a minute."""
        memory = self.house.engine.memory
        host, known = memory.hosts["nas"], self.house.standing
        if "cpu" in host.told and memory.watched - host.heard["cpu"] <= 60:
            self.house.reading("cpu", at=host.told["cpu"] - age, user=value)
            assert self.house.standing == known

    @rule(seconds=st.sampled_from([1, 30, 70]))
    def wait(self, seconds: float) -> None:
        self.house.wait(seconds)

    @rule(online=st.booleans())
    def presence(self, online: bool) -> None:
        self.house.engine.status("nas", online)

    @rule(away=st.sampled_from([0, 20, 100_000]))
    def restart(self, away: float) -> None:
        changes = self.house.engine.changes
        self.house.restart(away)
        self.house.engine.changes[:0] = changes

    @rule(step=st.sampled_from([-90_000.0, -1.0, 90_000.0]))
    def our_clock_jumps(self, step: float) -> None:
        self.house.now += step
        self.house.engine.tick(self.house.now)

    @rule(off=st.sampled_from([-3600.0, 0.0, 3600.0]))
    def its_clock_jumps(self, off: float) -> None:
        self.house.wrong_clock = off

    @invariant()
    def begins_and_ends_alternate(self) -> None:
        for change in self.house.changes():
            assert (change.fired_before is not None) == self.firing
            self.firing = change.fired is not None
            assert change.standing is not self.last or change.fired != change.fired_before
            self.last = change.standing

    @invariant()
    def states_fit_what_was_told(self) -> None:
        found = self.house.engine.worst("nas", "x")
        if found is None:
            return
        _, track = found
        assert (track.fired is not None) == self.firing
        assert track.standing is self.last or track.standing is Standing.UNKNOWN
        if track.standing is Standing.FIRING:
            assert track.fired is not None
        if track.standing in (Standing.OK, Standing.PENDING):
            assert track.fired is None


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=60, stateful_step_count=30)
