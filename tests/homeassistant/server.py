"""A real Home Assistant in the Debian that `install` made, and its API."""

from __future__ import annotations

import itertools
import json
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from websockets.sync.client import connect

from tests.servers import free_port, wait_until
from tests.stack import bearer

CLIENT = "http://127.0.0.1/"
CONFIGURATION = """
homeassistant:
  name: Test
http:
  server_host: 127.0.0.1
  server_port: {port}
config:
logger:
  default: info
"""
# The chroot's /proc ends with the process: it is mounted for it alone.
_RUN = 'mount -t proc proc "$0/proc" && exec chroot "$0" /opt/homeassistant/bin/hass --config "$1"'


class Change(NamedTuple):
    entity: str
    state: str
    at: str
    """RFC 3339."""


class HomeAssistant:
    """One with a configuration of its own below `root`: start, onboard, ask. Ended by its own process.

    `more` is added to configuration.yaml.
    """

    def __init__(self, root: Path, more: str = "") -> None:
        self.port = free_port()
        self._root = root
        self._folder = Path(tempfile.mkdtemp(prefix="config-", dir=root / "srv"))
        (self._folder / "configuration.yaml").write_text(CONFIGURATION.format(port=self.port) + more)
        self._output = self._folder / "output"
        self._token = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        inside = f"/srv/{self._folder.name}"
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", _RUN, str(self._root.absolute()), inside],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        # The first start installs the parts that it needs.
        wait_until(self._answers, "Home Assistant answers", 900)

    def end(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(120)
            self._process = None

    def remove(self) -> None:
        self.end()
        shutil.rmtree(self._folder)

    @property
    def log(self) -> str:
        return self._output.read_text(errors="replace")

    def onboard(self) -> None:
        """Make the first account, and a token that outlives restarts and long watches."""
        person = {"name": "Test", "username": "test", "password": "a password for tests", "language": "en"}
        made = self._call("POST", "/api/onboarding/users", json=person | {"client_id": CLIENT})
        code = {"grant_type": "authorization_code", "code": made["auth_code"], "client_id": CLIENT}
        self._token = self._call("POST", "/auth/token", data=code)["access_token"]
        self._token = self.command("auth/long_lived_access_token", client_name="test", lifespan=1)

    def add_mqtt(self, url: str) -> None:
        """Set MQTT up for the broker and the account in `url`, as somebody would in the dialogue."""
        broker = httpx.URL(url)
        flow = self._call("POST", "/api/config/config_entries/flow", json={"handler": "mqtt"})
        typed = {"broker": broker.host, "port": broker.port}
        typed |= {"username": broker.username, "password": broker.password}
        step = f"/api/config/config_entries/flow/{flow['flow_id']}"
        # It gives a broker 5 s to answer, which a busy machine may take.
        wait_until(lambda: self._call("POST", step, json=typed)["type"] == "create_entry", "MQTT is set up")

    def states(self) -> dict[str, dict[str, Any]]:
        """Each enabled entity of MQTT's, by its id: state and attributes."""
        mine = {entity["entity_id"] for entity in self.entities()}
        states = self._call("GET", "/api/states")
        return {state["entity_id"]: state for state in states if state["entity_id"] in mine}

    def entities(self) -> list[dict[str, Any]]:
        """All of MQTT's, also those that are disabled."""
        listed: list[dict[str, Any]] = self.command("config/entity_registry/list")
        return [entity for entity in listed if entity["platform"] == "mqtt"]

    def devices(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.command("config/device_registry/list")
        return [device for device in listed if device["manufacturer"] == "PerfWatch"]

    def command(self, kind: str, **given: Any) -> Any:
        """The answer to one command of the WebSocket API."""
        with connect(f"ws://127.0.0.1:{self.port}/api/websocket", max_size=None) as socket:
            socket.recv()
            socket.send(json.dumps({"type": "auth", "access_token": self._token}))
            assert json.loads(socket.recv())["type"] == "auth_ok"
            socket.send(json.dumps({"id": 1, "type": kind, **given}))
            answer = json.loads(socket.recv())
        assert answer["success"], answer
        return answer["result"]

    def changes_while(self, act: Callable[[], None]) -> list[Change]:
        """Which entity took which state while `act` ran, oldest first."""
        address = f"ws://127.0.0.1:{self.port}/api/websocket"
        # Nothing is read until `act` has ended: all must fit, and no ping be missed.
        with connect(address, max_size=None, max_queue=None, ping_interval=None) as socket:
            socket.recv()
            socket.send(json.dumps({"type": "auth", "access_token": self._token}))
            socket.send(json.dumps({"id": 1, "type": "subscribe_events", "event_type": "state_changed"}))
            act()
            socket.send(json.dumps({"id": 2, "type": "ping"}))
            heard = itertools.takewhile(lambda one: one["type"] != "pong", map(json.loads, socket))
            events = [one["event"]["data"] for one in heard if one["type"] == "event"]
        return [
            Change(one["entity_id"], one["new_state"]["state"], one["new_state"]["last_updated"])
            for one in events
            if one["new_state"]
        ]

    @property
    def _headers(self) -> dict[str, str]:
        return bearer(self._token) if self._token else {}

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        try:
            state = httpx.get(f"http://127.0.0.1:{self.port}/api/core/state", headers=self._headers)
        except httpx.ConnectError:
            return False
        # Before it is onboarded nobody may ask.
        return state.status_code == 401 or (state.is_success and state.json()["state"] == "RUNNING")

    def _call(self, method: str, path: str, **given: Any) -> Any:
        address = f"http://127.0.0.1:{self.port}{path}"
        answer = httpx.request(method, address, headers=self._headers, timeout=60, **given)
        assert answer.is_success, answer.text
        return answer.json()
