"""Home Assistant and scalars, with a collector and a broker as they are run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from collector.delivery.client import publish_once
from collector.delivery.client import retained as kept
from collector.home_assistant.memory import memory_path
from perfwatch.admin.broker_accounts import Integrations, integrations_path
from perfwatch.admin.mosquitto import (
    Accounts,
    Listening,
    account_here,
    accounts_path,
    remember,
    write_accounts,
    write_configuration,
)
from perfwatch.broker import broker_of
from perfwatch.settings import Settings
from perfwatch.topics import Prefixes
from tests.collector import home_assistant_rules as rules
from tests.collector.listener import Listener, retained
from tests.collector.running import Collector
from tests.servers import Mosquitto, client, free_port, wait_until
from tests.stack import environment

TOPIC = "homeassistant/device/perfwatch_nas/config"


def remove(*options: str) -> subprocess.CompletedProcess[str]:
    """`perfwatch discovery remove`."""
    command = [sys.executable, "-m", "perfwatch.cli", "discovery", "remove", *options]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30, env=environment())


def publish(broker: Mosquitto, topic: str, payload: str) -> None:
    subprocess.run(
        client("mosquitto_pub", broker.port, "-t", topic, "-m", payload),
        check=True,
    )


def test_a_collector_is_announced_and_again_with_its_states_when_home_assistant_starts(
    broker: Mosquitto, tmp_path: Path
) -> None:
    def twice(metric: str) -> bool:
        payloads = listener.topic(f"perfwatch/nas/{metric}")
        return len(payloads) > len(set(payloads))

    with Listener(broker.port) as listener, Collector(tmp_path, broker.url) as collector:
        # With the first tick, and with the second, which is the first to have rates.
        wait_until(lambda: len(listener.topic(TOPIC)) >= 2, "the announcement")
        before = len(listener.topic(TOPIC))
        publish(broker, "homeassistant/status", "online")
        wait_until(lambda: len(listener.topic(TOPIC)) > before, "it again")
        wait_until(lambda: all(map(twice, ("cpu", "memory", "network", "disk"))), "its states again")
        heard = [message for message in listener.heard if message.topic == TOPIC]
        log = collector.log
    assert all((message.qos, message.retained, message.expiry) == (1, True, None) for message in heard)
    message = json.loads(heard[-1].payload)
    rules.check(TOPIC, message)
    names = {component["name"] for component in message["cmps"].values()}
    assert names >= {"Status", "Up since", "CPU usage", "Memory usage", "Network down", "Load (1 min)"}
    assert {component.get("exp_aft", 2) for component in message["cmps"].values()} == {2}
    # A machine without perf says so, and is announced all the same.
    assert [line for line in log.splitlines() if "WARNING" in line and "perf_events" not in line] == []


def test_every_template_finds_its_value_in_what_is_published(broker: Mosquitto, tmp_path: Path) -> None:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    with Listener(broker.port) as listener, Collector(tmp_path, broker.url):
        wait_until(lambda: len(listener.topic(TOPIC)) >= 1, "the announcement")
        newest = {message.topic: message.payload for message in listener.heard}
    sandbox = ImmutableSandboxedEnvironment()
    for component in json.loads(newest[TOPIC])["cmps"].values():
        if component["p"] == "sensor":
            reading = json.loads(newest[component["stat_t"]])
            text = sandbox.from_string(component["val_tpl"]).render(value_json=reading)
            if component["name"] in ("Memory usage", "Load (1 min)", "Up since"):
                assert text not in ("None", ""), component


def test_it_can_be_switched_off_and_moved(broker: Mosquitto, tmp_path: Path) -> None:
    with Listener(broker.port) as listener:
        with Collector(tmp_path, broker.url, "--homeassistant", "false"):
            wait_until(lambda: len(listener.topic("perfwatch/nas/disk")) >= 3, "three ticks")
        assert not [message.topic for message in listener.heard if "device" in message.topic]
        with Collector(tmp_path, broker.url, "--homeassistant-prefix", "ha"):
            wait_until(lambda: listener.topic(TOPIC.replace("homeassistant", "ha")) != [], "it elsewhere")


def test_numbers_have_topics_of_their_own_when_asked_for(broker: Mosquitto, tmp_path: Path) -> None:
    with Listener(broker.port) as listener, Collector(tmp_path, broker.url, "--publish-scalars", "true"):
        wait_until(lambda: listener.topic("perfwatch/nas/cpu/usage_percent") != [], "a number")
        heard = list(listener.heard)
    numbers = [message for message in heard if message.topic.count("/") > 2 and "perfwatch/" in message.topic]
    assert all(
        (message.qos, message.retained) == (0, True) for message in numbers if "config" not in message.topic
    )
    total = next(message for message in numbers if message.topic == "perfwatch/nas/memory/total_bytes")
    assert int(total.payload) > 0


def test_discovery_remove_clears_a_host(broker: Mosquitto, tmp_path: Path) -> None:
    with Collector(tmp_path, broker.url):
        wait_until(lambda: retained(broker.port, TOPIC) is not None, "the announcement")
    ended = remove("--host", "nas", "--broker", broker.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"Cleared {TOPIC} on {broker.url}.")
    assert retained(broker.port, TOPIC) is None


def test_discovery_remove_finds_its_account_where_perfwatch_up_runs(tmp_path: Path) -> None:
    accounts = Accounts(accounts_path(tmp_path))
    accounts.ensure(("nas",))
    integrations = Integrations(integrations_path(tmp_path))
    integrations.add("pi", accounts.passwords, role="collector")
    guarded = Mosquitto(tmp_path, "", free_port())
    where = Listening(guarded.port)
    remember(tmp_path, where)
    guarded._configuration = write_configuration(tmp_path, accounts, where, Prefixes())
    write_accounts(tmp_path, accounts, integrations.all(), Prefixes())
    said = {"nas": b"offline", "pi": b"online"}
    left: dict[str, bytes | None] = {}
    with guarded:
        for host, status in said.items():
            account = broker_of(Settings(broker=account_here(tmp_path, host) or ""))
            publish_once(account, "test", {f"perfwatch/{host}/status": status})
            ended = remove("--host", host, "--data-dir", str(tmp_path))
            assert (ended.returncode, ended.stderr) == (0, "")
            left[host] = kept(account, "test", f"perfwatch/{host}/status")
    # The alerts wait for no host without a status, and take back what they said of it.
    assert left == {"nas": None, "pi": b"online"}


def test_a_renamed_machine_says_how_its_former_name_is_removed(broker: Mosquitto, tmp_path: Path) -> None:
    known = memory_path(tmp_path / "data", "nas")
    with Collector(tmp_path, broker.url):
        wait_until(known.exists, "the announcement")
    with Collector(tmp_path, broker.url, "--host", "new") as renamed:
        renamed.wait_for_line("perfwatch discovery remove --host nas")
    options = ("--broker", broker.url, "--data-dir", str(tmp_path / "data"))
    assert remove("--host", "nas", *options).returncode == 0
    assert (retained(broker.port, TOPIC), known.exists()) == (None, False)


def test_discovery_remove_says_when_the_broker_refuses_or_is_away(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "accounts.json")
    accounts.ensure(("nas", "reader"))
    guarded = Mosquitto(tmp_path, "", free_port())
    guarded._configuration = write_configuration(tmp_path, accounts, Listening(guarded.port), Prefixes())
    with guarded:
        assert remove("--host", "nas", "--broker", accounts.url("nas", guarded.port)).returncode == 0
        other = remove("--host", "pi", "--broker", accounts.url("nas", guarded.port))
        assert other.returncode == 1
        assert other.stderr.startswith(
            f"perfwatch: {guarded.url} refuses what is published to "
            "homeassistant/device/perfwatch_pi/config: Not authorized"
        )
        stranger = remove("--host", "nas", "--broker", guarded.url)
        assert "refuses us: Not authorized" in stranger.stderr
    away = remove("--host", "nas", "--broker", guarded.url)
    assert (away.returncode, len(away.stderr.splitlines())) == (1, 1)
    assert away.stderr.startswith(f"perfwatch: Cannot reach {guarded.url}")
