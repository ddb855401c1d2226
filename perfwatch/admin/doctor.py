"""What works on this machine, what does not, and what to do about it.

Each part is asked where it lives: the sources and the broker in the collector, which is run for it,
the history here, the dashboard over HTTP.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from perfwatch import checks
from perfwatch.admin.join.offer import dashboard_of
from perfwatch.admin.mosquitto import account_here
from perfwatch.checks import Check
from perfwatch.history import check as history
from perfwatch.settings import Settings, option, variable

_COLLECTOR_SECONDS = 60.0
_DASHBOARD_SECONDS = 5.0


def examine(chosen: Settings, environ: Mapping[str, str], given: Mapping[str, str | None]) -> list[Check]:
    """Look at everything. `given` are the options, by setting. Raises SettingError."""
    asked = {name for name in Settings.__struct_fields__ if environ.get(variable(name))}
    asked |= {name for name, value in given.items() if value is not None}
    here = {} if "broker" in asked else _of_up(chosen.data_path)
    noted = {name: value for name, value in here.items() if name not in asked}
    chosen, given = msgspec.structs.replace(chosen, **noted), {**given, **noted}
    return [
        *_collector(chosen, environ, given, own_broker="broker" not in asked),
        history.examine(chosen.history_url, needed="history" in asked),
        dashboard(chosen.address, chosen.port, needed=bool(asked & {"address", "port"})),
    ]


def _of_up(folder: Path) -> dict[str, Any]:
    """The host and the dashboard that `perfwatch up` last ran with this data folder."""
    noted = dashboard_of(folder)
    if noted is None:
        return {}
    return {"address": noted.address, "port": noted.port} | ({"host": noted.host} if noted.host else {})


def _collector(
    chosen: Settings, environ: Mapping[str, str], given: Mapping[str, str | None], own_broker: bool
) -> list[Check]:
    # Through the environment: a command line is for everyone to read, and the broker's URL has a password.
    passed = dict(environ) | {
        variable(name): str(value) for name, value in given.items() if value is not None
    }
    account = account_here(chosen.data_path, chosen.host_id) if own_broker else None
    if account:
        passed[variable("broker")] = account
    # -P: a folder named like a service in the current directory must not be run in its place.
    command = [sys.executable, "-P", "-m", "collector", "examine"]
    try:
        ended = subprocess.run(
            command, env=passed, capture_output=True, text=True, timeout=_COLLECTOR_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return [_broken(f"did not answer within {_COLLECTOR_SECONDS:.0f} s")]
    if ended.returncode:
        return [_broken((ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1])]
    return checks.decode(ended.stdout)


def _broken(reason: str) -> Check:
    return Check(
        "collector", "process", "failed", reason, "run `perfwatch collector` by hand to see all that it says"
    )


def dashboard(address: str, port: int, needed: bool) -> Check:
    """Ask the dashboard on that port for its health. One that is not `needed` may be away."""
    host = "127.0.0.1" if address in ("0.0.0.0", "::") else address
    url = f"http://{host}:{port}"
    try:
        status, answer = _health(host, port)
    except OSError as exc:
        if needed:
            advice = f"start `perfwatch dashboard`, or check {option('address')} and {option('port')}"
            return Check("dashboard", "web", "failed", f"{url} cannot be reached: {exc}", advice)
        return Check("dashboard", "web", "absent", f"nothing answers on {url}: no dashboard runs here")
    except (http.client.HTTPException, msgspec.DecodeError, ValueError):
        return _stranger(url, needed)
    if not isinstance(answer, dict) or "status" not in answer:
        return _stranger(url, needed)
    if status == http.HTTPStatus.OK:
        return Check("dashboard", "web", "ok", f"{url}: broker and store answer it")
    return Check("dashboard", "web", "failed", f"{url}: {answer.get('detail')}", "the part that it names")


def _stranger(url: str, needed: bool) -> Check:
    advice = f"give the dashboard's own {option('port')}" if needed else ""
    return Check("dashboard", "web", "failed" if needed else "absent", f"{url} is another program's", advice)


def _health(host: str, port: int) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(host, port, timeout=_DASHBOARD_SECONDS)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read(65536))
    finally:
        connection.close()
