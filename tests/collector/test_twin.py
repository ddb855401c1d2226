"""Two machines that publish as one host."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest

from collector.delivery.publisher import Publisher
from collector.twin import Twin
from perfwatch.readings import codec
from perfwatch.readings.core import HostInfo
from perfwatch.topics import Topics
from tests.collector.listener import retained
from tests.collector.publishing import INFO, address
from tests.servers import Mosquitto, wait_until

STARTED = datetime(2026, 11, 23, 12, tzinfo=UTC)
OWN = HostInfo(hostname="pi", os="Debian", kernel="6", version="1", interval=5.0, boot_time=STARTED)


def of(**changes: object) -> bytes:
    return codec.encode_info(msgspec.structs.replace(OWN, **changes))


def test_another_machine_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    twin = Twin("pi")
    assert twin.beside(OWN) is None
    for hostname in ("cam\x1b[2J", "other"):
        twin.hear(of(hostname=hostname))
    assert twin.beside(OWN) == "cam\x1b[2J, Debian"
    [told] = caplog.messages
    assert told.startswith(r"Another machine, 'cam\x1b[2J', publishes as host pi too")
    assert "PERFWATCH_HOST" in told


@pytest.mark.parametrize(
    "heard",
    [
        of(),
        of(boot_time=STARTED + timedelta(seconds=90)),
        of(boot_time=None, kernel="7"),
        b"",
        b"\xff",
        b"[" * 5000,
        b"{}",
    ],
    ids=["itself", "corrected", "unknown", "empty", "bytes", "deep", "nothing"],
)
def test_what_is_ours_or_nobodys_is_no_twin(heard: bytes) -> None:
    twin = Twin("pi")
    twin.beside(OWN)
    twin.hear(heard)
    assert twin.beside(OWN) is None


def test_a_machine_of_the_same_name_that_started_at_another_time_is_one() -> None:
    twin = Twin("pi")
    twin.beside(OWN)
    twin.hear(of(boot_time=STARTED + timedelta(days=1)))
    assert twin.beside(OWN) == "pi, Debian"


def test_who_publishes_as_a_host_hears_others_and_not_itself(broker: Mosquitto) -> None:
    heard: dict[str, list[bytes]] = {"first": [], "second": []}
    with ExitStack() as running:
        publishers = {}
        for name, received in heard.items():
            one = publishers[name] = Publisher(address(broker.port), Topics(), "nas")
            one.follow(INFO, received.append)
            one.describe(name.encode())
            one.start()
            running.callback(one.stop)
            wait_until(partial(is_retained, broker.port, name.encode()), f"{name} is there")
        wait_until(lambda: b"second" in heard["first"], "the first hears the second")

        def told_again() -> bool:
            publishers["first"].describe(b"again")
            return b"again" in heard["second"]

        wait_until(told_again, "the second hears the first")
    assert not {b"first", b"again"} & set(heard["first"])
    assert b"second" not in heard["second"]


def is_retained(port: int, payload: bytes) -> bool:
    return retained(port, INFO) == payload
