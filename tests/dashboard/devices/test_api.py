"""The routes of devices, with a real devices service on a real broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.bridge.publisher import publisher
from tests.servers import Mosquitto, wait_until
from tests.stack import PASSWORD, Dashboard, Person, Service

SOIL = {"topic": "garden/{device}/soil", "path": "moist", "field": "moisture", "unit": "%"}


class Home(NamedTuple):
    admin: Person
    viewer: Person
    broker: Mosquitto
    folder: Path

    def send(self, topic: str, content: Any) -> None:
        with publisher(self.broker) as device:
            device.publish(topic, json.dumps(content).encode())

    def show(self) -> dict[str, Any]:
        found = self.admin.get("/api/devices")
        assert found.status_code == 200, found.text
        said: dict[str, Any] = found.json()
        return said

    def source(self, name: str) -> str | None:
        """Which rule takes a device's messages, as /api/hosts tells."""
        hosts = self.admin.get("/api/hosts").json()["hosts"]
        return next((one["device"]["source"] for one in hosts if one["host"] == name and one["device"]), None)

    def rule(self, name: str) -> dict[str, Any]:
        return next(one for one in self.show()["rules"] if one["name"] == name)


@pytest.fixture(scope="module")
def home(module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    ours, theirs = tmp_path_factory.mktemp("dashboard"), tmp_path_factory.mktemp("devices")
    given = {"broker": module_broker.url, "data_dir": str(theirs), "devices": "zigbee2mqtt"}
    with Dashboard(ours, module_broker.url) as server:
        admin = Person(server.url)
        admin.post("/api/users", {"username": "eve", "password": PASSWORD, "role": "viewer"})
        home = Home(admin, Person(server.url, "eve"), module_broker, theirs)
        away = home.show()
        assert (away["online"], away["changeable"], away["presets"]) == (False, False, [])
        assert admin.put("/api/devices", {"presets": ["tasmota"]}).status_code == 409
        with Service(["devices"], theirs, **given):
            wait_until(lambda: home.show()["online"], "the service is there")
            yield home


def detail(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.text
    said: str = answer.json()["detail"]
    return said


def test_each_preset_tells_what_it_found_and_what_it_refused(home: Home) -> None:
    home.send("zigbee2mqtt/kitchen", {"temperature": 21})
    home.send("zigbee2mqtt/button", {"action": "single"})
    wait_until(lambda: home.rule("zigbee2mqtt")["refused"], "both messages are there")
    found = home.rule("zigbee2mqtt")
    assert (found["devices"], found["readings"]) == (1, 1)
    assert found["last_seen"]
    assert found["refused"][0]["topic"] == "zigbee2mqtt/button"


def test_a_preset_is_switched_on_while_it_runs_and_off_again(home: Home) -> None:
    detail(home.admin.put("/api/devices", {"presets": ["zigbee2mqtt", "tasmota"], "zone": "Europe/Berlin"}))
    assert (home.show()["presets"], home.show()["zone"]) == (["zigbee2mqtt", "tasmota"], "Europe/Berlin")
    home.send("tele/plug/SENSOR", {"Time": "2026-01-15T10:30:00", "ENERGY": {"Power": 12}})
    wait_until(lambda: home.rule("tasmota")["readings"] == 1, "the plug's reading")
    wait_until(lambda: home.source("plug") == "tasmota", "what is known of the plug")
    detail(home.admin.put("/api/devices", {"presets": ["zigbee2mqtt"], "zone": ""}))
    assert [one["name"] for one in home.show()["rules"]] == ["zigbee2mqtt"]


def test_a_mapping_is_tried_kept_and_taken_away(home: Home) -> None:
    trial = {"topic": "garden/bed/soil", "payload": '{"moist": 31}', "mapping": SOIL}
    (tried,) = home.admin.post("/api/devices/try", trial).json()["messages"]
    assert tried["readings"][0]["topic"] == "perfwatch/bed/soil"
    assert tried["readings"][0]["reading"]["moisture_percent"] == 31
    detail(home.admin.post("/api/devices/mappings", {"mapping": SOIL}), 201)
    assert "[[mapping]]" in (home.folder / "devices.toml").read_text()
    home.send("garden/bed/soil", {"moist": 30})
    wait_until(lambda: home.rule("mapping 1")["devices"] == 1, "the bed's reading")
    detail(home.admin.delete("/api/devices/mappings/1"))
    assert home.show()["mappings"] == []
    assert "no mapping" in detail(home.admin.delete("/api/devices/mappings/1"), 404)
    assert "no mapping" in detail(home.admin.delete("/api/devices/mappings/x"), 404)


@pytest.mark.parametrize(
    ("mapping", "named"),
    [({"topic": "a/#/b"}, "topic"), ({"topik": "a"}, "topik"), ({"topic": "a", "unit": "x"}, "unit")],
)
def test_a_mapping_that_cannot_be_one_is_refused_by_name(
    home: Home, mapping: dict[str, Any], named: str
) -> None:
    before = home.show()["mappings"]
    assert named in detail(home.admin.post("/api/devices/mappings", {"mapping": mapping}), 422)
    assert home.show()["mappings"] == before


def test_an_admin_sees_messages_as_they_come(home: Home) -> None:
    def heard() -> dict[str, Any]:
        home.send("lora/1/up", {"data": [1]})
        home.send("zigbee2mqtt/kitchen", {"temperature": 22})
        found = home.admin.post("/api/devices/listen").json()["messages"]
        return {one["topic"]: one for one in found}

    wait_until(lambda: {"lora/1/up", "zigbee2mqtt/kitchen"} <= heard().keys(), "both topics are listed")
    found = heard()
    assert (found["lora/1/up"]["rule"], found["lora/1/up"]["payload"]) == (None, '{"data": [1]}')
    assert "no rule" in found["lora/1/up"]["why"]
    assert found["zigbee2mqtt/kitchen"]["rule"] == "zigbee2mqtt"


def test_a_viewer_looks_and_changes_nothing(home: Home) -> None:
    assert home.viewer.get("/api/devices").status_code == 200
    assert home.viewer.put("/api/devices", {"presets": []}).status_code == 403
    assert home.viewer.post("/api/devices/listen").status_code == 403
    assert home.viewer.post("/api/devices/mappings", {"mapping": SOIL}).status_code == 403


@pytest.mark.parametrize("body", [{"presets": ["x"]}, {"presets": [], "zone": "Mars/Base"}, {"presets": 1}])
def test_a_choice_that_cannot_be_is_refused(home: Home, body: dict[str, Any]) -> None:
    before = home.show()["presets"]
    assert home.admin.put("/api/devices", body).status_code == 422
    assert home.show()["presets"] == before
