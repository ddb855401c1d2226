"""Who holds a lease: on a simulated clock and a broker that puts claims in one order."""

from __future__ import annotations

from perfwatch.mqtt.lease import EXPIRY_SECONDS, RENEW_SECONDS, SETTLE_SECONDS, Lease


class Broker:
    """Keeps the newest claim, and hands all of them to every member in one order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.retained = b""
        self.members: dict[str, Lease] = {}

    def join(self, name: str) -> None:
        lease = self.members[name] = Lease(name)
        lease.begin(self.now)
        if self.retained:
            lease.hear(self.retained, self.now)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.now += 1
            for claim in [one.claim(self.now) for one in self.members.values() if one.is_due(self.now)]:
                self.say(claim)

    def say(self, claim: bytes) -> None:
        self.retained = claim
        for one in self.members.values():
            one.hear(claim, self.now)

    @property
    def leaders(self) -> list[str]:
        return [name for name, one in self.members.items() if one.leads]


def test_one_alone_leads_and_goes_on() -> None:
    broker = Broker()
    broker.join("a")
    assert broker.leaders == []
    broker.run(SETTLE_SECONDS + 1)
    assert broker.leaders == ["a"]
    broker.run(10 * EXPIRY_SECONDS)
    assert broker.leaders == ["a"]


def test_of_two_that_claim_at_once_the_last_leads() -> None:
    broker = Broker()
    broker.join("a")
    broker.join("b")
    broker.run(2 * EXPIRY_SECONDS)
    assert broker.leaders == ["b"]


def test_another_one_leads_when_the_holder_was_silent_for_long() -> None:
    broker = Broker()
    broker.join("a")
    broker.run(3)
    broker.join("b")
    broker.run(2 * EXPIRY_SECONDS)
    assert broker.leaders == ["a"]
    del broker.members["a"]
    broker.run(EXPIRY_SECONDS - RENEW_SECONDS - 1)
    assert broker.leaders == []
    broker.run(RENEW_SECONDS + 2)
    assert broker.leaders == ["b"]


def test_what_was_given_back_is_claimed_at_once() -> None:
    broker = Broker()
    broker.join("a")
    broker.join("b")
    broker.run(3)
    del broker.members["b"]
    broker.say(b"")
    broker.run(RENEW_SECONDS)
    assert broker.leaders == ["a"]


def test_who_comes_back_under_its_name_leads_on() -> None:
    broker = Broker()
    broker.join("a")
    broker.run(3)
    broker.join("a")
    assert broker.leaders == ["a"]


def test_who_follows_hears_what_was_settled() -> None:
    leader, follower = Lease("a"), Lease("b")
    claim = leader.claim(1000.0, 77.0)
    assert leader.hear(claim, 1000.0) is None
    assert follower.hear(claim, 1000.0) == 77.0


def test_a_member_knows_how_long_it_may_sleep() -> None:
    broker = Broker()
    broker.join("a")
    leader = broker.members["a"]
    assert leader.due_in(broker.now) == SETTLE_SECONDS
    broker.run(SETTLE_SECONDS)
    assert leader.due_in(broker.now) == RENEW_SECONDS
    broker.join("b")
    assert broker.members["b"].due_in(broker.now) == EXPIRY_SECONDS
    leader.renew()
    assert leader.is_due(broker.now)
