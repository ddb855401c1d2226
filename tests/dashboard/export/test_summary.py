"""`/api/summary`: a few numbers, flat."""

from __future__ import annotations

from typing import Any

import pytest

from perfwatch.readings.codec import encode, now
from perfwatch.readings.core import Cpu, Disk, Network, Partition
from tests.dashboard.live.sockets import publish
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, Person


@pytest.fixture(scope="module")
def person(dashboard: Dashboard, module_broker: Mosquitto) -> Person:
    moment = now()
    for host, usage in (("nas", 12.5), ("pi", 80.0)):
        network = Network(timestamp=moment, bytes_recv_per_sec=usage, bytes_sent_per_sec=None)
        publish(
            module_broker,
            (f"perfwatch/{host}/status", b"online"),
            (f"perfwatch/{host}/cpu", encode(Cpu(timestamp=moment, usage_percent=usage))),
            (f"perfwatch/{host}/network", encode(network)),
        )
    parts = {"/": Partition(usage_percent=10.0), "/srv": Partition(usage_percent=95.0)}
    publish(module_broker, ("perfwatch/nas/disk", encode(Disk(timestamp=moment, partitions=parts))))
    publish(module_broker, ("perfwatch/old/cpu", encode(Cpu(timestamp=moment, usage_percent=99.0))))
    publish(module_broker, ("perfwatch/old/status", b"offline"))
    person = Person(dashboard.url)
    wait_until(
        lambda: summary(person)["offline"] == 1 and summary(person)["disk_host"] == "nas", "all is there"
    )
    return person


def summary(person: Person, query: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = person.get(f"/api/summary{query}").json()
    return answer


def test_of_all_hosts_the_highest_is_told_and_rates_are_sums(person: Person) -> None:
    told = summary(person)
    assert (told["hosts"], told["online"], told["offline"], told["devices"]) == (3, 2, 1, 0)
    assert (told["cpu_percent"], told["cpu_host"]) == (80.0, "pi")
    assert (told["disk_percent"], told["disk_host"]) == (95.0, "nas")
    assert told["recv_bytes_per_sec"] == 92.5
    assert told["sent_bytes_per_sec"] is None
    assert (told["broker"], told["temperature_celsius"]) == ("ok", None)


def test_it_is_flat_and_small(person: Person) -> None:
    answer = person.get("/api/summary")
    assert not any(isinstance(value, dict | list) for value in answer.json().values())
    assert len(answer.content) < 600


def test_of_one_host(person: Person) -> None:
    told = summary(person, "?host=nas")
    assert (told["hosts"], told["cpu_percent"], told["cpu_host"]) == (1, 12.5, "nas")
    answer = person.get("/api/summary?host=nsa")
    assert (answer.status_code, "expected one of nas, old, pi" in answer.json()["detail"]) == (422, True)
