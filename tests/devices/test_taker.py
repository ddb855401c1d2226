from __future__ import annotations

import pytest

from devices.values import Unusable
from tests.devices.taking import NOW, NOW_TEXT, readings, taker


def test_a_retained_message_is_taken_only_with_a_time_of_its_own() -> None:
    takes = taker("zigbee2mqtt")
    assert readings(takes, "zigbee2mqtt/a", '{"temperature": 20}', retained=True) == {}
    told = '{"temperature": 20, "last_seen": "2024-01-15T10:30:00Z"}'
    assert list(readings(takes, "zigbee2mqtt/a", told, retained=True)) == ["perfwatch/a/zigbee"]


def test_messages_that_come_at_once_have_times_of_their_own() -> None:
    takes = taker("plain")
    times = [readings(takes, "home/x", str(i))["perfwatch/home/x"]["timestamp"] for i in range(3)]
    assert times[0] == NOW_TEXT
    assert len(set(times)) == 3


def test_a_clock_that_is_a_day_ahead_is_not_believed() -> None:
    found = readings(taker("tasmota"), "tele/a/SENSOR", '{"Time": "2099-01-01T00:00:00", "A": 1}')
    assert found["perfwatch/a/sensor"]["timestamp"] == NOW_TEXT


def test_a_collector_s_topics_are_left_alone() -> None:
    takes = taker("plain")
    takes.learn("perfwatch/shed/info", b'{"schema": 1}')
    with pytest.raises(Unusable, match="collector"):
        takes.take("perfwatch/shed/cpu", b"1", NOW)


@pytest.mark.parametrize("info", [b"", b"online", b'{"hostname": "shed"}'])
def test_info_without_a_schema_makes_no_collector(info: bytes) -> None:
    takes = taker("plain")
    takes.learn("perfwatch/shed/info", info)
    assert readings(takes, "perfwatch/shed/temperature", "1")


def test_a_will_of_online_makes_no_collector() -> None:
    takes = taker("plain")
    takes.learn("perfwatch/shed/status", b"online")
    assert readings(takes, "perfwatch/shed/temperature", "1")


def test_a_device_named_like_a_collector_is_refused() -> None:
    takes = taker("zigbee2mqtt")
    takes.learn("perfwatch/shed/info", b'{"schema": 1}')
    with pytest.raises(Unusable, match="another name"):
        takes.take("zigbee2mqtt/shed", b'{"temperature": 1}', NOW)


def test_what_we_published_is_never_taken_again() -> None:
    takes = taker("plain")
    (one,) = takes.take("perfwatch/esp/temperature", b"21.5", NOW).readings
    with pytest.raises(Unusable, match="already"):
        takes.take(one.topic, one.payload, NOW)


@pytest.mark.parametrize("topic", ["perfwatch-bridge/bridge/lag", "perfwatch-devices/ask"])
def test_our_own_parts_topics_are_left_alone(topic: str) -> None:
    with pytest.raises(Unusable, match="own parts"):
        taker("plain").take(topic, b"1", NOW)


def test_floods_end_at_so_many_topics_and_devices() -> None:
    takes = taker("plain", max_topics=2, max_devices=1)
    assert readings(takes, "a/x", "1")
    assert readings(takes, "a/y", "1")
    with pytest.raises(Unusable, match="2 that are taken"):
        takes.take("a/z", b"1", NOW)
    takes = taker("plain", max_devices=1)
    assert readings(takes, "a/x", "1")
    with pytest.raises(Unusable, match="1 that are taken"):
        takes.take("b/x", b"1", NOW)


def test_one_subscription_is_enough_where_it_has_all_others_in_it() -> None:
    assert taker("zigbee2mqtt", "plain").filters() == ["#"]
    assert taker("zigbee2mqtt").filters() == ["perfwatch/+/info", "zigbee2mqtt/#"]
