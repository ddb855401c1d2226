"""The routes of alerts, with a real alerts service on a real broker."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from perfwatch.readings.codec import format_time, from_ms
from tests.alerts.receiver import Receiver, receiver
from tests.bridge.publisher import publisher
from tests.servers import Mosquitto, wait_until
from tests.stack import PASSWORD, Dashboard, Person, Service

FREEZER = {
    "kind": "threshold",
    "title": "Freezer too warm",
    "metric": "climate",
    "field": "temperature_celsius",
    "at_least": -15,
    "severity": "critical",
}


class House(NamedTuple):
    admin: Person
    viewer: Person
    broker: Mosquitto
    folder: Path

    def reading(self, celsius: float, host: str = "freezer") -> None:
        moment = format_time(from_ms(time.time_ns() // 1_000_000))
        content = json.dumps({"timestamp": moment, "temperature_celsius": celsius}).encode()
        with publisher(self.broker) as publishing:
            publishing.publish(f"perfwatch/{host}/climate", content, True)

    def rule(self, name: str) -> dict[str, Any]:
        found = self.admin.get(f"/api/alerts/rules/{name}")
        assert found.status_code == 200, found.text
        said: dict[str, Any] = found.json()
        return said

    def until(self, host: str, **fields: Any) -> dict[str, Any]:
        """The alert of a host once it has these fields."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = self.admin.get(f"/api/alerts?host={host}&state=all").json()["alerts"]
            return any(all(one[key] == value for key, value in fields.items()) for one in found)

        wait_until(there, f"{host} has {fields}")
        return next(one for one in found if all(one[key] == value for key, value in fields.items()))


@pytest.fixture(scope="module")
def house(module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = Path(tmp_path_factory.mktemp("house"))
    theirs = tmp_path_factory.mktemp("alerts")
    with (
        Service(["alerts"], theirs, broker=module_broker.url, data_dir=str(theirs)),
        Dashboard(folder, module_broker.url) as server,
    ):
        admin = Person(server.url)
        admin.post("/api/users", {"username": "eve", "password": PASSWORD, "role": "viewer"})
        house = House(admin, Person(server.url, "eve"), module_broker, theirs)
        wait_until(lambda: admin.get("/api/alerts/rules").json()["rules"], "the service has said its rules")
        wait_until(lambda: admin.get("/api/alerts").json()["online"], "the service is there")
        yield house


def ok(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.text
    detail: str = answer.json()["detail"]
    return detail


def test_a_rule_is_made_changed_and_taken_away(house: House) -> None:
    body = {"id": "freezer", "rule": FREEZER}
    ok(house.admin.post("/api/alerts/rules", body), 201)
    assert house.rule("freezer") == {"id": "freezer", "origin": "own", "rule": FREEZER}
    assert "already" in ok(house.admin.post("/api/alerts/rules", body), 409)
    house.reading(-5)
    told = house.until("freezer", state="firing")
    assert told["text"] == "Freezer too warm at -5 °C (limit -15 °C)"
    ok(house.admin.put("/api/alerts/rules/freezer", {"rule": {**FREEZER, "at_least": -2}}))
    assert house.rule("freezer")["rule"]["at_least"] == -2
    ok(house.admin.delete("/api/alerts/rules/freezer"))
    assert house.admin.get("/api/alerts/rules/freezer").status_code == 404
    gone = "/api/alerts?host=freezer&state=firing"
    wait_until(lambda: not house.admin.get(gone).json()["alerts"], "it is gone")


def test_a_rule_that_ships_is_changed_and_becomes_again_what_it_was(house: House) -> None:
    shipped = house.rule("cpu")["rule"]
    ok(house.admin.put("/api/alerts/rules/cpu", {"rule": {**shipped, "except": ["nas"]}}))
    assert house.rule("cpu") == {"id": "cpu", "origin": "changed", "rule": {**shipped, "except": ["nas"]}}
    written = (house.folder / "alerts.toml").read_text()
    assert '[rules.cpu]\nexcept = ["nas"]' in written
    exported = house.admin.get("/api/alerts/export")
    assert (exported.text, exported.headers["content-type"]) == (written, "application/toml")
    ok(house.admin.delete("/api/alerts/rules/cpu"))
    assert house.rule("cpu")["origin"] == "shipped"
    assert "switch it off" in ok(house.admin.delete("/api/alerts/rules/cpu"), 409)


def test_a_rule_is_for_a_tag_that_the_dashboard_gives(house: House) -> None:
    rule = {**FREEZER, "hosts": ["room=kitchen"], "except": ["role=test"]}
    ok(house.admin.post("/api/alerts/rules", {"id": "kitchen", "rule": rule}), 201)
    house.reading(-5, "chest")
    wait_until(lambda: "chest" in house.admin.get("/api/hosts").text, "the host is known")
    for_chest = "/api/alerts/rules?host=chest"
    assert '"kitchen"' not in house.admin.get(for_chest).text
    answer = house.admin.put("/api/hosts/tags", {"hosts": ["chest"], "tags": {"room": "kitchen"}})
    assert answer.json() == {"tags": {"chest": {"room": "kitchen"}}}
    assert '"kitchen"' in house.admin.get(for_chest).text
    house.reading(-5, "chest")
    assert house.until("chest", state="firing")["rule"] == "kitchen"
    ok(house.admin.delete("/api/alerts/rules/kitchen"))


def test_rules_come_from_a_file(house: House) -> None:
    before = house.admin.get("/api/alerts/export").text
    ok(
        house.admin.post(
            "/api/alerts/import", {"toml": "# mine\n[rules.memory]\nat_least = 80\nclear = 70\n"}
        )
    )
    assert house.rule("memory")["rule"]["at_least"] == 80
    assert house.admin.get("/api/alerts/export").text.startswith("# mine\n")
    bad = house.admin.post("/api/alerts/import", {"toml": "[rules.memory]\nat_least = 'x'\nfor = 'soon'"})
    assert "rule memory" in ok(bad, 422)
    assert house.rule("memory")["rule"]["at_least"] == 80
    ok(house.admin.post("/api/alerts/import", {"toml": before}))


def test_what_fires_is_acknowledged_snoozed_and_paused(house: House) -> None:
    ok(house.admin.post("/api/alerts/rules", {"id": "shed", "rule": {**FREEZER, "hosts": ["shed"]}}), 201)
    which = {"host": "shed", "rule": "shed"}
    assert ok(house.admin.post("/api/alerts/acknowledge", which), 404) == "shed does not fire on shed"
    house.reading(3, "shed")
    told = house.until("shed", state="firing")
    assert (told["acknowledged_by"], told["snoozed_until"], told["paused_until"]) == (None, None, None)
    assert house.admin.get("/api/alerts?limit=0").json()["unseen"] == 1
    ok(house.admin.post("/api/alerts/acknowledge", which))
    house.until("shed", acknowledged_by="admin")
    assert house.admin.get("/api/alerts?limit=0").json()["unseen"] == 0
    ok(house.admin.post("/api/alerts/snooze", {**which, "for": "1h"}))
    assert house.until("shed", state="firing")["snoozed_until"] is not None
    ok(house.admin.post("/api/alerts/snooze", {**which, "for": "0s"}))
    ok(house.admin.put("/api/alerts/maintenance", {"hosts": "sh*", "until": "2027-06-01T00:00:00Z"}))
    assert house.until("shed", state="firing")["paused_until"] == "2027-06-01T00:00:00.000Z"
    ok(house.admin.put("/api/alerts/maintenance", {"hosts": "sh*", "until": None}))
    assert house.until("shed", state="firing")["paused_until"] is None
    house.admin.put("/api/hosts/tags", {"hosts": ["shed"], "tags": {"room": "garden"}})
    ok(house.admin.put("/api/alerts/maintenance", {"hosts": "room=garden", "until": "2027-06-01T00:00:00Z"}))
    assert house.until("shed", state="firing")["paused_until"] == "2027-06-01T00:00:00.000Z"
    ok(house.admin.put("/api/alerts/maintenance", {"hosts": "room=garden", "until": None}))
    house.reading(-20, "shed")
    house.until("shed", state="ok")
    (recent,) = house.admin.get("/api/alerts/recent?host=shed").json()["alerts"]
    assert (recent["rule"], recent["text"]) == ("shed", "Freezer too warm at 3 °C (limit -15 °C)")
    assert recent["since"] < recent["until"]
    ok(house.admin.delete("/api/alerts/rules/shed"))


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


def test_a_channel_is_tried_and_its_address_never_shown(house: House, hook: Receiver) -> None:
    ok(house.admin.put("/api/alerts/channels/phone", {"url": hook.url, "severities": ["critical"]}))
    shown = house.admin.get("/api/alerts/channels")
    assert shown.json()["channels"] == [{"name": "phone", "kind": "http", "severities": ["critical"]}]
    assert ok(house.admin.post("/api/alerts/channels/phone/test")) == "Sent: the server has taken it"
    assert hook.taken[0]["title"] == "This is a test of PerfWatch's alerts"
    hook.answer = 500
    refused = ok(house.admin.post("/api/alerts/channels/phone/test"), 424)
    assert "500" in refused
    assert "no such hook" in refused
    assert "secret-token" not in shown.text + refused
    ok(house.admin.delete("/api/alerts/channels/phone"))
    assert house.admin.post("/api/alerts/channels/phone/test").status_code == 404


def test_a_viewer_reads_and_changes_nothing(house: House) -> None:
    for path in ("", "/recent", "/rules", "/rules/cpu", "/channels", "/export"):
        assert house.viewer.get(f"/api/alerts{path}").status_code == 200
    for method, path in (
        *(("POST", path) for path in ("acknowledge", "snooze", "rules", "import", "channels/x/test")),
        *(("PUT", path) for path in ("rules/cpu", "maintenance", "channels/x")),
        *(("DELETE", path) for path in ("rules/cpu", "channels/x")),
    ):
        assert house.viewer.ask(method, f"/api/alerts/{path}", {}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "rules", {"id": "A b", "rule": FREEZER}, "'A b'"),
        ("POST", "rules", {"id": "x", "rule": {**FREEZER, "limit": 3}}, "`limit`"),
        ("PUT", "rules/cpu", {"rule": {"kind": "threshold"}}, "`title`"),
        ("POST", "snooze", {"host": "a", "rule": "b", "for": "long"}, "for is 'long'"),
        ("POST", "snooze", {"host": "a", "rule": "b", "for": "-1"}, "for is '-1'"),
        ("PUT", "maintenance", {"hosts": " ", "until": None}, "hosts is ' '"),
        ("PUT", "maintenance", {"hosts": "a", "until": "soon"}, "until is 'soon'"),
        ("PUT", "maintenance", {"hosts": "a", "until": "2999-01-01T00:00:00Z"}, "within 400 days"),
        ("PUT", "channels/phone", {"url": "nothing"}, "needs an address"),
        ("PUT", "channels/Phone 1", {"url": "http://x"}, "'Phone 1'"),
        ("POST", "rules/preview", {"rule": {**FREEZER, "for": "soon"}}, "'soon'"),
    ],
)
def test_what_cannot_be_used_is_named(
    house: House, method: str, path: str, body: dict[str, Any], said: str
) -> None:
    assert said in ok(house.admin.ask(method, f"/api/alerts/{path}", body), 422)


def test_without_the_service_a_change_says_what_to_start(house: House) -> None:
    with Dashboard(house.folder, "mqtt://127.0.0.1:1") as alone:
        admin = Person(alone.url)
        assert admin.get("/api/alerts").json()["online"] is False
        assert "`perfwatch up` runs one" in ok(admin.delete("/api/alerts/rules/cpu"), 503)
