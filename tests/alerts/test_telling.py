"""What is told on a channel, and when: on a simulated clock."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import msgspec
import pytest

from alerts.engine import Change
from alerts.telling import MOST_LINES, MOST_WAITING, Message, Teller, Untold
from perfwatch.alerting.machine import Standing
from perfwatch.alerting.rules import Rules, load

RULE = "[rules.cpu]\nseverity = 'warning'\n"


class House:
    """A teller with one channel that takes all; `sent` has the titles of what arrived there."""

    def __init__(self, rules: str = RULE, every: float = 60.0) -> None:
        self.rules: Rules = load(rules)
        self.now = 1_800_000_000.0
        self.up = True
        self.sent: list[Message] = []
        self.teller = Teller(Untold(), every)
        self.teller.channels = {"phone": ("info", "warning", "critical")}

    def change(self, fired: float | None, host: str = "nas", rule: str = "cpu") -> None:
        standing = Standing.OK if fired is None else Standing.FIRING
        self.teller.note(
            Change(host, rule, "", standing, self.now, None, fired, 97.0, 95.0), self.rules, self.now
        )

    def run(self, seconds: float) -> list[str]:
        """Second by second; returns the titles that were sent meanwhile."""
        before = len(self.sent)
        for _ in range(round(seconds)):
            self.teller.remind(self.rules, self.now)
            for channel, message in list(self.teller.due(self.now)):
                if self.up:
                    self.sent.append(message)
                    self.teller.sent(channel, message, self.now)
                else:
                    self.teller.failed(channel, self.now)
            self.now += 1
        return [message.title for message in self.sent[before:]]

    def restart(self) -> None:
        kept = msgspec.msgpack.decode(msgspec.msgpack.encode(self.teller.untold), type=Untold)
        channels = self.teller.channels
        self.teller = Teller(kept, 60.0)
        self.teller.channels = channels


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    os.environ.pop("TZ")
    time.tzset()


def test_what_fires_is_told_once_and_again_when_it_is_over() -> None:
    house = House()
    house.change(house.now)
    assert house.run(600) == ["nas: CPU busy at 97 % (limit 95 %)"]
    house.change(None)
    assert house.run(600) == ["nas: over after 10 min: CPU busy at 97 % (limit 95 %)"]
    house.change(None)
    assert house.run(600) == []


def test_it_is_known_when_the_next_message_may_go() -> None:
    house = House()
    assert house.teller.due_in(house.now, ()) is None
    house.change(house.now)
    assert house.teller.due_in(house.now, ()) == 0
    assert house.teller.due_in(house.now, ["phone"]) is None  # it is on its way
    house.run(1)
    house.change(None)
    wait = house.teller.due_in(house.now, ())
    assert wait == 59
    assert house.run(wait) == []
    assert len(house.run(1)) == 1


def test_a_message_says_how_bad_and_since_when(utc: None) -> None:
    house = House()
    house.change(house.now)
    house.run(1)
    assert house.sent[0].body == "warning, since 2027-01-15 08:00"


def test_a_storm_is_one_message_and_then_one_a_minute() -> None:
    house = House()
    for number in range(100):
        house.change(house.now, f"h{number}")
    assert house.run(30) == ["PerfWatch: 100 firing"]
    assert len(house.sent[0].body.splitlines()) == MOST_LINES + 1
    assert house.sent[0].body.endswith("and 80 more")
    house.change(None, "h1")
    house.change(None, "h2")
    assert house.run(29) == []
    assert house.run(10) == ["PerfWatch: 2 over"]


def test_a_channel_that_is_away_gets_it_later() -> None:
    house = House()
    house.up = False
    house.change(house.now)
    assert house.run(1000) == []
    house.restart()
    house.change(None)
    house.up = True
    assert house.run(600) == ["PerfWatch: 1 firing, 1 over"]


@pytest.mark.parametrize("arrives", [False, True])
def test_a_channel_may_be_taken_away_while_a_message_is_on_its_way(arrives: bool) -> None:
    house = House()
    house.change(house.now)
    ((channel, message),) = house.teller.due(house.now)
    house.teller.channels = {}
    assert not list(house.teller.due(house.now))
    if arrives:
        house.teller.sent(channel, message, house.now)
    else:
        house.teller.failed(channel, house.now)
    assert not house.teller.untold.queues


def test_what_comes_in_a_storm_while_a_message_is_on_its_way_is_sent_after_it() -> None:
    house = House()
    house.change(house.now, "first")
    ((channel, message),) = house.teller.due(house.now)
    for number in range(MOST_WAITING):
        house.change(house.now, f"host-{number}")
    house.teller.sent(channel, message, house.now)
    waiting = [one.host for one in house.teller.untold.queues[channel].news]
    assert waiting == [f"host-{number}" for number in range(MOST_WAITING)]


def test_waits_for_a_channel_that_is_away_grow() -> None:
    house = House()
    house.change(house.now)
    list(house.teller.due(house.now))
    assert [house.teller.failed("phone", house.now) for _ in range(9)] == [
        *(5, 10, 20, 40, 80, 160, 320, 600, 600)
    ]


def test_a_clock_that_is_set_back_does_not_keep_a_channel_waiting() -> None:
    house = House()
    house.change(house.now)
    house.run(1)
    house.now -= 86400
    house.change(None)
    assert len(house.run(602)) == 1


def test_a_channel_gets_the_severities_that_it_takes() -> None:
    house = House()
    house.teller.channels = {"phone": ("critical",), "log": ("warning",)}
    house.change(house.now)
    assert [channel for channel, _ in house.teller.due(house.now)] == ["log"]


def test_without_a_channel_nothing_is_told_later_either() -> None:
    house = House()
    house.teller.channels = {}
    house.change(house.now)
    house.run(10)
    house.teller.channels = {"phone": ("warning",)}
    assert house.run(600) == []


def test_what_waits_is_bounded_and_what_was_dropped_is_counted() -> None:
    house = House()
    for number in range(MOST_WAITING + 50):
        house.change(house.now, f"h{number}")
    house.run(1)
    assert house.sent[0].body.endswith(f"and {MOST_WAITING + 50 - MOST_LINES} more")


def test_reminders_while_it_lasts() -> None:
    house = House(RULE + "remind = '10m'\n")
    house.change(house.now)
    assert len(house.run(599)) == 1
    assert house.run(2) == ["nas: for 10 min now: CPU busy at 97 % (limit 95 %)"]
    assert len(house.run(1200)) == 2
    house.change(None)
    assert len(house.run(3600)) == 1


@pytest.mark.parametrize("over_at_night", [False, True])
def test_in_quiet_hours_it_waits_for_the_morning(over_at_night: bool, utc: None) -> None:
    house = House(RULE + "quiet = '07:00-09:00'\n")  # it is 08:00
    house.change(house.now)
    assert house.run(3599) == []
    if over_at_night:
        house.change(None)
    assert len(house.run(60)) == (0 if over_at_night else 1)


def test_what_is_critical_does_not_keep_to_quiet_hours(utc: None) -> None:
    house = House("[rules.cpu]\nseverity = 'critical'\nquiet = '07:00-09:00'\n")
    house.change(house.now)
    assert len(house.run(5)) == 1


def test_a_host_in_maintenance_is_told_of_when_that_is_over() -> None:
    house = House(RULE + "[maintenance]\nnas = 2027-01-15T09:00:00Z\n")
    house.change(house.now)
    house.change(house.now, "pi")
    assert house.run(3600) == ["pi: CPU busy at 97 % (limit 95 %)"]
    assert house.run(10) == ["nas: CPU busy at 97 % (limit 95 %)"]


def test_what_is_no_longer_watched_is_told_no_more() -> None:
    house = House(RULE + "remind = '1m'\n")
    house.change(house.now)
    house.run(10)
    house.teller.drop("nas", "cpu", house.now)
    assert house.run(600) == []


def test_a_restart_tells_nothing_twice() -> None:
    house = House()
    house.change(house.now)
    house.run(5)
    house.restart()
    house.change(house.now - 5)
    assert house.run(600) == []
    house.change(None)
    assert len(house.run(600)) == 1


def test_what_another_instance_told_is_forgotten_though_it_was_noted_here_later() -> None:
    one, other = House(), House()
    moment = one.now
    one.change(moment)
    one.run(1)
    settled = one.teller.settled(one.now)
    # The other was busy: it took the same reading two seconds after the word that it is told.
    other.teller.note(
        Change("nas", "cpu", "", Standing.FIRING, moment, None, moment, 97.0, 95.0), other.rules, settled + 2
    )
    other.teller.remind(other.rules, settled + 2)
    other.teller.forget(settled)
    other.now = settled + 3
    assert other.run(600) == []


def test_what_another_instance_could_not_tell_yet_is_kept() -> None:
    one, other = House(), House()
    one.up = False
    for house in (one, other):
        house.change(house.now)
    one.run(5)
    other.teller.remind(other.rules, other.now)
    other.teller.forget(one.teller.settled(one.now))
    assert len(other.run(5)) == 1
