"""Nothing that was taken is lost, whoever is killed: shown by a persistent session at a real broker."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from collector.delivery.outbox import Outbox
from collector.delivery.publisher import Publisher
from perfwatch.broker import broker_of
from perfwatch.settings import Settings
from perfwatch.topics import Topics
from tests.collector.listener import Listener, retained
from tests.collector.publishing import SmallBroker, address, numbers, publishing
from tests.servers import Mosquitto, client, wait_until

CPU = "perfwatch/nas/cpu"

# It saves when it is ended in order, and every half hour: a kill takes all that it took since.
FORGETFUL = """
persistence true
persistence_location {folder}/
allow_anonymous true
max_queued_messages 0
max_inflight_messages 0
"""


class Keeper:
    """A subscriber who is away, and whose session the broker has saved."""

    def __init__(self, broker: Mosquitto) -> None:
        self._command = client("mosquitto_sub", broker.port, "-t", CPU, "-c", "-i", "keeper", "-x", "3600")
        subprocess.run([*self._command, "-E"], check=True)
        broker.stop()
        broker.start()

    def received(self, last: bytes) -> list[int]:
        """What the session holds, up to that reading."""
        process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        lines = []
        assert process.stdout is not None
        while last not in lines:
            lines.append(process.stdout.readline().strip())
            assert lines[-1], f"the session ended before {last!r}"
        process.kill()
        process.wait(60)
        process.stdout.close()
        return [int(line) for line in lines]


@pytest.fixture
def forgetful(tmp_path: Path) -> Mosquitto:
    return Mosquitto(tmp_path, FORGETFUL.format(folder=tmp_path))


def test_a_broker_that_is_killed_again_and_again_costs_no_reading(
    forgetful: Mosquitto, tmp_path: Path
) -> None:
    count = itertools.count()
    with forgetful as broker:
        keeper = Keeper(broker)
        with publishing(address(broker.port), Outbox(tmp_path / "outbox")) as publisher:

            def publish(some: int) -> bytes:
                for number in itertools.islice(count, some):
                    publisher.publish({"cpu": (newest := b"%d" % number)})
                return newest

            for _ in range(3):
                newest = publish(300)
                wait_until(lambda newest=newest: retained(broker.port, CPU) == newest, "the newest")  # type: ignore[misc]
                publish(100)  # some of these are on their way now
                broker.kill()
                publish(100)
                broker.start()
            newest = publish(1)
            wait_until(lambda: retained(broker.port, CPU) == newest, "the newest")
        received = keeper.received(newest)
    assert set(received) == set(range(next(count)))
    first_seen = list(dict.fromkeys(received))
    assert first_seen == sorted(first_seen)


def test_a_collector_that_is_killed_while_the_broker_is_away_costs_no_reading(
    forgetful: Mosquitto, tmp_path: Path
) -> None:
    taken, first = list[int](), 0
    with forgetful as broker:
        keeper = Keeper(broker)
        for away in (False, True, False):
            if away:
                broker.kill()
            command = [sys.executable, "-m", "tests.collector.numbered", str(tmp_path / "outbox"), broker.url]
            with subprocess.Popen([*command, str(first)], stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                taken += [int(process.stdout.readline()) for _ in range(300)]
                process.kill()
                taken += [int(line) for line in process.stdout.read().split()]
            if away:
                broker.start()
            first = taken[-1] + 1
        chosen = broker_of(Settings(broker=broker.url))
        last = Publisher(chosen, Topics(), "nas", Outbox(tmp_path / "outbox"))
        last.start()
        last.publish({"cpu": (end := b"%d" % first)})
        wait_until(lambda: retained(broker.port, CPU) == end, "the newest")
        last.stop()
        received = keeper.received(end)
    # The last that it took may have come to the disk without being printed.
    assert set(taken) - set(received) == set()
    first_seen = list(dict.fromkeys(received))
    assert first_seen == sorted(first_seen)


def retain_flags(small: SmallBroker, count: int) -> list[tuple[bytes, bool]]:
    """The next readings, each with whether it is retained; not acknowledged."""
    found = []
    for _ in range(count):
        packet = small.packet()
        found.append((packet[-1:], bool(packet[0] & 1)))
    return found


def test_of_what_waited_only_the_newest_is_retained() -> None:
    with SmallBroker() as small, publishing(address(small.port)) as publisher:
        for number in numbers(0, 4):
            publisher.publish({"cpu": number})
        small.accept(receive_maximum=50)
        assert len([small.publish() for _ in range(2)]) == 2  # presence and facts
        assert retain_flags(small, 4) == [(b"0", False), (b"1", False), (b"2", False), (b"3", True)]


def test_what_was_the_newest_when_the_connection_broke_is_not_retained_when_it_is_sent_again() -> None:
    with SmallBroker() as small, publishing(address(small.port)) as publisher:
        small.accept(receive_maximum=50)
        assert len([small.publish() for _ in range(2)]) == 2
        publisher.publish({"cpu": b"0"})
        assert retain_flags(small, 1) == [(b"0", True)]
        publisher.publish({"cpu": b"1"})
        assert retain_flags(small, 1) == [(b"1", True)]
        small.hang_up()
        publisher.publish({"cpu": b"2"})
        small.accept(receive_maximum=50)
        assert len([small.publish() for _ in range(2)]) == 2
        assert retain_flags(small, 3) == [(b"0", False), (b"1", False), (b"2", True)]


def test_a_restart_replays_what_the_last_run_left(broker: Mosquitto, tmp_path: Path) -> None:
    broker.stop()
    with publishing(address(broker.port), Outbox(tmp_path)) as publisher:
        for number in numbers(0, 50):
            publisher.publish({"cpu": number})
    broker.start()
    with Listener(broker.port) as listener, publishing(address(broker.port), Outbox(tmp_path)):
        listener.wait_for(CPU, b"49")
    heard = [message for message in listener.heard if message.topic == CPU]
    assert [message.payload for message in heard] == numbers(0, 50)
    assert [message.retained for message in heard] == [False] * 49 + [True]
