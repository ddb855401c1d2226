"""A token of its own for each service of the stack that asks InfluxDB 2, with the rights that it needs.

Until then each has the one that InfluxDB was set up with, which may do everything. It stays where anything
here fails: a stack never stands still for it. A token is used only once it was seen to work.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from perfwatch.admin.provision import USERS, Chown
from perfwatch.files import write_private
from perfwatch.history.influx.url import Address

_SECONDS = 30.0

# Kinds of things in InfluxDB. The bridge makes and thins out buckets; the dashboard asks, keeps the policy
# and cleans up by it.
_READ, _WRITE = ("read", "buckets"), ("write", "buckets")
_MAPPINGS = ("read", "dbrp")
RIGHTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "bridge": (_READ, _WRITE, _MAPPINGS, ("write", "dbrp")),
    "dashboard": (_READ, _WRITE, _MAPPINGS),
    "grafana": (_READ, _MAPPINGS),
}


def give_tokens(place: Path, address: Address, chown: Chown, say: Callable[[str], None]) -> None:
    """Write the token of each service into its folder of `place`, made where there is none that works."""
    whole = (place / "influxdb" / "token").read_text().strip()
    for service in RIGHTS:
        path = place / service / "influx_token"
        try:
            kept = path.read_text().strip()
            if kept != whole and _works(address, kept):
                continue
            token = _make(address, whole, service)
            if not _works(address, token):
                raise ValueError("it made one that may not read the history")
            say(f"{service} has a token of its own")
        except (OSError, ValueError, KeyError, IndexError, TypeError) as exc:
            token = whole
            say(f"{service} keeps the token of the administrator, as InfluxDB gave no other: {exc}")
        write_private(path, token)
        chown(path, USERS[service], USERS[service])


def _make(address: Address, token: str, service: str) -> str:
    query = urllib.parse.urlencode({"org": address.org})
    org = str(_asked(address, token, f"/api/v2/orgs?{query}")["orgs"][0]["id"])
    rights = [
        {"action": action, "resource": {"type": kind, "orgID": org}} for action, kind in RIGHTS[service]
    ]
    wanted = {"orgID": org, "description": f"PerfWatch: {service}", "permissions": rights}
    return str(_asked(address, token, "/api/v2/authorizations", wanted)["token"])


def _works(address: Address, token: str) -> bool:
    """Whether it sees the database by InfluxQL, as who reads the history asks."""
    query = urllib.parse.urlencode({"q": "SHOW DATABASES"})
    try:
        told = _asked(address, token, f"/query?{query}")
    except urllib.error.HTTPError:
        return False
    found = told["results"][0]["series"][0].get("values", [])
    return [address.database] in found


def _asked(address: Address, token: str, path: str, content: object = None) -> Any:
    """The JSON answer, to a POST of `content` if there is any. Raises OSError and ValueError."""
    body = None if content is None else json.dumps(content).encode()
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address.url + path, body, headers)
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        return json.load(answer)
