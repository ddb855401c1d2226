"""Who leads, when several instances run: on a simulated clock and a broker that puts claims in order."""

from __future__ import annotations

from alerts.lease import EXPIRY_SECONDS, Lease


class Broker:
    """Keeps the newest claim, and hands all of them to every instance in one order."""

    def __init__(self, *names: str) -> None:
        self.now = 1000.0
        self.retained = b""
        self.up = {name: Lease(name) for name in names}
        for one in self.up.values():
            one.begin(self.now)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.now += 1
            claims = [one.claim(self.now, self.now) for one in self.up.values() if one.is_due(self.now)]
            for claim in claims:
                self.retained = claim
                for one in self.up.values():
                    one.hear(claim, self.now)

    @property
    def leaders(self) -> list[str]:
        return [name for name, one in self.up.items() if one.leads]


def test_one_alone_leads() -> None:
    broker = Broker("a")
    broker.run(3)
    assert broker.leaders == ["a"]


def test_of_two_that_claim_at_once_the_last_leads() -> None:
    broker = Broker("a", "b")
    broker.run(60)
    assert broker.leaders == ["b"]


def test_another_one_waits_until_the_lease_has_run_out() -> None:
    broker = Broker("a")
    broker.run(3)
    broker.up["b"] = Lease("b")
    broker.up["b"].begin(broker.now)
    broker.up["b"].hear(broker.retained, broker.now)
    broker.run(60)
    assert broker.leaders == ["a"]
    del broker.up["a"]
    broker.run(EXPIRY_SECONDS - 12)
    assert broker.leaders == []
    broker.run(14)
    assert broker.leaders == ["b"]


def test_who_ends_in_order_is_followed_at_once() -> None:
    broker = Broker("a", "b")
    broker.run(3)
    del broker.up["b"]
    broker.up["a"].hear(b"", broker.now)
    broker.run(12)
    assert broker.leaders == ["a"]


def test_a_restart_leads_on() -> None:
    broker = Broker("a")
    broker.run(3)
    broker.up["a"] = Lease("a")
    broker.up["a"].begin(broker.now)
    broker.up["a"].hear(broker.retained, broker.now)
    assert broker.leaders == ["a"]


def test_who_follows_hears_what_was_told() -> None:
    leader, follower = Lease("a"), Lease("b")
    claim = leader.claim(77.0, 1000.0)
    assert leader.hear(claim, 1000.0) is None
    assert follower.hear(claim, 1000.0) == 77.0
