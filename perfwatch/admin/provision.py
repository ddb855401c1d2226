"""What a stack of containers needs before any of it starts: accounts, passwords, the broker's files.

Made once into one volume with a folder for each service, which only that service's user may read. Run again,
it adds what is new: an account of a further host, an integration.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from perfwatch.admin.access_list import ROLES
from perfwatch.admin.broker_accounts import Integration, Integrations, integrations_path
from perfwatch.admin.mosquitto import (
    Accounts,
    Listening,
    accounts_path,
    check_host,
    mqtt_url,
    remember,
    write_accounts,
    write_configuration,
)
from perfwatch.files import write_private
from perfwatch.settings import Settings
from perfwatch.topics import Prefixes

# The containers' users: as in the official images, and for ours as in the Dockerfile.
USERS: Mapping[str, int] = {
    "mosquitto": 1883,
    "influxdb": 1000,
    "collector": 10001,
    "bridge": 10002,
    "dashboard": 10003,
    "alerts": 10004,
    "devices": 10005,
    "grafana": 472,
}

# The broker's name and port between containers.
BROKER = "mosquitto"
LISTENING = Listening(1883, "0.0.0.0")
MESSAGES = Path("/mosquitto/data")

# Where accounts are kept, so that `perfwatch host add --data-dir` can add to them.
SETUP = "setup"

HERE = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::")

Chown = Callable[[Path, int, int], None]
"""os.chown, which takes a user and a group."""


def provision(
    place: Path, settings: Settings, history: Path | None = None, chown: Chown = os.chown
) -> list[str]:
    """Write what is missing into `place`; returns the secrets that were made, by name.

    `history` is an SQLite file that bridge and dashboard are to share. Raises SettingError when the host's
    name cannot be an account's.
    """
    own = place / SETUP
    integrations = Integrations(integrations_path(own)).all()
    check_host(settings.host_id, integrations)
    accounts = Accounts(accounts_path(own))
    before = set(accounts.passwords)
    accounts.ensure((*ROLES, settings.host_id))
    remember(own, published(settings))
    _write_broker(place / "mosquitto", accounts, integrations, settings.prefixes)
    for service, url in broker_urls(accounts, settings).items():
        write_private(place / service / "broker", url)
    made = [name for name in accounts.passwords if name not in before] + _further(place)
    _hand_over(place, chown)
    if history is not None:
        _share(history, chown)
    return made


def _write_broker(
    folder: Path, accounts: Accounts, integrations: Mapping[str, Integration], prefixes: Prefixes
) -> None:
    write_configuration(folder, accounts, LISTENING, prefixes, data=MESSAGES, user="mosquitto")
    write_accounts(folder, accounts, integrations, prefixes)


def _hand_over(place: Path, chown: Chown) -> None:
    for service, user in USERS.items():
        for path in (place / service, *(place / service).rglob("*")):
            chown(path, user, user)


def published(settings: Settings) -> Listening:
    """Where other machines reach the broker: at its port on this one, or at the one with TLS before it."""
    address = settings.mqtt_address if settings.mqtt_address != HERE else ""
    if settings.mqtt_cert_file:
        address = "0.0.0.0"
    return Listening(
        settings.mqtt_port, address, settings.mqtt_cert_file, settings.mqtt_key_file, settings.mqtt_tls_port
    )


def broker_urls(accounts: Accounts, settings: Settings) -> dict[str, str]:
    """How each service reaches the broker; the collector, on its host's network, at the published port."""
    host, passwords = settings.host_id, accounts.passwords
    near = HERE if settings.mqtt_address in ("", *_EVERYWHERE) else settings.mqtt_address
    between = {
        name: mqtt_url(name, passwords[name], BROKER, LISTENING.port)
        for name in ("alerts", "bridge", "dashboard", "devices")
    }
    return {"collector": mqtt_url(host, passwords[host], near, settings.mqtt_port), **between}


def _further(place: Path) -> list[str]:
    """Passwords and tokens of the other servers; the token also for whoever has none of its own yet."""
    made = []
    for service, name in (("influxdb", "password"), ("influxdb", "token"), ("grafana", "password")):
        if not (place / service / name).exists():
            write_private(place / service / name, secrets.token_urlsafe(32))
            made.append(f"{service} {name}")
    token = (place / "influxdb" / "token").read_text()
    for service in ("bridge", "dashboard", "grafana"):
        if not (place / service / "influx_token").exists():
            write_private(place / service / "influx_token", token)
    return made


def _share(history: Path, chown: Chown) -> None:
    """Make the file the bridge's and its group the dashboard's; SQLite treats its further files alike."""
    if not history.exists():
        history.parent.mkdir(parents=True, exist_ok=True)
        # Set-group-id: files made here get the folder's group. Once chowned, only that group may set it.
        history.parent.chmod(0o2770)
        history.touch()
        history.chmod(0o660)
    for path in (history, history.parent):
        chown(path, USERS["bridge"], USERS["dashboard"])
