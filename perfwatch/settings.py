"""Every setting of every service, declared once: name, default, bounds and a line of help.

A setting is given as an environment variable (`PERFWATCH_` and the name in capitals) or as an
option of the same name (`--mqtt-port`); an option wins. pydantic-settings would do this too, for
12 MB and 120 ms in each collector; msgspec is there already.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
import platformdirs
from msgspec import Meta, Struct

from perfwatch.durations import parse_ms
from perfwatch.errors import SettingError
from perfwatch.history.influx import url as influx_url
from perfwatch.topics import DEFAULT_PREFIX, safe_level

PREFIX = "PERFWATCH_"

# PERFWATCH_HISTORY with this alone means the server that influxdb-client's users name so.
INFLUX_BY_ENVIRONMENT = "influxdb://"
INFLUX_URL = "INFLUXDB_V2_URL"

# Fields marked so take `5s`, `500ms` or plain seconds, and are never printed.
_SECONDS = {"duration": True}
_SECRET = {"secret": True}

Port = Annotated[int, Meta(ge=1, le=65535)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings, with their defaults. Lengths of time are in seconds."""

    broker: Annotated[
        str,
        Meta(
            description="MQTT broker, as mqtt://user:password@host:port, or mqtts:// for TLS", extra=_SECRET
        ),
    ] = "mqtt://127.0.0.1:1883"
    broker_ca_file: Annotated[
        str, Meta(description="CA certificates to trust for mqtts:// (default: the system's)")
    ] = ""
    topic_prefix: Annotated[str, Meta(description="First levels of every topic", min_length=1)] = (
        DEFAULT_PREFIX
    )

    host: Annotated[str, Meta(description="Host id in the topics (default: this machine's name)")] = ""
    interval: Annotated[
        float, Meta(description="Time between two readings, 500ms to 1h", ge=0.5, le=3600, extra=_SECONDS)
    ] = 5.0
    sources: Annotated[str, Meta(description="What to read, as cpu,memory,disk, or all", min_length=1)] = (
        "all"
    )
    perf_cores: Annotated[
        str,
        Meta(description="Cores whose events perf counts, as all or 0-3,6", min_length=1, max_length=200),
    ] = "all"
    perf_interval: Annotated[
        float,
        Meta(description="Time between two counts of perf, 100ms to 60s", ge=0.1, le=60, extra=_SECONDS),
    ] = 1.0

    outbox_age: Annotated[
        float,
        Meta(description="How long a reading waits for the broker on disk", ge=60, extra=_SECONDS),
    ] = 86400.0
    outbox_size: Annotated[
        int, Meta(description="Room for readings that wait for the broker, in MB", ge=1, le=100_000)
    ] = 200
    outbox_resend: Annotated[
        float,
        Meta(
            description="What is sent again when the connection broke: a killed broker forgets what it has "
            "not saved (0s: nothing)",
            ge=0,
            le=3600,
            extra=_SECONDS,
        ),
    ] = 75.0
    publish_scalars: Annotated[
        bool, Meta(description="Also publish each number on a topic of its own, as text")
    ] = False
    homeassistant: Annotated[bool, Meta(description="Tell Home Assistant of this host, over MQTT")] = True
    homeassistant_prefix: Annotated[
        str, Meta(description="Home Assistant's discovery prefix", min_length=1)
    ] = "homeassistant"

    heartbeat_file: Annotated[
        str,
        Meta(
            description="File whose time is until when the collector is well, for a container's health check"
        ),
    ] = ""

    data_dir: Annotated[
        str, Meta(description="Folder for history, accounts and secrets (default: the user's data folder)")
    ] = ""
    history: Annotated[
        str,
        Meta(
            description="History store, as sqlite:///path or influxdb://host:8086/database"
            " (default: history.db in the data folder)",
            extra=_SECRET,
        ),
    ] = ""
    influx_token: Annotated[
        str,
        Meta(
            description="Token for InfluxDB 2 or 3; for 1.x user:password (or INFLUXDB_V2_TOKEN)",
            extra=_SECRET | {"also": "INFLUXDB_V2_TOKEN"},
        ),
    ] = ""
    influx_org: Annotated[
        str,
        Meta(
            description="Organisation of the bucket in InfluxDB 2 (or INFLUXDB_V2_ORG)",
            extra={"also": "INFLUXDB_V2_ORG"},
        ),
    ] = ""
    influx_ca_file: Annotated[
        str,
        Meta(
            description="CA certificates to trust for influxdbs:// (or INFLUXDB_V2_SSL_CA_CERT)",
            extra={"also": "INFLUXDB_V2_SSL_CA_CERT"},
        ),
    ] = ""
    bridge_id: Annotated[
        str, Meta(description="Name of this bridge: its MQTT client id and topics", min_length=1)
    ] = "bridge"
    session_expiry: Annotated[
        float,
        Meta(description="How long the broker keeps messages for an absent bridge", ge=0, extra=_SECONDS),
    ] = 7 * 86400.0
    group: Annotated[str, Meta(description="Bridges of one group share the readings between them")] = ""
    spool_size: Annotated[
        int, Meta(description="Most that waits on disk for the history, in bytes", ge=1_000_000)
    ] = 1024**3
    spool_age: Annotated[
        float, Meta(description="How long a reading waits on disk for the history", ge=60, extra=_SECONDS)
    ] = 7 * 86400.0

    address: Annotated[str, Meta(description="Address on which the dashboard listens", min_length=1)] = (
        "127.0.0.1"
    )
    port: Annotated[Port, Meta(description="Port of the dashboard")] = 8000
    admin_password: Annotated[
        str,
        Meta(
            description="Password of the first account, 12 characters or more (default: made, printed once)",
            min_length=12,
            extra=_SECRET,
        ),
    ] = ""
    token_lifetime: Annotated[float, Meta(description="How long a login lasts", ge=1, extra=_SECONDS)] = (
        24 * 3600.0
    )
    trusted_proxy: Annotated[
        str,
        Meta(description="Address of a reverse proxy whose X-Forwarded-For may be believed (default: none)"),
    ] = ""
    allowed_origin: Annotated[
        str,
        Meta(description="Further origin that browsers may use, as https://host (behind a reverse proxy)"),
    ] = ""

    base_path: Annotated[
        str,
        Meta(
            description="Path below which a reverse proxy shows the dashboard, as /perfwatch",
            pattern="^(/[A-Za-z0-9._~-]+)*/?$",
        ),
    ] = ""

    mqtt_port: Annotated[Port, Meta(description="Port of the broker that `perfwatch up` starts")] = 1883
    mqtt_address: Annotated[
        str,
        Meta(
            description="Address on which that broker also listens for other machines (default: it does not)"
        ),
    ] = ""
    mqtt_cert_file: Annotated[
        str,
        Meta(description="Certificate of that broker: other machines then connect with TLS"),
    ] = ""
    mqtt_key_file: Annotated[str, Meta(description="Key of that certificate")] = ""
    mqtt_tls_port: Annotated[Port, Meta(description="Port on which other machines connect with TLS")] = 8883
    log_level: Annotated[
        str, Meta(description="debug, info, warning or error", pattern="(?i)^(debug|info|warning|error)$")
    ] = "info"

    def __repr__(self) -> str:
        shown = (
            f"{name}={'…' if is_secret(name) and getattr(self, name) else repr(getattr(self, name))}"
            for name in self.__struct_fields__
        )
        return f"Settings({', '.join(shown)})"

    @property
    def host_id(self) -> str:
        """The host's topic level. Raises TopicError when nothing usable is left of its name."""
        return safe_level(self.host or socket.gethostname())

    @property
    def data_path(self) -> Path:
        if self.data_dir:
            return Path(self.data_dir).expanduser().absolute()
        return platformdirs.user_data_path("perfwatch")

    @property
    def history_url(self) -> str:
        """The store's whole address, with what lets us in: never to be printed."""
        if influx_url.is_influx(self.history):
            return influx_url.complete(self.history, self.influx_token, self.influx_org, self.influx_ca_file)
        return self.history or f"sqlite://{self.data_path / 'history.db'}"

    @property
    def history_shown(self) -> str:
        """The store's address for people: a path, or a server without its secrets."""
        if influx_url.is_influx(self.history):
            return str(influx_url.parse(self.history, variable("history")))
        return "/" + self.history_url.removeprefix("sqlite://").lstrip("/")


def load(environ: Mapping[str, str], **options: Any) -> Settings:
    """The settings in `environ`, with `options` (None: not given) put over them.

    A secret may be in a file instead, named by its variable with `_FILE` at the end. Raises SettingError
    naming the variable or option, its value and what was expected.
    """
    environ = {**environ, **_secrets_in_files(environ)}
    names = {
        name: word
        for name in Settings.__struct_fields__
        for word in (_also(name), variable(name))
        if environ.get(word, "") != ""
    }
    values = {name: environ[word] for name, word in names.items()}
    for name, value in options.items():
        if value is not None:
            values[name] = value
            names[name] = option(name)
    if values.get("history") == INFLUX_BY_ENVIRONMENT:
        values["history"] = _influx_url(environ, names["history"])
    return Settings(**{name: _convert(name, names[name], value) for name, value in values.items()})


def _secrets_in_files(environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets in files that variables like PERFWATCH_BROKER_FILE name: as Docker gives them."""
    found = {}
    for secret in (variable(name) for name in Settings.__struct_fields__ if is_secret(name)):
        path = environ.get(f"{secret}_FILE", "")
        if path and environ.get(secret):
            raise SettingError(f"{secret}_FILE", f"cannot be used together with {secret}", path)
        if path:
            try:
                found[secret] = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as exc:
                raise SettingError(
                    f"{secret}_FILE", f"must name a file that can be read ({exc})", path
                ) from exc
    return found


def _influx_url(environ: Mapping[str, str], name: str) -> str:
    url = environ.get(INFLUX_URL, "")
    if not influx_url.is_influx(url):
        raise SettingError(name, f"names no server, and {INFLUX_URL} is no http:// or https:// address")
    return url


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def option(name: str) -> str:
    """The command-line option of a setting."""
    return "--" + name.replace("_", "-")


def help_line(name: str) -> str:
    """The setting's one line of help, as declared."""
    return next(meta.description for meta in _metas(name) if meta.description)


def is_secret(name: str) -> bool:
    """Whether the setting's value must never be printed."""
    return any((meta.extra or {}).get("secret") for meta in _metas(name))


def _also(name: str) -> str:
    """The name that a driver's own users know the setting by; ours wins."""
    return next((meta.extra["also"] for meta in _metas(name) if meta.extra and "also" in meta.extra), "")


def default(name: str) -> Any:
    """The setting's default."""
    return getattr(Settings(), name)


def checked(name: str, value: Any) -> Any:
    """`value` as the setting of that name takes it. Raises SettingError."""
    return _convert(name, name, value)


_HINTS = get_type_hints(Settings, include_extras=True)


def _metas(name: str) -> list[Meta]:
    return [meta for meta in get_args(_HINTS[name]) if isinstance(meta, Meta)]


def _convert(name: str, shown: str, value: Any) -> Any:
    given = None if is_secret(name) else str(value)
    try:
        if isinstance(value, str) and any((meta.extra or {}).get("duration") for meta in _metas(name)):
            value = parse_ms(value) / 1000
        return msgspec.convert(value, _HINTS[name], strict=False)
    except msgspec.ValidationError as exc:
        raise SettingError(shown, f"must fit: {help_line(name)} ({exc})", given) from exc
    except ValueError as exc:
        raise SettingError(shown, f"must fit: {help_line(name)}", given) from exc
