from __future__ import annotations

from typing import Any

import msgspec
import pytest

from devices.discovery.config import MAX_ENTITIES
from devices.discovery.known import MAX_WILD
from devices.taker import Taker
from devices.values import NotOurs, Unusable
from tests.devices.taking import NOW, readings, taker


def announce(takes: Taker, topic: str, **config: Any) -> None:
    takes.take(topic, msgspec.json.encode(config), NOW)


@pytest.fixture
def takes() -> Taker:
    return taker("homeassistant")


def test_what_is_announced_is_subscribed_to(takes: Taker) -> None:
    announce(takes, "homeassistant/sensor/x/config", state_topic="a/b", availability_topic="a/c")
    assert takes.filters()[-2:] == ["a/b", "a/c"]


def test_what_perfwatch_announces_of_itself_is_nothing_to_it(takes: Taker) -> None:
    before = takes.filters()
    components = {"cpu": {"p": "sensor", "state_topic": "perfwatch/nas/cpu"}}
    available = [{"topic": "perfwatch/nas/status"}, {"topic": "perfwatch/alerts"}]
    with pytest.raises(NotOurs, match="its own hosts"):
        announce(takes, "homeassistant/device/perfwatch_nas/config", cmps=components, availability=available)
    assert takes.filters() == before


def test_an_announcement_that_is_taken_back_ends(takes: Taker) -> None:
    announce(takes, "homeassistant/sensor/x/config", state_topic="a/b")
    takes.take("homeassistant/sensor/x/config", b"", NOW)
    assert "a/b" not in takes.filters()


def test_an_announcement_that_changed_is_the_newest(takes: Taker) -> None:
    announce(takes, "homeassistant/sensor/x/config", state_topic="a/b", name="old")
    announce(takes, "homeassistant/sensor/x/config", state_topic="a/b", name="new")
    assert readings(takes, "a/b", "1")["perfwatch/x/a_b"].keys() == {"timestamp", "new"}


@pytest.mark.parametrize("topic", ["#", "+/+", "a+/b", "a/#/b", "$SYS/x", ""])
def test_a_topic_with_wildcards_is_refused(takes: Taker, topic: str) -> None:
    with pytest.raises(Unusable, match="none that a device"):
        announce(takes, "homeassistant/sensor/x/config", state_topic=topic)


def test_several_gateways_may_hear_a_device(takes: Taker) -> None:
    announce(takes, "homeassistant/sensor/x/config", state_topic="+/+/BTtoMQTT/A4C138", dev={"name": "Tag"})
    assert "+/+/BTtoMQTT/A4C138" in takes.filters()
    for gateway in ("cellar", "attic"):
        found = readings(takes, f"home/{gateway}/BTtoMQTT/A4C138", "1")
        assert list(found) == ["perfwatch/Tag/bttomqtt_a4c138"]


def test_there_is_a_limit_to_filters(takes: Taker) -> None:
    for number in range(MAX_WILD):
        announce(takes, f"homeassistant/sensor/{number}/config", state_topic=f"+/{number}")
    with pytest.raises(Unusable, match="200 topics"):
        announce(takes, "homeassistant/sensor/more/config", state_topic="+/more")


def test_a_filter_takes_no_reading_that_was_made_of_another_message(takes: Taker) -> None:
    announce(takes, "homeassistant/sensor/x/config", state_topic="+/+/x", dev={"name": "Tag"})
    with pytest.raises(Unusable, match="no rule"):
        takes.take("perfwatch/Tag/x", b"1", NOW)


def test_a_device_whose_values_fail_spoils_no_other(takes: Taker) -> None:
    for name, template in (("a", "{{ value_json.b.c }}"), ("b", "{{ value_json.b }}")):
        announce(takes, f"homeassistant/sensor/{name}/config", state_topic="s", val_tpl=template)
    assert list(readings(takes, "s", '{"b": 1}')) == ["perfwatch/b/s"]


def test_one_value_that_fails_spoils_no_other(takes: Taker) -> None:
    for name, template in (("a", "{{ value_json.a }}"), ("b", "{{ value_json.b.c }}")):
        announce(
            takes, f"homeassistant/sensor/{name}/config", state_topic="s", val_tpl=template, dev={"ids": "d"}
        )
    assert readings(takes, "s", '{"a": 1}')["perfwatch/d/s"].keys() == {"timestamp", "a"}


def test_an_entity_that_cannot_be_used_spoils_no_other_of_its_device(takes: Taker) -> None:
    components = {"a": {"p": "sensor", "val_tpl": "{{"}, "b": {"p": "sensor"}}
    with pytest.raises(Unusable, match="cannot be used"):
        announce(takes, "homeassistant/device/d/config", cmps=components, stat_t="s")
    assert readings(takes, "s", "1")["perfwatch/d/s"].keys() == {"timestamp", "b"}


def test_units_of_the_announcement_are_kept_and_multiples_converted(takes: Taker) -> None:
    announce(takes, "homeassistant/sensor/p/config", stat_t="p", unit_of_meas="kW", name="Output")
    assert readings(takes, "p", "1.5")["perfwatch/p/p"]["output_watts"] == 1500


def test_a_device_with_too_many_components_is_refused(takes: Taker) -> None:
    many = {str(i): {"p": "sensor"} for i in range(MAX_ENTITIES + 1)}
    with pytest.raises(Unusable, match="more than"):
        announce(takes, "homeassistant/device/d/config", cmps=many)


@pytest.mark.parametrize("payload", [b"[]", b"1", b"text", b'{"cmps": 1}'])
def test_any_other_content_of_a_device_is_refused(takes: Taker, payload: bytes) -> None:
    with pytest.raises(Unusable):
        takes.take("homeassistant/device/x/config", payload, NOW)


@pytest.mark.parametrize("payload", [b"{}", b'{"stat_t": 1}', b'{"dev": 5, "name": []}'])
def test_an_entity_without_a_state_is_nothing_to_us(takes: Taker, payload: bytes) -> None:
    assert takes.take("homeassistant/sensor/x/config", payload, NOW).readings == []


def test_several_words_of_a_device_are_called_by_their_keys(takes: Taker) -> None:
    components = {
        key: {"p": "sensor", "dev_cla": "enum", "val_tpl": f"{{{{ value_json.{key} }}}}"}
        for key in ("mode", "phase")
    }
    announce(takes, "homeassistant/device/x/config", stat_t="s", dev={"name": "Boiler"}, cmps=components)
    found = readings(takes, "s", '{"mode": "on", "phase": "off"}')["perfwatch/Boiler/s"]
    assert (found["mode"], found["phase"]) == (1, 0)


@pytest.mark.parametrize("component", ["humidifier", "siren"])
def test_what_is_on_or_off_is_1_or_0(takes: Taker, component: str) -> None:
    announce(takes, f"homeassistant/{component}/x/config", stat_t="s/x", name="Bath")
    assert readings(takes, "s/x", "ON")["perfwatch/x/s"]["bath"] == 1
