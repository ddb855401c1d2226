"""`perfwatch doctor` as its users run it."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perfwatch.admin import doctor
from perfwatch.admin.doctor import dashboard
from perfwatch.settings import Settings
from tests.servers import Mosquitto, free_port
from tests.stack import COMMAND, PASSWORD, Stack, environment


def ran(folder: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "perfwatch.cli", "doctor", "--data-dir", str(folder), *options]
    return subprocess.run(
        command, env=environment(**settings), capture_output=True, text=True, check=False, timeout=60
    )


def states(folder: Path, *options: str, **settings: str) -> tuple[int, dict[str, str]]:
    """The exit code, and the state of each check as `part/name`."""
    ended = ran(folder, "--json", *options, **settings)
    told = json.loads(ended.stdout)
    assert told["ok"] == (ended.returncode == 0)
    return ended.returncode, {f"{check['part']}/{check['name']}": check["state"] for check in told["checks"]}


def test_a_collector_with_its_broker_is_well_without_history_and_dashboard(
    broker: Mosquitto, tmp_path: Path
) -> None:
    port = str(free_port())
    folder = tmp_path / "data"
    ended = ran(folder, "--json", broker=broker.url)
    found = {f"{check['part']}/{check['name']}": check for check in json.loads(ended.stdout)["checks"]}
    for name in ("cpu", "memory", "network", "disk"):
        assert found[f"collector/{name}"]["state"] == "ok"
    assert found["broker/permission"]["state"] == "ok"
    assert found["history/store"]["state"] == "absent"
    assert not folder.exists()
    code, needed = states(folder, "--port", port, broker=broker.url)
    assert (code, needed["dashboard/web"]) == (1, "failed")


def test_everything_of_the_one_machine_run_is_found_by_its_data_folder(tmp_path: Path) -> None:
    with Stack(tmp_path, "--interval", "0.5", "--host", "nas", admin_password=PASSWORD):
        # Neither the host nor the port is named: `perfwatch up` has noted both.
        code, found = states(tmp_path / "data")
        # A source of something that this machine does not have is absent, and that is no failure.
        assert (code, set(found.values()) - {"absent"}) == (0, {"ok"}), found
        parts = ("collector/cpu", "broker/permission", "history/store", "dashboard/web")
        assert {found[part] for part in parts} == {"ok"}
        table = ran(tmp_path / "data").stdout
    assert "takes us as nas" in table
    assert "\x1b" not in table  # no terminal, no colours
    passwords = json.loads((tmp_path / "data" / "secrets" / "mqtt.json").read_text())
    assert not [name for name, password in passwords.items() if password in table]


def test_a_broker_that_is_away_is_exit_code_1_with_advice(tmp_path: Path) -> None:
    ended = ran(tmp_path, broker=f"mqtt://nas:hunter2@127.0.0.1:{free_port()}")
    assert ended.returncode == 1
    assert "nothing listens there" in ended.stdout
    assert "hunter2" not in ended.stdout + ended.stderr


def test_a_bad_setting_is_one_sentence(tmp_path: Path) -> None:
    ended = ran(tmp_path, "--port", "http")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("perfwatch: --port is 'http', but must be")


def test_a_broker_that_cannot_be_one_leaves_the_other_parts_told(tmp_path: Path) -> None:
    ended = ran(tmp_path, broker="mqtt://a..b")
    assert ended.returncode == 1
    assert "PERFWATCH_BROKER must look like" in ended.stdout
    assert "history" in ended.stdout


def test_a_password_is_not_on_the_command_line_of_what_the_doctor_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, Any] = {}

    def run(command: list[str], env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.update(command=command, env=env)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    given = {"broker": "mqtt://nas:hunter2@broker", "host": None}
    doctor.examine(Settings(data_dir="/nowhere", port=1), {}, given)
    assert "hunter2" not in " ".join(seen["command"])
    assert seen["env"] == {"PERFWATCH_BROKER": "mqtt://nas:hunter2@broker"}


class Page(http.server.BaseHTTPRequestHandler):
    """Answers everything with what the server was given."""

    def do_GET(self) -> None:
        status, body = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[http.server.HTTPServer]:
    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b"\xff", b'{"hello": "world"}'])
def test_another_program_on_the_dashboards_port_is_named_as_that(
    server: http.server.HTTPServer, body: bytes
) -> None:
    server.answer = (200, body)  # type: ignore[attr-defined]
    assert dashboard("127.0.0.1", server.server_port, needed=False).state == "absent"
    needed = dashboard("0.0.0.0", server.server_port, needed=True)
    assert (needed.state, "another program" in needed.found) == ("failed", True)


def test_a_dashboard_that_lacks_a_part_says_which(server: http.server.HTTPServer) -> None:
    body = json.dumps({"status": "unavailable", "detail": "broker: not connected"}).encode()
    server.answer = (503, body)  # type: ignore[attr-defined]
    check = dashboard("127.0.0.1", server.server_port, needed=False)
    assert (check.state, "broker: not connected" in check.found) == ("failed", True)


def test_the_doctor_needs_none_of_the_services_packages() -> None:
    heavy = ["asyncio", "streamlit", "starlette", "mqtt5", "argon2", "paho", "psutil"]
    program = f"import sys, perfwatch.admin.doctor; print([name for name in {heavy} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stdout == "[]\n"
