"""The broker as `perfwatch up` runs it: who may do what. Checked with Mosquitto's own clients."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from perfwatch.admin.mosquitto import Accounts
from perfwatch.topics import Prefixes, discovery_topic
from tests.servers import client, wait_until
from tests.shipped_broker import Broker
from tests.stack import PASSWORD, Stack


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(Path(tmp_path_factory.mktemp("broker"))) as broker:
        yield broker


@pytest.mark.parametrize(
    ("account", "topic"),
    [
        ("nas", "perfwatch/nas/cpu"),
        ("nas", "perfwatch/nas/config/error"),
        ("nas", "homeassistant/device/perfwatch_nas/config"),
        ("küche 1", "perfwatch/küche 1/cpu"),
        ("nas", discovery_topic("nas", part=2)),
        ("küche 1", discovery_topic("küche 1")),
        ("küche 1", discovery_topic("küche 1", part=2)),
        ("bridge", "perfwatch-bridge/bridge/stats"),
        ("dashboard", "perfwatch/nas/config/set"),
        ("dashboard", "perfwatch/nas/watch"),
        ("nas", "perfwatch/nas/watch/cpu"),
        ("dashboard", "perfwatch/nas/tags"),
        ("devices", "perfwatch/thermometer/zigbee"),
        ("alerts", "perfwatch/nas/alert/cpu"),
        ("alerts", "perfwatch/alerts"),
        ("alerts", "homeassistant/device/perfwatch_alerts/nas/config"),
        ("alerts", "perfwatch-alerts/answer"),
        ("dashboard", "perfwatch-alerts/ask"),
    ],
)
def test_each_account_may_write_what_is_its_own(broker: Broker, account: str, topic: str) -> None:
    assert broker.publish(account, topic) == ""


@pytest.mark.parametrize(
    ("account", "topic"),
    [
        ("nas", "perfwatch/pi/cpu"),
        ("nas", "perfwatch/pi/status"),
        ("nas", "homeassistant/device/perfwatch_pi/config"),
        ("nas", discovery_topic("pi", part=2)),
        ("nas", discovery_topic("küche 1")),
        ("nas", "perfwatch-bridge/bridge/stats"),
        ("nas", "perfwatch/nas/alert/cpu"),
        ("nas", "perfwatch/nas/tags"),
        ("nas", "perfwatch/alerts"),
        ("nas", "homeassistant/device/perfwatch_alerts/nas/config"),
        ("alerts", "perfwatch/nas/cpu"),
        ("alerts", "perfwatch/alerts/cpu"),
        ("alerts", "perfwatch/alerts/cpu/user"),
        ("alerts", "perfwatch/nas/config/set"),
        *((account, "perfwatch/nas/watch") for account in ("pi", "alerts", "bridge", "devices", "reader")),
        ("dashboard", "perfwatch/nas/watch/cpu"),
        ("alerts", "homeassistant/device/perfwatch_nas/config"),
        ("alerts", "homeassistant/device/perfwatch_alerts/config"),
        ("bridge", "perfwatch/nas/alert/cpu"),
        ("bridge", "perfwatch-alerts/ask"),
        ("dashboard", "perfwatch-alerts/answer"),
        ("dashboard", "perfwatch-alerts/lease"),
        ("nas", "perfwatch-alerts/ask"),
        ("bridge", "perfwatch/nas/cpu"),
        ("bridge", "perfwatch/bridge/cpu"),
        ("dashboard", "perfwatch/nas/cpu"),
        ("dashboard", "perfwatch/dashboard/cpu"),
        ("devices", "perfwatch/thermometer/status"),
        ("devices", "perfwatch/nas/config"),
        ("devices", "perfwatch/nas/config/set"),
        ("devices", "perfwatch/nas/tags"),
        ("devices", "perfwatch/devices/cpu"),
        ("devices", "zigbee2mqtt/lamp/set"),
        ("reader", "perfwatch/nas/cpu"),
        ("reader", "perfwatch/reader/cpu"),
        ("reader", "perfwatch/nas/config/set"),
        ("reader", "anything"),
        ("reader", "homeassistant/device/perfwatch_reader/config"),
        ("reader", discovery_topic("reader", part=2)),
    ],
)
def test_no_account_may_write_anything_else(broker: Broker, account: str, topic: str) -> None:
    assert "Not authorized" in broker.publish(account, topic)


@pytest.mark.parametrize("account", [None, "nobody", "nas2"])
def test_nobody_is_anonymous(broker: Broker, account: str | None) -> None:
    assert "not authorized" in broker.publish(account, "perfwatch/nas/cpu").lower().replace(
        "authorised", "authorized"
    )


def test_readers_see_readings_and_collectors_do_not(broker: Broker) -> None:
    for account in ("reader", "alerts", "bridge", "dashboard"):
        assert broker.may_read(account, "perfwatch/nas/cpu", "nas")
    assert not broker.may_read("pi", "perfwatch/nas/cpu", "nas")
    for topic in ("perfwatch/nas/config/set", "perfwatch/nas/watch"):
        assert broker.may_read("nas", topic, "dashboard")
        assert not broker.may_read("pi", topic, "dashboard")
    assert broker.may_read("nas", "perfwatch/nas/status", "nas")
    assert not broker.may_read("pi", "perfwatch/nas/status", "nas")


def test_the_address_of_a_channel_is_for_the_alerts_only(broker: Broker) -> None:
    assert broker.may_read("alerts", "perfwatch-alerts/ask", "dashboard")
    for account in ("devices", "reader", "bridge", "dashboard", "nas"):
        assert not broker.may_read(account, "perfwatch-alerts/ask", "dashboard")


def test_the_dashboard_may_ask_which_broker_it_is(broker: Broker) -> None:
    asked = ("-t", "$SYS/broker/version", "-C", "1", "-W", "60")
    said, _ = broker.client("mosquitto_sub", "dashboard", *asked).communicate(timeout=60)
    assert "mosquitto version" in said


def test_the_rules_follow_another_prefix(tmp_path: Path) -> None:
    with Broker(tmp_path, Prefixes("home/watch", "ha")) as broker:
        assert broker.publish("nas", "home/watch/nas/cpu") == ""
        assert "Not authorized" in broker.publish("nas", "home/watch/pi/cpu")
        assert "Not authorized" in broker.publish("nas", "perfwatch/nas/cpu")
        assert broker.publish("nas", "ha/device/perfwatch_nas/config") == ""
        assert broker.publish("küche 1", discovery_topic("küche 1", "ha")) == ""
        assert "Not authorized" in broker.publish("nas", "homeassistant/device/perfwatch_nas/config")
        assert broker.publish("bridge", "home/watch-bridge/bridge/stats") == ""


def test_messages_for_an_absent_bridge_outlive_the_broker(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        session = ("-c", "-i", "absent", "-x", "86400", "-q", "1", "-t", "perfwatch/#")
        broker.client("mosquitto_sub", "bridge", *session, "-E").communicate(timeout=60)
        for number in range(3):
            put = broker.client(
                "mosquitto_pub", "nas", "-q", "1", "-t", "perfwatch/nas/cpu", "-m", str(number)
            )
            put.communicate(timeout=60)
        broker.stop()
        broker.start()
        got = broker.client("mosquitto_sub", "bridge", *session, "-C", "3", "-W", "60")
        assert got.communicate(timeout=60)[0].split() == ["0", "1", "2"]


def test_more_than_the_default_of_a_thousand_messages_wait(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        session = ("-c", "-i", "absent", "-x", "86400", "-q", "1", "-t", "perfwatch/#")
        broker.client("mosquitto_sub", "bridge", *session, "-E").communicate(timeout=60)
        lines = "\n".join(str(number) for number in range(5000))
        password = broker.accounts.passwords["nas"]
        command = client(
            "mosquitto_pub", broker.port, "-u", "nas", "-P", password, "-t", "perfwatch/nas/cpu", "-l"
        )
        subprocess.run(command, input=lines, text=True, check=True, timeout=60)
        got = broker.client("mosquitto_sub", "bridge", *session, "-C", "5000", "-W", "60")
        assert got.communicate(timeout=60)[0].split() == lines.split()


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
def test_a_denied_publish_leaves_the_connection_as_it_is(
    broker: Broker, version: MQTTProtocolVersion, qos: int
) -> None:
    ended, answered = threading.Event(), threading.Event()

    def disconnected(*_: object) -> None:
        ended.set()
        answered.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=version, reconnect_on_failure=False)
    client.username_pw_set("reader", broker.accounts.passwords["reader"])
    client.on_subscribe = lambda *_: answered.set()
    client.on_disconnect = disconnected
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for _ in range(3):  # the broker answers the subscription after it has dealt with the publish
        answered.clear()
        client.publish("homeassistant/status", "online", qos)
        client.subscribe("nothing/comes/here")
        assert answered.wait(60)
        assert not ended.is_set(), "the broker keeps the connection"
    client.disconnect()
    client.loop_stop()


def test_a_reader_sees_the_topics_of_the_contract(tmp_path: Path) -> None:
    with Stack(tmp_path, "--interval", "0.5", "--host", "nas", admin_password=PASSWORD) as stack:
        command = ["mosquitto_sub", "-L", f"{stack.credentials('reader')}/perfwatch/#", "-v", "-V", "5"]
        seen: dict[str, str] = {}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listener:
            assert listener.stdout is not None
            metrics = ("cpu", "memory", "network", "disk", "status", "info")
            while not seen.keys() >= {f"perfwatch/nas/{name}" for name in metrics}:
                topic, _, payload = listener.stdout.readline().rstrip().partition(" ")
                seen[topic] = payload
            listener.terminate()
    assert seen["perfwatch/nas/status"] == "online"
    assert json.loads(seen["perfwatch/nas/info"])["schema"] == 1
    assert json.loads(seen["perfwatch/nas/memory"])["total_bytes"] > 0


def test_bridge_status_needs_no_address_where_perfwatch_up_runs(tmp_path: Path) -> None:
    with Stack(tmp_path, "--interval", "0.5", admin_password=PASSWORD) as stack:
        command = [
            sys.executable,
            "-m",
            "perfwatch.cli",
            "bridge",
            "status",
            "--data-dir",
            str(stack.folder / "data"),
        ]

        def well() -> bool:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            return done.returncode == 0 and " well " in done.stdout

        wait_until(well, "the bridge of this machine is well")


def test_accounts_are_made_once_and_added_to(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    first = Accounts(path)
    first.ensure(("reader",))
    second = Accounts(path)
    second.ensure(("reader", "nas"))
    assert second.passwords["reader"] == first.passwords["reader"]
    assert second.passwords.keys() == {"reader", "nas"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_bridge_is_told_of_on_its_own_topics(tmp_path: Path) -> None:
    with Stack(tmp_path, "--interval", "0.5", admin_password=PASSWORD) as stack:
        command = ["mosquitto_sub", "-L", f"{stack.credentials('reader')}/perfwatch-bridge/+/status"]
        command += ["-V", "5", "-C", "1", "-W", "60"]

        def status() -> str:
            return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

        wait_until(lambda: status() == "online", "the bridge says that it is online")
