"""A stack of containers of a test's own: `with Composed(files) as stack: … stack.url`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from tests.deploy.documents import COMPOSE, ROOT
from tests.deploy.images import TAG
from tests.servers import free_port, wait_until

PATIENCE = 120.0
"""Seconds: what a user is promised between the command and the first reading."""


class Composed:
    """`docker compose` with a project and ports of its own, away with its volumes at the end."""

    def __init__(self, *files: str, project: str = "perfwatch-test", **variables: str) -> None:
        self.port, self.mqtt_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.project = project
        given = [option for file in (COMPOSE, *files) for option in ("--file", file)]
        self._command = ["docker", "compose", "--project-name", project, *given]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PERFWATCH_")}
        self._environ = kept | {
            "IMAGE_TAG": TAG,
            # By their tags: a stand-in has no digest of the registry.
            "BY_DIGEST": "",
            "PERFWATCH_ADDRESS": "127.0.0.1",
            "PERFWATCH_PORT": str(self.port),
            "PERFWATCH_MQTT_PORT": str(self.mqtt_port),
            **variables,
        }

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=ROOT,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0 or not check, f"{' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    def up(self) -> None:
        self.run("up", "--detach", "--no-build")

    def down(self, *options: str) -> None:
        self.run("down", *options)

    def log(self, service: str) -> str:
        return self.run("logs", "--no-log-prefix", service).stdout

    def password(self) -> str:
        """The first password, as the dashboard printed it."""

        def printed() -> re.Match[str] | None:
            return re.search(r"Log in as admin with password (\S+)", self.log("dashboard"))

        wait_until(lambda: printed() is not None, "the dashboard printed its password")
        found = printed()
        assert found is not None
        return found[1]

    def containers(self) -> dict[str, dict[str, Any]]:
        """What `docker compose ps` tells of each service."""
        lines = self.run("ps", "--all", "--format", "json").stdout.splitlines()
        return {one["Service"]: one for one in map(json.loads, lines)}

    def inspect(self, service: str) -> dict[str, Any]:
        container = self.run("ps", "--all", "--quiet", service).stdout.strip()
        done = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout)[0]
        return found

    def well(self, service: str) -> bool:
        state = self.inspect(service)["State"]
        return bool(state["Running"]) and state.get("Health", {}).get("Status") == "healthy"

    def crash(self, service: str) -> None:
        """Kill its first process as a fault would: `docker kill` counts as stopped by hand."""
        before = self.inspect(service)
        os.kill(before["State"]["Pid"], signal.SIGKILL)
        wait_until(
            lambda: self.inspect(service)["RestartCount"] > before["RestartCount"],
            f"{service} was started again",
            60,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.run("--profile", "*", "down", "--volumes", "--remove-orphans", check=False)


class Visitor:
    """Somebody at the dashboard's API. Answers None while nothing answers."""

    def __init__(self, url: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=60)
        self.token = ""
        self.password = password

    def log_in(self) -> bool:
        try:
            answer = self._client.post(
                "/api/auth/login", json={"username": "admin", "password": self.password}
            )
        except httpx.HTTPError:
            return False
        if answer.status_code == 200:
            self.token = answer.json()["access_token"]
        return answer.status_code == 200

    def get(self, path: str, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = self._client.get(path, params=query, headers=headers)
        except httpx.HTTPError:
            return None
        return answer.json() if answer.status_code == 200 else None

    def times(self, metric: str, since: datetime) -> list[datetime]:
        """When each reading of the history was taken."""
        answer = self.get(
            "/api/history/metrics",
            metric_type=metric,
            start_time=written(since),
            end_time=written(datetime.now(UTC)),
            interval="1s",
            limit="3000",
        )
        points = answer["data_points"] if answer else []
        return [datetime.fromisoformat(point["timestamp"]) for point in points]

    def close(self) -> None:
        self._client.close()


def written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
