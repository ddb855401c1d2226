from __future__ import annotations

from typing import Any

import mqtt5
import pytest

from perfwatch.mqtt.packets import stand_in, whole_packets

MOST = 1000


def packet(payload: bytes, **given: Any) -> bytes:
    return mqtt5.PublishPacket("a/topic", payload, **given).write()


@pytest.mark.parametrize(
    "given",
    [{}, {"qos": mqtt5.QoS.AT_LEAST_ONCE, "packet_id": 7}, {"user_properties": [("k", "v" * 900)] * 3}],
)
def test_wherever_the_network_cuts_a_message_its_stand_in_is_whole(given: dict[str, Any]) -> None:
    whole = packet(b"x" * 100_000, **given)
    for received in (20, 30, 500, MOST, 50_000, len(whole) - 1):
        made, skipped = stand_in(whole[:received], MOST, b"much")
        [(found, used)] = whole_packets(memoryview(made))
        assert isinstance(found, mqtt5.PublishPacket)
        assert (found.topic, found.payload, found.packet_id) == ("a/topic", b"much", given.get("packet_id"))
        assert (used, skipped) == (len(made), len(whole) - received)


@pytest.mark.parametrize("received", [0, 1, 2, 3, 4, 8])
def test_it_waits_for_the_topic(received: int) -> None:
    begun = packet(b"x" * 100_000)[:received]
    assert stand_in(begun, MOST, b"much") == (begun, 0)


@pytest.mark.parametrize(
    "begun",
    [
        packet(b"x" * 500)[:100],
        b"\x90" + packet(b"x" * 5000)[1:100],
        b"\x30\xff\xff\xff\xff\xff",
    ],
)
def test_what_is_small_or_no_message_is_left_as_it_is(begun: bytes) -> None:
    assert stand_in(begun, MOST, b"much") == (begun, 0)
