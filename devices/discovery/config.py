"""Home Assistant's discovery messages, as entities of ours. No input or output.

<prefix>/<component>/[<node>/]<object>/config announces one entity, <prefix>/device/<id>/config a device with
all of its own. Keys may be abbreviated, and `~` in a topic stands for a base topic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from devices.filters import is_filter
from devices.names import Measure, device_name, measure_of, plain
from devices.rule import Found, about
from devices.values import Unusable

MAX_ENTITIES = 500

COMPONENTS = frozenset(("sensor", "binary_sensor", "switch", "number", "light", "fan")) | {
    *("lock", "valve", "cover", "select", "siren", "humidifier"),
}
"""Components that have a state which may be a number or one of two words."""

_BINARY = ("binary_sensor", "switch", "light", "fan", "siren", "humidifier")

_LONG: Mapping[str, str] = {
    "stat_t": "state_topic",
    "val_tpl": "value_template",
    "stat_val_tpl": "state_value_template",
    "unit_of_meas": "unit_of_measurement",
    "dev_cla": "device_class",
    "stat_cla": "state_class",
    "dev": "device",
    "cmps": "components",
    "p": "platform",
    "avty": "availability",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "avty_mode": "availability_mode",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "pl_on": "payload_on",
    "pl_off": "payload_off",
    "stat_on": "state_on",
    "stat_off": "state_off",
    "t": "topic",
    "uniq_id": "unique_id",
    "obj_id": "object_id",
}
_LONG_OF_DEVICE: Mapping[str, str] = {
    "ids": "identifiers",
    "cns": "connections",
    "mdl": "model",
    "mf": "manufacturer",
    "sa": "suggested_area",
}


Template: TypeAlias = Callable[[bytes], str]
"""What a payload says, or Unusable."""


class Entity(NamedTuple):
    """One value of a device. `on` and `off` are the words that a binary one sends, None for a number.

    `counts` says that its number only ever increases.
    """

    device: str
    field: str
    state_topic: str
    template: Template | None
    measure: Measure | None
    on: str | None
    off: str | None
    counts: bool


class Presence(NamedTuple):
    """A topic that tells whether a device can be reached. `mode` is all, any or latest, of all its topics."""

    device: str
    topic: str
    template: Template | None
    online: str
    mode: str


class Announced(NamedTuple):
    """What one discovery message says, and why some of its entities cannot be used."""

    entities: list[Entity]
    presences: list[Presence]
    abouts: list[Found]
    refused: list[str]


def read(levels: Sequence[str], content: object) -> Announced:
    """The entities that a message on <prefix>/`levels`/config announces. Raises Unusable."""
    if not isinstance(content, dict):
        raise Unusable("Home Assistant's discovery has objects, and this is none")
    whole = _long(content)
    if levels[0] != "device":
        return _announced([(levels[0], levels[-1], whole)], levels[-1])
    components = whole.get("components")
    if not isinstance(components, dict):
        raise Unusable("it announces a device without components")
    if len(components) > MAX_ENTITIES:
        raise Unusable(f"it announces a device with more than {MAX_ENTITIES} components")
    return _announced(list(_components(whole, components)), levels[-1])


def _components(
    whole: Mapping[str, Any], components: Mapping[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    shared = {name: value for name, value in whole.items() if name != "components"}
    for name, given in components.items():
        one = _long(given) if isinstance(given, dict) else {}
        yield str(one.get("platform")), name, {**shared, **one}


def _announced(found: list[tuple[str, str, dict[str, Any]]], fallback: str) -> Announced:
    entities: list[Entity] = []
    presences: dict[tuple[str, str], Presence] = {}
    abouts: dict[str, Found] = {}
    refused: list[str] = []
    for component, key, one in found:
        if component not in COMPONENTS or not isinstance(one.get("state_topic"), str):
            continue
        try:
            device = _device(one.get("device"), fallback)
            entities.append(_entity(component, key, one, device))
            presences |= {(device, told.topic): told for told in _presences(one, device)}
            abouts[device] = _about(one.get("device"), device)
        except Unusable as exc:
            refused.append(str(exc))
    return Announced(entities, list(presences.values()), list(abouts.values()), refused)


def _entity(component: str, key: str, one: Mapping[str, Any], device: str) -> Entity:
    binary = component in _BINARY
    return Entity(
        device,
        _field(one, key),
        _topic(one, one["state_topic"]),
        _template(one.get("value_template") or one.get("state_value_template")),
        measure_of(one.get("unit_of_measurement")),
        _word(one, "ON", "state_on", "payload_on") if binary else None,
        _word(one, "OFF", "state_off", "payload_off") if binary else None,
        one.get("state_class") == "total_increasing",
    )


def _template(text: object) -> Template | None:
    if not isinstance(text, str):
        return None
    from devices.discovery.template import compiled, render  # Jinja2, 4 MB of a home that has any

    return partial(render, compiled(text))


def _word(one: Mapping[str, Any], usual: str, *names: str) -> str:
    """What is sent for a state: Zigbee2MQTT announces true itself, which Jinja writes as True."""
    return str(next((one[name] for name in names if one.get(name) is not None), usual))


def _field(one: Mapping[str, Any], key: str) -> str:
    """What the entity is called: its name, without the device's, which many repeat in it."""
    name, device = one.get("name"), one.get("device")
    given = plain(name) if isinstance(name, str) else ""
    owner = device.get("name") if isinstance(device, dict) else None
    if isinstance(owner, str) and plain(owner) and given.startswith(plain(owner) + "_"):
        given = given[len(plain(owner)) + 1 :]
    kind = one.get("device_class")
    # A device may have several of a few words, and `enum` would name them all.
    return given or (plain(kind) if isinstance(kind, str) and kind != "enum" else "") or plain(key) or "value"


def _device(given: object, fallback: str) -> str:
    ids = _told(given).get("identifiers")
    first = ids[0] if isinstance(ids, list) and ids else ids
    names = (_told(given).get("name"), first)
    return device_name(next((one for one in names if isinstance(one, str) and one.strip()), fallback))


def _about(given: object, device: str) -> Found:
    told = _told(given)
    known = {name: told.get(name) for name in ("name", "model", "manufacturer")}
    return about(device, told.get("suggested_area"), **known)


def _told(given: object) -> dict[str, Any]:
    """What is told of a device, by long names."""
    found = given if isinstance(given, dict) else {}
    return {_LONG_OF_DEVICE.get(name, name): value for name, value in found.items()}


def _presences(one: Mapping[str, Any], device: str) -> Iterator[Presence]:
    listed = one.get("availability")
    several = listed if isinstance(listed, list) else [listed]
    given = [_long(each) for each in several if isinstance(each, dict)]
    if isinstance(one.get("availability_topic"), str):
        told = {"topic": one["availability_topic"], "value_template": one.get("availability_template")}
        given.append({**one, **told})
    for each in given[:MAX_ENTITIES]:
        if isinstance(each.get("topic"), str):
            yield Presence(
                device,
                _topic(one, each["topic"]),
                _template(each.get("value_template")),
                str(each.get("payload_available", "online")),
                str(one.get("availability_mode", "latest")),
            )


def _topic(one: Mapping[str, Any], topic: str) -> str:
    """The topic with its base, which stands where it begins or ends with `~`."""
    base = one.get("~")
    if isinstance(base, str) and topic.startswith("~"):
        topic = base + topic[1:]
    elif isinstance(base, str) and topic.endswith("~"):
        topic = topic[:-1] + base
    if not is_filter(topic) or not any(level not in ("", "+", "#") for level in topic.split("/")):
        raise Unusable(f"it announces the topic {topic[:100]!r}, which is none that a device sends on")
    return topic


def _long(given: Mapping[str, Any]) -> dict[str, Any]:
    return {_LONG.get(name, name): value for name, value in given.items()}
