"""What brokers of other makers do with what a group of bridges asks for.

Not collected by default, as it needs those brokers: `make test-brokers`. docs/scale.md#another-broker tells
of it. Each test has a group of its own: what an earlier one left of its sessions would take a share.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from psutil import Process

from perfwatch.broker import Broker, broker_of
from perfwatch.errors import BrokerError
from perfwatch.mqtt.client import Client
from perfwatch.settings import Settings
from tests.brokers.servers import BROKERS, Addresses, running
from tests.faults.conftest import Report, report
from tests.faults.field import NamedBroker, field, kill_one_of_three

__all__ = ["report"]  # the fixture

DAY = 86_400.0


class Ways(NamedTuple):
    """In what they differ."""

    receive_max: int
    loses: bool | None = False
    """Of what comes for a group that is away, or waits when a session is taken over; None is now and then."""
    passes_on: bool = True
    """A member's share to the others while it is away; else the member finds all of it when it is back."""
    retained_for_groups: bool = False
    retained_expire: bool = True


HIVEMQ = Ways(10)
WAYS = {
    "Mosquitto": Ways(8000, passes_on=False, retained_for_groups=True),
    "HiveMQ CE": HIVEMQ._replace(loses=True),
    "HiveMQ CE, queue raised": HIVEMQ,
    "comqtt": Ways(1024, loses=None, passes_on=False, retained_expire=False),
}


@pytest.fixture(scope="module", params=BROKERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def addresses(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    with BROKERS[kind](Path(tmp_path_factory.mktemp("broker"))) as addresses:
        yield addresses


@pytest.fixture
def nodes(addresses: Addresses, tmp_path: Path) -> list[NamedBroker]:
    return [NamedBroker(tmp_path, address) for address in addresses]


@pytest.fixture
def ways(kind: str) -> Ways:
    return WAYS.get(kind) or pytest.skip("nobody has said what this one does")


@pytest.fixture
def broker(addresses: Addresses) -> Broker:
    return broker_of(Settings(broker=f"mqtt://{addresses[0]}"))


def test_a_bridge_of_a_group_is_killed(
    kind: str, nodes: list[NamedBroker], tmp_path: Path, report: Report
) -> None:
    with field(tmp_path, broker=nodes[0]) as one:
        waiting = kill_one_of_three(one, nodes[1 % len(nodes)], nodes[2 % len(nodes)])
        report(f"{kind}: one of three is killed, {waiting} waited", one.settle())


def test_the_whole_group_is_away(kind: str, nodes: list[NamedBroker], tmp_path: Path, report: Report) -> None:
    with field(tmp_path, broker=nodes[0]) as one:
        one.bridge.environ["PERFWATCH_GROUP"] = "away"
        one.start()
        one.flow()
        one.bridge.end(signal.SIGKILL)
        one.flow(2500)
        one.bridge.start()
        one.flow()
        loses = WAYS.get(kind, HIVEMQ).loses
        seen = one.settle(10 if loses else 60)
        report(f"{kind}: the group is away for 2,500", seen, window=seen.lost > 0 if loses is None else loses)


def test_a_member_that_is_away(broker: Broker, ways: Ways) -> None:
    async def shares() -> tuple[set[int], set[int]]:
        async with Client(broker, client_id="away", session_expiry=DAY) as away:
            await away.subscribe("$share/two/away/+")
        async with Client(broker, client_id="here", session_expiry=DAY) as here:
            await here.subscribe("$share/two/away/+")
            await publish(broker, "away/cpu", 900)
            others = await came(here)
        async with Client(broker, client_id="away", session_expiry=DAY) as away:
            return set(others), set(await came(away))

    here, away = asyncio.run(shares())
    assert here | away == set(range(900))
    assert bool(away) is not ways.passes_on


def test_messages_expire(broker: Broker, ways: Ways) -> None:
    async def those_left() -> tuple[list[int], list[int]]:
        async with Client(broker, client_id="later", session_expiry=DAY) as later:
            await later.subscribe("expiry/+")
        async with Client(broker) as client:
            await client.publish("expiry/short", b"1", qos=1, retain=True, expiry=1)
            await client.publish("expiry/long", b"2", qos=1, retain=True, expiry=600)
        await asyncio.sleep(4)
        async with Client(broker, client_id="later", session_expiry=DAY) as later:
            queued = await came(later)
        async with Client(broker) as client:
            await client.subscribe("expiry/+")
            return queued, sorted(await came(client))

    assert asyncio.run(those_left()) == ([2], [2] if ways.retained_expire else [1, 2])


def test_what_is_retained_comes_to_a_group(broker: Broker, ways: Ways) -> None:
    async def retained() -> list[int]:
        async with Client(broker) as client:
            await client.publish("kept/cpu", b"1", qos=1, retain=True)
            await client.subscribe("$share/new/kept/+")
            return await came(client)

    assert asyncio.run(retained()) == [1] * ways.retained_for_groups


def test_a_session_is_taken_over(broker: Broker, ways: Ways) -> None:
    """By a bridge that is started while the broker still has the connection of the one before."""

    async def take_over() -> list[int]:
        first = Client(broker, client_id="taken", session_expiry=DAY, manual_ack=True)
        async with first:
            await first.subscribe("taken/+")
            await publish(broker, "taken/cpu", 5)
            await first.gathered(1)
            async with Client(broker, client_id="taken", session_expiry=DAY) as second:
                assert second.session_present
                await publish(broker, "taken/cpu", 5, first=5)
                first.waiting()
                with pytest.raises(BrokerError):
                    await first.gathered(1)
                return sorted(set(await came(second)))

    assert asyncio.run(take_over()) == list(range(10)) or ways.loses is None


def test_a_session_is_at_one_node(kind: str, addresses: Addresses) -> None:
    """comqtt's nodes share neither sessions nor what is retained: a bridge must come back to its own."""
    if kind != "comqtt":
        pytest.skip("not several nodes that are ours")
    here, there = (broker_of(Settings(broker=f"mqtt://{address}")) for address in addresses[:2])

    async def at(broker: Broker) -> tuple[bool, list[int]]:
        async with Client(broker, client_id="moved", session_expiry=DAY) as client:
            if not client.session_present:
                await client.subscribe("moved/+")
            return client.session_present, await came(client)

    async def move() -> list[tuple[bool, list[int]]]:
        await at(here)
        async with Client(here) as client:
            await client.publish("moved/cpu", b"1", qos=1, retain=True)
        return [await at(there), await at(here)]

    assert asyncio.run(move()) == [(False, []), (True, [1])]


def test_it_sends_no_more_than_a_member_can_hold(broker: Broker, ways: Ways) -> None:
    async def ahead() -> int:
        async with Client(broker, manual_ack=True, receive_max=10) as client:
            assert client.limits.receive_max == ways.receive_max
            await client.subscribe("ahead/+")
            await publish(broker, "ahead/cpu", 50)
            await client.gathered(11, 2.0)
            return client.backlog

    assert 0 < asyncio.run(ahead()) <= 10


def test_a_node_is_killed(kind: str, nodes: list[NamedBroker], tmp_path: Path, report: Report) -> None:
    """The one that the third bridge is connected to. It starts again, and so knows no session."""
    if kind != "comqtt":
        pytest.skip("not several nodes that are ours")
    with field(tmp_path, broker=nodes[0]) as one:
        kill_one_of_three(one, nodes[1], nodes[2], group="nodes")
        (node,) = (
            of for of in Process().children() if f"-tcp={nodes[2].host}:{nodes[2].port}" in of.cmdline()
        )
        command, folder = node.cmdline(), Path(node.cwd())
        node.kill()
        one.flow(900)
        with running(folder, nodes[2].port, *command):
            one.flow(600)
            report(f"{kind}: the third node is killed, and starts again", one.settle())


async def publish(broker: Broker, topic: str, count: int, first: int = 0) -> None:
    """Numbers from `first` on, each acknowledged by the broker."""
    async with Client(broker) as client:
        numbers = (str(number).encode() for number in range(first, first + count))
        await asyncio.gather(*(client.publish(topic, number, qos=1) for number in numbers))


async def came(client: Client) -> list[int]:
    """The numbers that come, until none comes for two seconds."""
    numbers: list[int] = []
    while await client.gathered(1, 2.0):
        numbers += [int(message.payload or b"") for message in client.waiting()]
    return numbers
