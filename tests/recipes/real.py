"""The recipes of docs/recipes.md, each by the program that it is for, beside `perfwatch up`.

Not collected by default, as it needs those programs: `make test-recipes`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.homeassistant.server import HomeAssistant
from tests.servers import accepts, free_port, wait_until
from tests.stack import PASSWORD, ROOT, Person, Stack

RECIPES = ROOT / "examples" / "recipes"
TOOLS = Path(os.environ["PERFWATCH_TEST_RECIPES"])


def tool(path: str) -> str:
    """A program that `install` has put there."""
    found = shutil.which(path) or shutil.which(TOOLS / path)
    return found or pytest.skip(f"{path} could not be installed here")


BUSY = """
[rules.busy]
kind = "threshold"
title = "Busy"
metric = "cpu"
field = "usage_percent"
at_least = {limit}
clear = {limit}
"""


def set_limit(stack: Stack, limit: float) -> None:
    (stack.folder / "data" / "alerts.toml").write_text(BUSY.format(limit=limit))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = Path(tmp_path_factory.mktemp("stack"))
    options = ("--interval", "1", "--host", "nas")
    with Stack(folder, *options, admin_password=PASSWORD, publish_scalars="true") as stack:
        wait_until(lambda: Person(stack.url).get("/api/summary").json()["online"] == 1, "the host is there")
        yield stack


@pytest.fixture(scope="module")
def account(stack: Stack) -> httpx.URL:
    return httpx.URL(stack.credentials("reader"))


@contextmanager
def running(folder: Path, *command: str, **environment: str) -> Iterator[Path]:
    """A program while it runs, and the file of its output."""
    log = folder / "output"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield log
    finally:
        process.terminate()
        process.wait(60)


def prints(log: Path, pattern: str) -> re.Match[str]:
    """What is printed first that is like that."""
    wait_until(lambda: re.search(pattern, log.read_text(), re.MULTILINE) is not None, f"{pattern} is printed")
    found = re.search(pattern, log.read_text(), re.MULTILINE)
    assert found
    return found


def test_node_red_takes_the_flow_and_answers_with_the_newest_readings(
    account: httpx.URL, tmp_path: Path
) -> None:
    port = free_port()
    command = (tool("node_modules/.bin/node-red"), "--userDir", str(tmp_path), "--port", str(port))
    with running(tmp_path, *command) as log:
        wait_until(lambda: accepts(port), "Node-RED listens")
        flow = imported(account)
        given = {"flows": flow}
        url, headers = f"http://127.0.0.1:{port}", {"Node-RED-API-Version": "v2"}
        wait_until(lambda: httpx.get(f"{url}/flows").status_code == 200, "Node-RED has started")
        assert httpx.post(f"{url}/flows", json=given, headers=headers).status_code == 200
        wait_until(lambda: "timestamp" in known(url).get("nas", {}), "the flow knows a reading of the host")
        before = known(url)["nas"]
        wait_until(lambda: known(url)["nas"]["timestamp"] > before["timestamp"], "a newer reading")
        assert 0 <= before["usage_percent"] <= 100
    assert "[error]" not in log.read_text()


def imported(account: httpx.URL) -> list[dict[str, Any]]:
    """The flow as its editor sends it when somebody has imported it and typed the account."""
    flow: list[dict[str, Any]] = json.loads((RECIPES / "node-red.json").read_text())
    broker = next(node for node in flow if node["type"] == "mqtt-broker")
    broker |= {"port": str(account.port)}
    broker["credentials"] = {"user": account.username, "password": account.password}
    return flow


def known(url: str) -> dict[str, Any]:
    answer = httpx.get(f"{url}/perfwatch")
    found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    return found


def test_telegraf_reads_our_topics(account: httpx.URL, tmp_path: Path) -> None:
    text = (RECIPES / "telegraf.conf").read_text().replace(":1883", f":{account.port}")
    (tmp_path / "telegraf.conf").write_text(text)
    command = (tool("bin/telegraf"), "--config", "telegraf.conf")
    given = {"PERFWATCH_USER": account.username, "PERFWATCH_PASSWORD": account.password}
    with running(tmp_path, *command, **given) as log:
        line = prints(log, r"^cpu,host=nas \S*usage_percent=[\d.]+\S* (\d{19})$")
        prints(log, r"^memory,host=nas \S*usage_percent=")
        prints(log, r"^disk,host=nas \S*partitions_\S*_free_bytes=")
    assert int(line[1]) % 1_000_000 == 0  # the reading's own time, which is in milliseconds


def test_glance_draws_the_summary(stack: Stack, tmp_path: Path) -> None:
    port = free_port()
    text = f"server:\n  port: {port}\n" + (RECIPES / "glance.yml").read_text()
    (tmp_path / "glance.yml").write_text(text)
    token = Person(stack.url).post("/api/tokens", {"name": "glance"}).json()["token"]
    command = (tool("bin/glance"), "--config", "glance.yml")
    with running(tmp_path, *command, PERFWATCH_URL=stack.url, PERFWATCH_TOKEN=token):
        wait_until(lambda: accepts(port), "Glance listens")
        page = httpx.get(f"http://127.0.0.1:{port}/api/pages/home/content/").text
    assert re.search(r"1 of 1 online", page), page
    assert re.search(r"CPU \d+ % \(nas\)", page), page


def test_the_shell_script_prints_what_is_busy(account: httpx.URL, tmp_path: Path) -> None:
    tool("jq")
    with running(tmp_path, str(RECIPES / "busy.sh"), str(account), "-1") as log:
        prints(log, r"^\d{4}-\d\d-\d\dT\S+Z nas [\d.]+ %$")


@pytest.mark.parametrize("version", ["mqttv311", "mqttv31"])
def test_clients_of_older_protocols_get_readings(account: httpx.URL, version: str) -> None:
    command = [
        "mosquitto_sub",
        "-V",
        version,
        "-L",
        f"{account}/perfwatch/nas/#",
        "-W",
        "60",
        "-v",
        "-C",
        "20",
    ]
    heard = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r"^perfwatch/nas/status online$", heard, re.MULTILINE)
    assert re.search(r'^perfwatch/nas/cpu \{"timestamp":', heard, re.MULTILINE)
    assert re.search(r"^perfwatch/nas/cpu/usage_percent [\d.]+$", heard, re.MULTILINE)


def test_esphome_takes_the_configuration(tmp_path: Path) -> None:
    shutil.copy(RECIPES / "esphome.yaml", tmp_path)
    names = ("wifi_ssid", "wifi_password", "mqtt_broker", "mqtt_user", "mqtt_password")
    (tmp_path / "secrets.yaml").write_text("".join(f"{name}: eightletters\n" for name in names))
    command = [tool("esphome/bin/esphome"), "config", "esphome.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Configuration is valid" in done.stdout + done.stderr


def test_kubernetes_takes_the_example() -> None:
    example = RECIPES.parents[1] / "deploy/kubernetes/perfwatch.yml"
    command = [tool("kubernetes/bin/kubernetes-validate"), "--strict", str(example)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_home_assistant_notifies_of_an_alert_and_takes_it_back(stack: Stack) -> None:
    root = os.environ.get("PERFWATCH_TEST_HOMEASSISTANT")
    if not root:
        pytest.skip("Home Assistant is not installed: make test-homeassistant does it")
    recipe = (RECIPES / "homeassistant.yaml").read_text()
    house = HomeAssistant(Path(root), recipe)
    set_limit(stack, -1)
    try:
        house.start()
        house.onboard()
        house.add_mqtt(stack.credentials("homeassistant"))
        shown = {"sensor.nas_cpu_usage", "sensor.nas_memory_usage", "binary_sensor.nas_status"}
        wait_until(lambda: house.states().keys() >= shown, "the entities of the card", 120)
        # It was loaded before there was MQTT, and a reload leaves alone what has not changed.
        house.end()
        house.start()
        wait_until(lambda: "perfwatch_nas_busy" in notifications(house), "a notification", 60)
        set_limit(stack, 101)
        wait_until(lambda: "perfwatch_nas_busy" not in notifications(house), "it is taken back", 180)
        assert "Error" not in "".join(line for line in house.log.splitlines() if "automation" in line)
    finally:
        (stack.folder / "homeassistant.log").write_text(house.log)
        house.remove()


def notifications(house: HomeAssistant) -> dict[str, str]:
    """What is shown, by id."""
    return {one["notification_id"]: one["message"] for one in house.command("persistent_notification/get")}
