"""`perfwatch up`: everything on one machine, and nothing left behind."""

from __future__ import annotations

import base64
import json
import os
import pty
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from perfwatch.admin.mosquitto import hashed
from perfwatch.readings.codec import format_time, now
from tests.collector.listener import Listener
from tests.servers import accepts, wait_until
from tests.stack import COMMAND, PASSWORD, Person, Service, Stack, bearer, environment, log_in


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path, "--interval", "0.5", admin_password=PASSWORD) as stack:
        yield stack


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """For tests that leave it as well as they found it: to start one takes seconds of the processor."""
    with Stack(tmp_path_factory.mktemp("up"), "--interval", "0.5", admin_password=PASSWORD) as stack:
        yield stack


def gone(stack: Stack, children: dict[str, int]) -> bool:
    alive = [pid for pid in children.values() if Path(f"/proc/{pid}").exists()]
    return not alive and not accepts(stack.port) and not accepts(stack.mqtt_port)


def history(stack: Stack, token: str, interval: str = "500ms") -> list[str]:
    """The times of the cpu readings of these minutes, in steps of `interval`."""
    minutes = timedelta(minutes=8)
    asked = {
        "metric_type": "cpu",
        "start_time": format_time(now() - minutes),
        "end_time": format_time(now() + minutes),
        "interval": interval,
        "limit": "10000",
    }
    answer = httpx.get(f"{stack.url}/api/history/metrics", params=asked, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return [point["timestamp"] for point in answer.json()["data_points"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_ends_everything_cleanly(stack: Stack, number: signal.Signals) -> None:
    children = stack.children()
    assert set(children) == {"mosquitto", "collector", "bridge", "dashboard", "alerts"}
    given = {name: Path(f"/proc/{pid}/environ").read_bytes() for name, pid in children.items()}
    assert not any(PASSWORD.encode() in environ for environ in given.values())
    assert [name for name, environ in given.items() if b"mqtt://" not in environ] == ["mosquitto"]
    assert stack.end(number) == 0
    assert gone(stack, children)


def test_devices_are_taken_in_once_they_are_switched_on(tmp_path: Path) -> None:
    with Stack(tmp_path, admin_password=PASSWORD) as stack:
        admin = Person(stack.url)
        assert "devices" not in stack.children()
        assert admin.get("/api/devices").json()["changeable"]
        assert admin.put("/api/devices", {"presets": ["zigbee2mqtt"]}).status_code == 200
        url = urlsplit(stack.credentials("reader"))
        put = f"{stack.credentials('zigbee2mqtt', '--writes', 'zigbee2mqtt/#')}/zigbee2mqtt/kitchen"
        with Listener(stack.mqtt_port, url.username or "", url.password or "") as listener:
            command = ["mosquitto_pub", "-V", "5", "-q", "1", "-L", put, "-m", '{"temperature": 21}']

            def comes() -> bool:
                subprocess.run(command, check=False)
                return bool(listener.topic("perfwatch/kitchen/zigbee"))

            wait_until(comes, "the device's reading")
        assert stack.children()["devices"] == stack.children()["alerts"]
        assert admin.put("/api/devices", {"presets": []}).status_code == 200
        wait_until(lambda: "devices" not in stack.children(), "it ends when nothing is on")
        wait_until(lambda: "alerts" in stack.children(), "the alerts go on alone")
        assert not admin.get("/api/devices").json()["online"]


def test_everything_ends_when_up_itself_is_killed(stack: Stack) -> None:
    children = stack.children()
    stack.end(signal.SIGKILL)
    wait_until(lambda: gone(stack, children), "the children end with their parent")


def test_everything_ends_when_the_terminal_goes_away(tmp_path: Path) -> None:
    stack = Stack(tmp_path, admin_password=PASSWORD)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        stack.command,
        env=stack._environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # makes it the controlling terminal
    )
    os.close(theirs)
    stack.process = process
    seen = b""
    while b"Ctrl-C ends" not in seen:
        seen += os.read(ours, 4096)
    children = stack.children()
    os.close(ours)
    assert process.wait(60) == 0
    assert gone(stack, children)


def test_the_first_password_is_printed_once_and_works_after_a_restart(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    with stack:
        password = stack.printed_password()
        log_in(stack.url, password)
    with stack:
        assert stack.output().count(password) == 1
        log_in(stack.url, password)


def test_history_goes_on_after_a_restart(tmp_path: Path) -> None:
    stack = Stack(tmp_path, "--interval", "0.5", admin_password=PASSWORD)
    with stack:
        token = log_in(stack.url)
        wait_until(lambda: bool(history(stack, token)), "the first readings are in the history")
        before = history(stack, token)
    with stack:
        wait_until(lambda: history(stack, token)[-1] > before[-1], "new readings join the old ones")
        assert history(stack, token)[0] == before[0]


@pytest.mark.parametrize("name", ["collector", "bridge", "dashboard", "mosquitto", "alerts"])
def test_a_killed_part_comes_back(shared: Stack, name: str) -> None:
    first = shared.children()[name]
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: shared.children().get(name, first) != first, f"a new {name}")
    wait_until(lambda: stack_is_healthy(shared), "all is well again")
    assert f"{name:<10} ended by SIGKILL" in shared.output()


def test_no_reading_is_missing_after_the_bridge_was_killed_again_and_again(stack: Stack) -> None:
    token = log_in(stack.url)
    wait_until(lambda: len(history(stack, token, "100ms")) >= 2, "the first readings are in the history")
    reader = urlsplit(stack.credentials("reader"))
    with Listener(stack.mqtt_port, reader.username or "", reader.password or "") as listener:
        for _ in range(4):
            first = stack.children()["bridge"]
            os.kill(first, signal.SIGKILL)
            wait_until(lambda first=first: stack.children().get("bridge", first) != first, "a new bridge")  # type: ignore[misc]
        back = format_time(now())
        wait_until(lambda: history(stack, token, "100ms")[-1] > back, "new readings are in the history")
        stored = history(stack, token, "100ms")
    readings = (message for message in listener.heard if "/alert/" not in message.topic)
    published = [message for message in readings if message.topic.endswith("/cpu")]
    # The history tells them by the tenth of a second in which they were read.
    moments = {f"{json.loads(message.payload)['timestamp'][:-3]}00Z" for message in published}
    assert len(moments) > 8
    assert {moment for moment in moments if moment <= stored[-1]} - set(stored) == set()


def stack_is_healthy(stack: Stack) -> bool:
    try:
        return httpx.get(f"{stack.url}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_credentials_print_a_url_alone(shared: Stack) -> None:
    url = shared.credentials("reader")
    assert url.startswith("mqtt://reader:")
    assert url.endswith(f"@127.0.0.1:{shared.mqtt_port}")


def test_secrets_are_private(shared: Stack) -> None:
    private = [path for path in (shared.folder / "data").rglob("*") if path.is_file()]
    readable = [
        path.name for path in private if path.stat().st_mode & 0o077 and path.parent.name == "secrets"
    ]
    assert readable == []
    assert (shared.folder / "data").stat().st_mode & 0o077 == 0
    assert PASSWORD not in "".join(path.read_text(errors="replace") for path in private)


def refused(tmp_path: Path, *options: str, **settings: str) -> str:
    """What `perfwatch up` says when it cannot start; that it left nothing is checked too."""
    stack = Stack(tmp_path, *options, **settings)
    Service.start(stack)
    assert stack.process is not None
    assert stack.process.wait(60) == 1
    assert not accepts(stack.mqtt_port)
    return stack.output()


@pytest.mark.parametrize("option", ["--port", "--mqtt-port"])
def test_a_port_in_use_is_named(tmp_path: Path, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(tmp_path, option, str(port))
    assert f"Port {port} is in use by another program" in said
    assert f"with {option}, like {option} {port + 1}" in said


def test_a_missing_broker_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwatch.admin.brokers._SERVER_PATHS", "/nowhere")
    from perfwatch.admin.brokers import find_mosquitto
    from perfwatch.errors import StartError

    with pytest.raises(StartError, match="apt-get install mosquitto"):
        find_mosquitto({"PATH": str(tmp_path)})


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    said = refused(tmp_path)
    assert f"The data folder {tmp_path / 'data'} cannot be written" in said
    assert "--data-dir" in said


def test_a_data_folder_in_use_is_named(shared: Stack) -> None:
    other = Stack(shared.folder)
    command = [
        *COMMAND,
        "perfwatch.cli",
        "up",
        "--data-dir",
        str(shared.folder / "data"),
        "--port",
        str(other.port),
    ]
    ended = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert f"is running already with the data folder {shared.folder / 'data'}" in ended.stderr
    assert shared.process is not None
    assert f"(process {shared.process.pid})" in ended.stderr


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"admin_password": "short"}, "PERFWATCH_ADMIN_PASSWORD"),
        ({"host": "reader"}, "PERFWATCH_HOST is 'reader'"),
        ({"interval": "0.1"}, "PERFWATCH_INTERVAL is '0.1'"),
        ({"history": "mysql://x"}, "PERFWATCH_HISTORY"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_bad_setting_is_named(tmp_path: Path, settings: dict[str, str], expected: str) -> None:
    assert expected in refused(tmp_path, **settings)


def test_passwords_are_hashed_as_mosquitto_does_it() -> None:
    # mosquitto_passwd 2.0.11 made this of "secret".
    made = (
        "$7$101$12B0OcGThNWMVzBs$jvD9LgRUQ5eG4TaEOOzRtVmwQLn1CudrlT9XLsaTLCo7"
        "FV5MgL4Dovl6t6JllmOSZfJAN0hG59mFM4A1GsIooQ=="
    )
    assert hashed("secret", base64.b64decode("12B0OcGThNWMVzBs")) == made
    assert hashed("secret") != hashed("secret")


def test_the_broker_saves_a_new_bridges_session_soon(shared: Stack) -> None:
    """Its own first save comes after a minute; a kill before that would forget the bridge."""
    saved = shared.folder / "data" / "mosquitto" / "mosquitto.db"
    wait_until(lambda: saved.exists() and b"perfwatch-bridge-bridge" in saved.read_bytes(), "it saved")
    saved.unlink()
    os.kill(shared.children()["mosquitto"], signal.SIGKILL)
    wait_until(saved.exists, "it saves early after every start")
