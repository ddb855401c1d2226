from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from collector.home_assistant.entities import (
    ENTITIES,
    Entity,
    Found,
    has_value,
    places,
    sensor,
    template,
)
from collector.home_assistant.message import identifier, message, presence
from perfwatch.readings import base, codec, core
from perfwatch.readings.core import READINGS, HostInfo
from perfwatch.topics import Topics, discovery_topic
from perfwatch.units import unit_of
from tests.collector import home_assistant_rules as rules

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FACTS = HostInfo(
    hostname="nas",
    os="Debian GNU/Linux 12",
    kernel="6.1",
    cpu_model="A fast one",
    core_count=4,
    memory_total_bytes=8 << 30,
    boot_time=NOW,
    version="1.2.3",
    interval=5.0,
)
HOSTILE = [
    "/",
    "/mnt/it's",
    '/mnt/"x"',
    "/mnt/{{ 7*7 }}",
    "/mnt/%}{#",
    "/mnt/back\\slash",
    "/mnt/küche 😀",
    "\n",
]


def fields(reading: base.Reading) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(codec.encode(reading))
    return decoded


def cpu(**given: Any) -> dict[str, Any]:
    return fields(core.Cpu(timestamp=NOW, **given))


def disk(*mountpoints: str) -> dict[str, Any]:
    partitions = {
        name: core.Partition(usage_percent=42.0, free_bytes=3 << 30, used_bytes=1, total_bytes=2)
        for name in mountpoints
    }
    return fields(core.Disk(timestamp=NOW, read_bytes_per_sec=1500.0, partitions=partitions))


def whole() -> dict[str, dict[str, Any]]:
    network = core.Network(
        timestamp=NOW,
        bytes_recv_per_sec=1.0,
        bytes_sent_per_sec=1.0,
        interfaces={"eth0": core.Interface(), "veth12ab": core.Interface(counted=False)},
        connections=core.Connections(),
    )
    return {
        "cpu": cpu(
            usage_percent=5.0,
            per_core=[1.0, 2.0],
            temperature_celsius=[40.0, 41.0],
            frequency_mhz=[800.0],
            load_average=[0.5, 0.4, 0.3],
        ),
        "memory": fields(core.Memory(timestamp=NOW, usage_percent=50.0)),
        "network": fields(network),
        "disk": disk(*HOSTILE),
        "gpu": {"gpus": {"card0": {"usage_percent": 1.0, "temperature_celsius": 50, "power_watts": 20.5}}},
        "sensors": {"battery_percent": 80, "fans": {"cpu": {"rpm": 900}}, "temperatures": {}},
    }


def components(host: str = "nas") -> dict[str, Any]:
    return {
        one.key: sensor(one, Topics().metric(host, metric), identifier(host), 15)
        for metric, reading in whole().items()
        for one in found_in(metric, reading)
    }


def found_in(metric: str, reading: dict[str, Any]) -> list[Found]:
    return list(places(metric, reading))


def names(metric: str, reading: dict[str, Any]) -> list[str]:
    return [one.label for one in places(metric, reading) if has_value(reading, one.steps)]


def rendered(value_template: str, payload: dict[str, Any]) -> str:
    """As Home Assistant renders a value template: in Jinja's sandbox, with `value_json`."""
    return ImmutableSandboxedEnvironment().from_string(value_template).render(value_json=payload)


@pytest.mark.parametrize("host", ["nas", "nas-2_b", "küche", "a b", "é" * 200, "x.lan"])
def test_a_whole_message_follows_home_assistants_rules(host: str) -> None:
    sent = message(
        FACTS,
        Topics(),
        host,
        presence(Topics(), host) | components(host),
        gone=["disk_partitions_x_free_bytes"],
    )
    rules.check(discovery_topic(host), msgspec.json.decode(msgspec.json.encode(sent)))
    assert len(sent["cmps"]) > 40


def test_every_row_of_the_table_follows_the_rules() -> None:
    rows = [(metric, entity) for metric in ENTITIES for entity in ENTITIES[metric]]
    for metric, entity in rows:
        one = Found(f"{metric}_x", entity, unit_of(metric, entity.field), ("x",), entity.name)
        rules.check(
            discovery_topic("nas"), message(FACTS, Topics(), "nas", {one.key: sensor(one, "t", "id", 15)})
        )
    assert len({(metric, entity.path) for metric, entity in rows}) == len(rows)


@pytest.mark.parametrize("metric", READINGS)
def test_every_field_in_the_table_is_a_field_of_its_reading(metric: str) -> None:
    declared = READINGS[metric].__struct_fields__
    assert [entity.path for entity in ENTITIES.get(metric, ()) if entity.path[0] not in declared] == []


def test_the_rules_catch_what_home_assistant_would_refuse() -> None:
    wrong: list[dict[str, Any]] = [
        {"unit_of_meas": "%"},
        {"stat_cla": "total"},
        {"dev_cla": "heat"},
        {"x": 1},
    ]
    one = next(one for one in found_in("cpu", whole()["cpu"]) if one.unit.device_class == "temperature")
    good = sensor(one, "t", "id", 15)
    for change in wrong:
        with pytest.raises((AssertionError, KeyError)):
            rules.check(discovery_topic("nas"), message(FACTS, Topics(), "nas", {"a": good | change}))


def test_the_device_says_what_it_is() -> None:
    sent = message(FACTS, Topics(), "nas", {})
    assert sent["dev"] == {
        "ids": ["perfwatch_nas"],
        "name": "nas",
        "mf": "PerfWatch",
        "mdl": "A fast one",
        "sw": "Debian GNU/Linux 12, 6.1",
        "hw": "4 cores, 8.0 GiB",
    }
    assert (sent["o"]["name"], sent["o"]["sw"]) == ("PerfWatch", "1.2.3")
    assert sent["avty_t"] == "perfwatch/nas/status"


def test_the_device_links_to_the_dashboard_if_its_address_is_known() -> None:
    linked = message(FACTS, Topics(), "nas", {}, dashboard="https://watch.example.org")
    rules.check(discovery_topic("nas"), linked)
    assert linked["dev"]["cu"] == "https://watch.example.org"


def test_status_and_boot_time_stay_while_the_host_is_away() -> None:
    own = presence(Topics(), "nas")
    assert own.keys() == {"status", "boot_time"}
    assert [rendered(each["avty_tpl"], {}) for each in own.values()] == ["online", "online"]


def test_what_is_wanted_on_a_dashboard_is_enabled_and_the_rest_is_diagnostic() -> None:
    enabled = {each["name"] for each in components().values() if "ent_cat" not in each}
    assert enabled >= {
        "CPU usage",
        "Load (1 min)",
        "CPU temperature 1",
        "CPU temperature 2",
        "Memory usage",
        "Swap usage",
        "Network down",
        "Network up",
        "Disk read",
        "Disk / usage",
        "Disk / free",
        "GPU card0 usage",
        "GPU card0 temperature",
        "Battery",
    }
    rest = [each for each in components().values() if each["name"] not in enabled]
    assert all((each["ent_cat"], each["en"]) == ("diagnostic", False) for each in rest)


def test_the_only_one_of_its_kind_has_no_number() -> None:
    assert "CPU temperature" in names("cpu", cpu(temperature_celsius=[40.0]))


def test_what_comes_and_goes_with_containers_is_no_entity() -> None:
    labels = [one.label for one in found_in("network", whole()["network"])]
    assert "Network eth0 down" in labels
    assert not [label for label in labels if "veth" in label]


def test_an_id_is_the_same_whatever_else_is_there() -> None:
    alone = {one.key for one in found_in("disk", disk("/mnt/b")) if one.label == "Disk /mnt/b usage"}
    among = {one.key for one in found_in("disk", disk("/", "/mnt/b")) if one.label == "Disk /mnt/b usage"}
    assert alone == among
    assert len(alone) == 1


# A path: what has the name of a bridge or of a container's interface is left out.
@given(st.lists(st.text().map("/".__add__), unique=True, max_size=5))
def test_ids_are_plain_and_different_whatever_a_mount_point_is_called(mountpoints: list[str]) -> None:
    reading = {"partitions": {name: {"usage_percent": 1.0} for name in mountpoints}}
    keys = [one.key for one in found_in("disk", reading)]
    assert len(set(keys)) == len(mountpoints)
    assert all(rules.TOPIC.fullmatch(f"homeassistant/device/{key}/config") for key in keys)


@given(st.text(min_size=1))
def test_a_template_finds_its_value_whatever_a_mount_point_is_called(name: str) -> None:
    steps = ("partitions", name, "usage_percent")
    assert rendered(template(steps), {"partitions": {name: {"usage_percent": 42.5}}}) == "42.5"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_template_runs_nothing_that_a_name_says(name: str) -> None:
    one = next(one for one in found_in("disk", disk(name)) if one.entity.path[-1] == "usage_percent")
    text = sensor(one, "t", "id", 15)["val_tpl"]
    assert rendered(text, disk(name)) == "42.0"
    assert rendered(text, disk("/other")) == "None"


@pytest.mark.parametrize(
    ("steps", "payload"),
    [
        (("usage_percent",), {}),
        (("usage_percent",), {"usage_percent": None}),
        (("usage_percent",), {"usage_percent": "much"}),
        (("load_average", 2), {}),
        (("load_average", 2), {"load_average": None}),
        (("load_average", 2), {"load_average": [1.0]}),
        (("load_average", 2), {"load_average": [1.0, 2.0, None]}),
        (("connections", "tcp", "established"), {"connections": None}),
        (("gpus", "0", "usage_percent"), {"gpus": {}}),
    ],
)
def test_what_is_null_or_absent_is_none_to_home_assistant(
    steps: tuple[str | int, ...], payload: dict[str, Any]
) -> None:
    assert rendered(template(steps), payload) == "None"
    assert rendered(template(steps, 1000), payload) == "None"


def test_zero_is_a_value_and_units_are_converted() -> None:
    assert rendered(template(("load_average", 0)), {"load_average": [0.0]}) == "0.0"
    assert rendered(template(("free_bytes",), 1 << 30), {"free_bytes": 3 << 29}) == "1.5"


def test_a_new_source_is_one_row() -> None:
    entity = Entity(("printers", "*", "ink_percent"), "Printer {} ink")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENTITIES, "printer", (entity,))
        assert names("printer", {"printers": {"lp0": {"ink_percent": 7}}}) == ["Printer lp0 ink"]


def test_cores_have_the_kernels_numbers_and_sensors_are_counted_from_one() -> None:
    reading = cpu(per_core=[1.0, None, 3.0], temperature_celsius=[40.0, 41.0])
    labels = [one.label for one in found_in("cpu", reading)]
    assert [label for label in labels if label.startswith("Core")] == [
        f"Core {core} usage" for core in (0, 1, 2)
    ]
    assert [label for label in labels if "temperature" in label] == ["CPU temperature 1", "CPU temperature 2"]
