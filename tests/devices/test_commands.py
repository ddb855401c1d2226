"""`perfwatch devices try` and `watch`, as they are typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bridge.publisher import publisher
from tests.servers import Mosquitto, wait_until


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "perfwatch.cli", "devices", *arguments]


def output(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "PERFWATCH_DATA_DIR": str(folder), **environ}
    return subprocess.run(
        command(*arguments), env=given, capture_output=True, text=True, timeout=60, check=False
    )


def test_try_shows_what_a_message_becomes(tmp_path: Path) -> None:
    said = output(tmp_path, "try", "tele/x/SENSOR", '{"Time":"2024-01-15T10:30:00Z","A":{"Temperature":1}}')
    assert said.stdout == (
        "tele/x/SENSOR  tasmota:\n"
        '  perfwatch/x/sensor {"timestamp":"2024-01-15T10:30:00.000Z","a_temperature_celsius":1}\n'
    )


def test_try_shows_why_a_message_is_not_taken(tmp_path: Path) -> None:
    said = output(tmp_path, "try", "tele/x/SENSOR", '{"A":"b"}', PERFWATCH_DEVICES="zigbee2mqtt")
    assert said.stdout == "tele/x/SENSOR  not taken: no rule that is switched on takes this topic\n"


def test_try_knows_the_user_s_mappings(tmp_path: Path) -> None:
    (tmp_path / "devices.toml").write_text('[[mapping]]\ntopic = "g/{device}/{metric}"\nunit = "%"\n')
    assert "perfwatch/bed/soil" in output(tmp_path, "try", "g/bed/soil", "31").stdout


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PERFWATCH_DEVICES": ""}, "PERFWATCH_DEVICES is empty"),
        ({"PERFWATCH_DEVICES": "zigbee"}, "must be all, or some of zigbee2mqtt"),
        ({"PERFWATCH_DEVICES_ZONE": "Mars/Olympus"}, "must be a time zone, like Europe/Berlin"),
    ],
)
def test_what_cannot_be_a_setting_is_named(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    found = output(tmp_path, **environ)
    assert found.returncode == 1
    assert said in found.stderr


def test_watch_lists_messages_as_they_come(tmp_path: Path, broker: Mosquitto) -> None:
    given = {**os.environ, "PERFWATCH_DATA_DIR": str(tmp_path)}
    said = tmp_path / "said"
    with said.open("wb") as out:
        watching = subprocess.Popen(command("watch", "--broker", broker.url, "--all"), env=given, stdout=out)
    try:
        with publisher(broker) as device:

            def comes() -> bool:
                device.publish("zigbee2mqtt/kitchen", b'{"temperature": 21}')
                device.publish("other/thing", b"some text")
                listed = said.read_text()
                taken = "zigbee2mqtt/kitchen  zigbee2mqtt:\n  perfwatch/kitchen/zigbee " in listed
                return taken and "not taken: it is no number" in listed

            wait_until(comes, "what came is listed")
    finally:
        watching.kill()
        watching.wait(60)
