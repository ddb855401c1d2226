"""Accounts and configuration of the broker that `perfwatch up` runs, from the files in mosquitto/."""

from __future__ import annotations

import base64
import getpass
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from perfwatch.admin.access_list import ROLES, access_list
from perfwatch.admin.broker_accounts import Integration, Integrations, integrations_path
from perfwatch.errors import AccountError, SettingError, StartError
from perfwatch.files import write_private
from perfwatch.settings import Settings, variable
from perfwatch.topics import Prefixes

# Mosquitto's own format and default count. The passwords are 192 random bits: stretching adds nothing.
_ITERATIONS = 101


class Accounts:
    """The broker's accounts and their passwords, in a private file; made when they are missing."""

    def __init__(self, path: Path) -> None:
        """Raises AccountError when the file holds something else."""
        self._path = path
        try:
            self.passwords: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        except ValueError as exc:
            raise AccountError(f"The broker's accounts in {path} cannot be read: {exc}") from exc

    def ensure(self, names: tuple[str, ...]) -> None:
        """Make a password for each of those accounts that has none."""
        missing = {name: secrets.token_urlsafe(24) for name in names if name not in self.passwords}
        if missing:
            self.passwords.update(missing)
            write_private(self._path, json.dumps(self.passwords, indent=1))

    def url(self, name: str, port: int) -> str:
        """`mqtt://name:password@127.0.0.1:port`. Raises StartError when there is no such account."""
        if name not in self.passwords:
            known = ", ".join(sorted(self.passwords)) or "none yet: run `perfwatch up` first"
            raise StartError(f"There is no broker account {name!r} in {self._path} (accounts: {known})")
        return mqtt_url(name, self.passwords[name], "127.0.0.1", port)


def mqtt_url(name: str, password: str, host: str, port: int) -> str:
    """The address by which that account reaches a broker."""
    return f"mqtt://{quote(name, safe='')}:{quote(password, safe='')}@{host}:{port}"


def accounts_path(folder: Path) -> Path:
    """Where the broker's accounts of a data folder are kept."""
    return folder / "secrets" / "mqtt.json"


def listening(settings: Settings) -> Listening:
    """Where the broker that `perfwatch up` starts is to listen. Raises SettingError."""
    certificate, key = settings.mqtt_cert_file, settings.mqtt_key_file
    for name, path in (("mqtt_cert_file", certificate), ("mqtt_key_file", key)):
        if (certificate or key) and not Path(path).is_file():
            raise SettingError(variable(name), "must name a file: certificate and key go together", path)
    return Listening(
        settings.mqtt_port,
        settings.mqtt_address,
        str(Path(certificate).absolute()) if certificate else "",
        str(Path(key).absolute()) if key else "",
        settings.mqtt_tls_port,
    )


def remember(folder: Path, where: Listening) -> None:
    """Note in a data folder where its broker listens."""
    write_private(_listening_path(folder), json.dumps(where))


def remembered(folder: Path) -> Listening | None:
    """Where the broker of a data folder listened last; None before its first start."""
    path = _listening_path(folder)
    return Listening(*json.loads(path.read_text())) if path.exists() else None


def account_here(folder: Path, name: str) -> str | None:
    """The URL of that account at the broker that `perfwatch up` runs of this data folder, if it does."""
    try:
        passwords = Accounts(accounts_path(folder)).passwords
        further, where = Integrations(integrations_path(folder)).all(), remembered(folder)
    except (OSError, AccountError, ValueError):
        return None
    passwords |= {name: one.password for name, one in further.items()}
    if where is None or name not in passwords:
        return None
    return mqtt_url(name, passwords[name], "127.0.0.1", where.port)


def _listening_path(folder: Path) -> Path:
    return folder / "secrets" / "mqtt_listening.json"


def check_host(host: str, integrations: Iterable[str] = ()) -> None:
    """Raise SettingError when `host` cannot be the name of an account of its own."""
    if host in (*ROLES, *integrations):
        raise SettingError(
            variable("host"), "is the name of one of the broker's accounts; choose another", host
        )
    if ":" in host:
        raise SettingError(variable("host"), "has a colon, which Mosquitto's password file cannot hold", host)


def hashed(password: str, salt: bytes | None = None) -> str:
    """`password` as Mosquitto keeps it: `$7$iterations$salt$PBKDF2-HMAC-SHA512`."""
    salt = salt or secrets.token_bytes(12)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


# Of other machines. Each needs a file of the broker, which most systems give 1,024 of.
MAX_CONNECTIONS = 900


class Listening(NamedTuple):
    """Where the broker listens: on this machine at `port`, and at `address` for others, with TLS when there
    is a certificate."""

    port: int
    address: str = ""
    cert_file: str = ""
    key_file: str = ""
    tls_port: int = 8883

    def __str__(self) -> str:
        remote = f", for other machines {self.remote_scheme}://{self.address}:{self.remote_port}"
        return f"mqtt://127.0.0.1:{self.port}{remote if self.address else ''}"

    @property
    def remote_port(self) -> int:
        return self.tls_port if self.cert_file else self.port

    @property
    def remote_scheme(self) -> str:
        return "mqtts" if self.cert_file else "mqtt"

    def lines(self) -> list[str]:
        """What Mosquitto's configuration says of it."""
        everywhere = self.address in ("0.0.0.0", "::")
        if not self.address:
            return [f"listener {self.port} 127.0.0.1"]
        if not self.cert_file and everywhere:
            return [f"listener {self.port} {self.address}", f"max_connections {MAX_CONNECTIONS}"]
        # Here only: what other machines hold open never keeps our own services out.
        remote = [f"listener {self.remote_port} {self.address}", f"max_connections {MAX_CONNECTIONS}"]
        if self.cert_file:
            remote += [f"certfile {self.cert_file}", f"keyfile {self.key_file}", "tls_version tlsv1.2"]
        return [f"listener {self.port} 127.0.0.1", *remote]


def write_configuration(
    folder: Path,
    accounts: Accounts,
    listening: Listening,
    prefixes: Prefixes,
    *,
    data: Path | None = None,
    user: str = "",
    further: Iterable[str] = (),
) -> Path:
    """Write what Mosquitto reads into `folder`; returns the configuration file.

    It keeps its messages in `data` (default: the same folder) and runs as `user` (default: ours). `further`
    lines win over the shipped ones.
    """
    lines = [
        (files("mosquitto") / "mosquitto.conf").read_text(),
        *listening.lines(),
        f"password_file {folder / 'passwords'}",
        f"acl_file {folder / 'acl'}",
        f"persistence_location {data or folder}/",
        # Only matters for root: Mosquitto would become a user who cannot read root's files.
        f"user {user or getpass.getuser()}",
        *further,
    ]
    write_accounts(folder, accounts, {}, prefixes)
    write_private(folder / "mosquitto.conf", "\n".join(lines) + "\n")
    return folder / "mosquitto.conf"


def write_accounts(
    folder: Path, accounts: Accounts, integrations: Mapping[str, Integration], prefixes: Prefixes
) -> None:
    """Write who may log in, and do what, into `folder`. Mosquitto reads it again at SIGHUP."""
    passwords = {name: one.password for name, one in integrations.items()} | accounts.passwords
    users = "".join(f"{name}:{hashed(password)}\n" for name, password in passwords.items())
    write_private(folder / "acl", access_list(accounts.passwords, integrations, prefixes))
    write_private(folder / "passwords", users)


class Logins:
    """Who may log in to the broker, written for it in `folder` whenever the integrations change."""

    def __init__(
        self, folder: Path, accounts: Accounts, integrations: Integrations, prefixes: Prefixes
    ) -> None:
        self._folder = folder
        self._accounts = accounts
        self._integrations = integrations
        self._prefixes = prefixes
        self._written: tuple[int, int] | None = (0, 0)  # nothing yet: no file was made in 1970

    def update(self) -> bool:
        """Whether there was anything to write. Raises AccountError, once, when they cannot be read."""
        # Looked at before it is read: what changes meanwhile is seen the next time.
        stamp = self._integrations.stamp()
        if stamp == self._written:
            return False
        self._written = stamp
        write_accounts(self._folder, self._accounts, self._integrations.all(), self._prefixes)
        return True
