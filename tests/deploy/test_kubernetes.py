"""What holds for each part of the example for Kubernetes. Its schemas are checked by `make test-recipes`."""

from __future__ import annotations

import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from collector.sources.registry import SOURCES
from perfwatch.admin.provision import USERS
from perfwatch.settings import DECLARED, is_secret, variable
from perfwatch.topics import discovery_topic
from tests.collector.listener import Listener
from tests.deploy.documents import ROOT
from tests.servers import Mosquitto, client

FILE = ROOT / "deploy/kubernetes/perfwatch.yml"
OBJECTS: list[dict[str, Any]] = list(yaml.safe_load_all(FILE.read_text()))
PODS = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in OBJECTS if "template" in one["spec"]
}
KNOWN = {variable(name) for name in DECLARED} | {
    f"{variable(name)}_FILE" for name in DECLARED if is_secret(name)
}
every = pytest.mark.parametrize("name", PODS)


def test_its_parts_are_those_of_the_stack() -> None:
    assert PODS.keys() == {"bridge", "alerts", "dashboard", "collector"}


@every
def test_nothing_more_than_it_needs(name: str) -> None:
    pod, (container,) = PODS[name], PODS[name]["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (
        True,
        USERS[name],
    )
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
    assert {"livenessProbe", "readinessProbe"} & container.keys()


@every
def test_settings_are_known_and_secrets_are_files(name: str) -> None:
    (container,) = PODS[name]["containers"]
    given = {one["name"]: one.get("value", "") for one in container["env"]}
    assert given.keys() <= KNOWN
    named = set(re.findall(r"--from-literal=([a-z-]+)=", FILE.read_text()))
    assert {value.removeprefix("/secrets/") for key, value in given.items() if key.endswith("_FILE")} <= named


@every
def test_what_it_keeps_can_be_written(name: str) -> None:
    (container,) = PODS[name]["containers"]
    mounts = {one["mountPath"]: one for one in container["volumeMounts"]}
    assert mounts.keys() >= {"/data", "/secrets", "/tmp"}
    assert [path for path, one in mounts.items() if not one.get("readOnly")] == ["/data", "/tmp"]


def test_the_probe_of_a_bridge_asks_a_command_that_is_there() -> None:
    code = PODS["bridge"]["containers"][0]["readinessProbe"]["exec"]["command"][-1]
    module, name = re.findall(r"from (\S+) import (\w+)", code)[0]
    assert "status" in getattr(importlib.import_module(module), name).commands


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """One with the access lists that the documents name. It takes an account's word for its name."""
    folder = Path(tmp_path_factory.mktemp("broker"))
    lists = [(ROOT / path).read_text() for path in ("mosquitto/acl", "deploy/kubernetes/acl")]
    (folder / "acl").write_text("\n".join(lists))
    with Mosquitto(folder, f"allow_anonymous true\nacl_file {folder}/acl\n") as server:
        yield server


def published(broker: Mosquitto, topic: str, account: str = "collector") -> str:
    """What mosquitto_pub says: nothing when the broker took the message."""
    command = client("mosquitto_pub", broker.port, "-u", account, "-t", topic, "-m", "1", "-r")
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60).stderr.strip()


@pytest.mark.parametrize(
    "words",
    [
        *("status", "info", "config", "config/error", "watch/cpu"),
        *SOURCES,
        *(f"{metric}/total/path" for metric in SOURCES),
    ],
)
def test_a_node_may_publish_what_collectors_publish(broker: Mosquitto, words: str) -> None:
    assert published(broker, f"perfwatch/node-1.internal/{words}") == ""


@pytest.mark.parametrize(
    "topic",
    [
        *(f"perfwatch/node-2/{words}" for words in ("watch", "tags", "config/set", "alert/cpu", "other")),
        *("perfwatch/alerts", "perfwatch/collector/cpu", "perfwatch-alerts/ask"),
        *("perfwatch-bridge/b1/stats", "perfwatch-bridge/main/lease", "perfwatch-devices/ask"),
        *(discovery_topic("node-2"), discovery_topic("collector"), "zigbee2mqtt/lamp/set"),
    ],
)
def test_a_node_may_publish_nothing_else(broker: Mosquitto, topic: str) -> None:
    assert "Not authorized" in published(broker, topic)


def test_a_node_hears_the_dashboard_and_not_what_others_measure(broker: Mosquitto) -> None:
    told = {f"perfwatch/node-3/{words}" for words in ("config/set", "watch")}
    assert {published(broker, topic, "dashboard") for topic in told} == {""}
    assert published(broker, "perfwatch/node-3/cpu/user") == ""
    with Listener(broker.port, "collector") as listener:
        listener.catch_up()  # what is retained comes with the subscription
    assert {one.topic for one in listener.heard if one.topic.startswith("perfwatch/node-3/")} == told


def test_what_its_comments_name_is_there() -> None:
    for path in (FILE, FILE.with_name("acl")):
        named = re.findall(r"\b((?:docs|deploy|mosquitto)/[\w./-]*\w)(?:#([\w-]+))?", path.read_text())
        for file, anchor in named:
            assert (ROOT / file).exists(), file
            if anchor:
                headings = re.findall(r"^#+ (.*)", (ROOT / file).read_text(), re.MULTILINE)
                assert anchor in [heading.lower().replace(" ", "-") for heading in headings]
