"""The MQTT broker that the settings name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from perfwatch.errors import SettingError
from perfwatch.settings import Settings, variable


class Broker(Struct, frozen=True):
    """An MQTT broker's address, taken out of its URL. Prints without the password."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    ca_file: str | None

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    __repr__ = __str__


def broker_of(settings: Settings) -> Broker:
    """The broker that `settings` name. Raises SettingError when the URL cannot be one."""
    expected = "must look like mqtt://user:password@host:1883 or mqtts://host:8883"
    try:
        url: SplitResult = urlsplit(settings.broker)
        port = url.port
        (url.hostname or "").encode("idna")  # what a resolver does; it raises for `a..b`
    except ValueError as exc:
        raise SettingError(variable("broker"), expected) from exc
    if url.scheme not in ("mqtt", "mqtts") or not url.hostname or url.path not in ("", "/"):
        raise SettingError(variable("broker"), expected)
    tls = url.scheme == "mqtts"
    ca_file = settings.broker_ca_file or None
    if ca_file and not Path(ca_file).is_file():
        raise SettingError(variable("broker_ca_file"), "must name a file of certificates", ca_file)
    return Broker(
        host=url.hostname,
        port=port or (8883 if tls else 1883),
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        tls=tls,
        ca_file=ca_file,
    )
