"""What the broker does not take is left out, and all else arrives."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.collector.listener import Listener
from tests.collector.publishing import CPU, SmallBroker, address, lines, publishing, wait_for_line
from tests.servers import Mosquitto

OPEN = "allow_anonymous true\nlog_type all\n"
SMALL, LARGE = b"1", b"2" * 5000
MEMORY = "perfwatch/nas/memory"
MAXIMUM_QOS, RETAIN_AVAILABLE, MAXIMUM_PACKET = 0x24, 0x25, 0x27


def connections(broker: Mosquitto) -> int:
    log = (broker.folder / "mosquitto.log").read_text()
    return log.count("as perfwatch-collector-nas")


@pytest.mark.parametrize("limit", ["max_packet_size 1000", "message_size_limit 1000"])
def test_a_reading_that_is_too_large_is_named_once_and_the_next_arrive(
    limit: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Mosquitto(tmp_path, f"{OPEN}{limit}\n") as broker, publishing(address(broker.port)) as publisher:
        with Listener(broker.port) as listener:
            for _ in range(3):
                publisher.publish({"memory": LARGE})
            publisher.publish({"cpu": SMALL})
            listener.wait_for(CPU, SMALL)
            assert listener.topic(MEMORY) == []
        publisher.stop()
        assert connections(broker) == 1
    (line,) = [line for line in lines(caplog) if MEMORY in line]
    assert f"{MEMORY} is left out: it has 50" in line
    assert "3 messages were too large for" in lines(caplog)[-1]


def test_an_announcement_that_is_too_large_does_not_end_the_connection_either(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Mosquitto(tmp_path, f"{OPEN}max_packet_size 1000\n") as broker:
        with publishing(address(broker.port)) as publisher, Listener(broker.port) as listener:
            publisher.announce("homeassistant/x/config", LARGE)
            publisher.publish({"cpu": SMALL})
            listener.wait_for(CPU, SMALL)
        assert connections(broker) == 1
    wait_for_line(caplog, "homeassistant/x/config is left out")


def test_a_broker_that_says_only_at_the_end_what_was_too_large_is_not_sent_it_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with SmallBroker() as small, publishing(address(small.port)) as publisher:
        publisher.publish({"memory": LARGE})
        publisher.publish({"cpu": SMALL})
        small.accept(100)
        assert [small.message()[1] for _ in range(4)][2:] == [LARGE, SMALL]
        small.disconnect(0x95)
        small.hang_up()
        small.accept(100)
        arrived = [small.message() for _ in range(3)]
        assert arrived[-1][1] == SMALL
        for identifier, _ in arrived:
            small.acknowledge(identifier)
        assert small.silent()
    wait_for_line(caplog, f"{MEMORY} is left out")


def test_a_broker_that_takes_qos_0_alone_and_retains_nothing_gets_that() -> None:
    with SmallBroker() as small, publishing(address(small.port)) as publisher:
        publisher.publish({"cpu": SMALL})
        small.accept(100, MAXIMUM_QOS, 0, RETAIN_AVAILABLE, 0)
        packets = [small.packet() for _ in range(3)]
        assert {packet[0] & 0x0F for packet in packets} == {0}
        assert packets[-1].endswith(SMALL)
        assert small.silent()  # it waits for no acknowledgement, and has nothing to send again


@pytest.mark.parametrize(("reason", "bits"), [(0x9A, 0x20), (0x9B, 0x18)], ids=["retain", "QoS"])
def test_a_will_that_the_broker_refuses_is_made_as_it_wants_it(reason: int, bits: int) -> None:
    def will(packet: bytes) -> int:
        return packet[8] & bits  # after the name and version of the protocol

    with SmallBroker() as small, publishing(address(small.port)):
        assert will(small.connect())
        small.refuse(reason)
        assert not will(small.connect())


def test_the_limit_is_heard_of_before_anything_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    heard: list[int | None] = []
    with SmallBroker() as small, publishing(address(small.port)) as publisher:
        publisher.heed(lambda limits: heard.append(limits.packet_size))
        small.accept(100, MAXIMUM_PACKET, 0, 0, 4, 0)
        small.publish()
    assert heard == [1024]


def test_whatever_a_broker_answers_the_next_reading_follows(caplog: pytest.LogCaptureFixture) -> None:
    nobody_there, refused, over_a_quota, unknown_to_mqtt = 0x10, 0x87, 0x97, 0x63
    with SmallBroker() as small, publishing(address(small.port)) as publisher:
        small.accept(100)
        small.acknowledge(small.publish())  # presence
        for reason in (nobody_there, refused, over_a_quota, unknown_to_mqtt):
            publisher.publish({"cpu": SMALL})
            small.acknowledge(small.publish(), bytes([reason]))
        wait_for_line(caplog, "does not take what we publish (Unspecified error)")
    assert "does not take what we publish (Not authorized)" in caplog.text
    assert f"{CPU} is left out" in caplog.text
