"""Every setting of every service, declared once: name, type, default and a line of help.

A setting is given as an environment variable (`PERFWATCH_` and the name in capitals) or as an
option of the same name (`--mqtt-port`): `setting_sources.py` reads them. pydantic-settings would do this
too, for 12 MB and 120 ms in each collector; msgspec is there already.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args, get_type_hints

from msgspec import Struct

from perfwatch.history.influx import url as influx_url
from perfwatch.setting_types import (
    ADDRESS,
    BASE_PATH,
    BROKER,
    CORES,
    FILE,
    FLAG,
    FOLDER,
    HISTORY,
    HOST,
    HOSTS,
    LEVEL,
    LOG_LEVEL,
    ORIGIN,
    ORIGINS,
    PASSWORD,
    PORT,
    PREFIX,
    PRESETS,
    PROXY,
    SECRET,
    SOURCES,
    TAGS,
    ZONE,
    Duration,
    SettingType,
    Size,
    Text,
    Whole,
)
from perfwatch.topics import DEFAULT_DISCOVERY, DEFAULT_PREFIX, Prefixes, safe_level

PREFIX_OF_VARIABLES = "PERFWATCH_"

# The user's own rules for devices, in the data folder.
DEVICES_FILE = "devices.toml"


class Setting(NamedTuple):
    """How a setting is declared. `also` is the variable that a driver's own users know it by; ours wins."""

    type: SettingType
    help: str
    also: str = ""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings, with their defaults. Lengths of time are in seconds, sizes in bytes or as declared."""

    broker: Annotated[
        str, Setting(BROKER, "MQTT broker, like mqtt://user:password@host:port, or mqtts:// for TLS")
    ] = "mqtt://127.0.0.1:1883"
    broker_ca_file: Annotated[
        str, Setting(FILE, "CA certificates to trust for mqtts:// (empty: the system's)")
    ] = ""
    topic_prefix: Annotated[str, Setting(PREFIX, "First levels of every topic")] = DEFAULT_PREFIX
    host: Annotated[str, Setting(HOST, "Host id in the topics (empty: this machine's name)")] = ""
    tags: Annotated[str, Setting(TAGS, "Tags of this host, like room=cellar,role=nas")] = ""
    interval: Annotated[float, Setting(Duration(0.5, 3600), "Time between two readings")] = 5.0
    sources: Annotated[
        str, Setting(SOURCES, "What to read, like cpu,memory,disk; all leaves cpu_cores out: all,cpu_cores")
    ] = "all"
    perf_cores: Annotated[str, Setting(CORES, "Cores whose events perf counts, like all or 0-3,6")] = "all"
    perf_interval: Annotated[float, Setting(Duration(0.1, 60), "Time between two counts of perf")] = 1.0
    outbox_age: Annotated[float, Setting(Duration(60), "How long a reading waits on disk for the broker")] = (
        86400.0
    )
    outbox_size: Annotated[
        int, Setting(Size(1, 10**6), "Most room on disk for readings that wait for the broker")
    ] = 200
    outbox_resend: Annotated[
        float,
        Setting(
            Duration(0, 3600),
            "How much to send again after a broken connection, in case the broker was killed",
        ),
    ] = 75.0
    retained_expiry: Annotated[
        float,
        Setting(
            Duration(1, 7 * 86400),
            "How long the broker keeps the newest reading for whoever comes later: three intervals or more",
        ),
    ] = 7 * 86400.0
    publish_scalars: Annotated[
        bool, Setting(FLAG, "Also publish each number on a topic of its own, as text")
    ] = False
    watch: Annotated[
        bool, Setting(FLAG, "Also read once a second while somebody looks at this host's Live page")
    ] = True
    homeassistant: Annotated[bool, Setting(FLAG, "Announce this host to Home Assistant, over MQTT")] = True
    homeassistant_prefix: Annotated[str, Setting(PREFIX, "Home Assistant's discovery prefix")] = (
        DEFAULT_DISCOVERY
    )
    heartbeat_file: Annotated[
        str,
        Setting(
            FILE,
            "File for health checks: its time is the deadline of the next reading",
        ),
    ] = ""
    data_dir: Annotated[
        str, Setting(FOLDER, "Folder for history, accounts and secrets (empty: the user's data folder)")
    ] = ""
    history: Annotated[
        str,
        Setting(
            HISTORY,
            "History, like sqlite:///path or influxdb://host:8086/database (empty: in the data folder)",
        ),
    ] = ""
    influx_token: Annotated[
        str, Setting(SECRET, "Token for InfluxDB 2 or 3; user:password for 1.x", "INFLUXDB_V2_TOKEN")
    ] = ""
    influx_org: Annotated[
        str, Setting(Text(), "Organisation of the bucket in InfluxDB 2", "INFLUXDB_V2_ORG")
    ] = ""
    influx_ca_file: Annotated[
        str, Setting(FILE, "CA certificates to trust for influxdbs://", "INFLUXDB_V2_SSL_CA_CERT")
    ] = ""
    devices: Annotated[
        str, Setting(PRESETS, "Other makers' devices to take in, like zigbee2mqtt,tasmota (empty: none)")
    ] = ""
    devices_zone: Annotated[
        str, Setting(ZONE, "Time zone of devices that send none (empty: this machine's)")
    ] = ""
    bridge_id: Annotated[str, Setting(LEVEL, "Name of this bridge, for its session, spool and topics")] = (
        "bridge"
    )
    session_expiry: Annotated[
        float,
        Setting(Duration(), "How long the broker keeps messages while a bridge, or devices, is away"),
    ] = 7 * 86400.0
    group: Annotated[str, Setting(LEVEL, "Bridges of one group share the readings between them")] = ""
    batch_wait: Annotated[
        float, Setting(Duration(0, 10), "How long a reading may wait to be written together with others")
    ] = 5.0
    series_limit: Annotated[
        int, Setting(Whole(100, 10**6), "Most series that one host may have in the history")
    ] = 5000
    spool_size: Annotated[
        int, Setting(Size(10**6), "Most room on disk for readings that wait for the history")
    ] = 1024**3
    spool_age: Annotated[float, Setting(Duration(60), "How long a reading waits on disk for the history")] = (
        7 * 86400.0
    )
    address: Annotated[str, Setting(ADDRESS, "Address on which the dashboard listens")] = "127.0.0.1"
    port: Annotated[int, Setting(PORT, "Port of the dashboard")] = 8000
    connections_per_address: Annotated[
        int,
        Setting(Whole(10, 10**5), "Most connections to the dashboard from one address, except the proxy's"),
    ] = 200
    admin_password: Annotated[
        str,
        Setting(PASSWORD, "Password of the first account (empty: PerfWatch makes one and prints it once)"),
    ] = ""
    token_lifetime: Annotated[float, Setting(Duration(1), "How long a login lasts")] = 24 * 3600.0
    session_idle: Annotated[
        float, Setting(Duration(1), "How long a login lasts while nobody uses it and has no page open")
    ] = 12 * 3600.0
    trusted_proxy: Annotated[
        str, Setting(PROXY, "Address of a reverse proxy whose X-Forwarded-For to trust (empty: none)")
    ] = ""
    allowed_origin: Annotated[
        str,
        Setting(ORIGINS, "Further origins that browsers may use, like https://host of a reverse proxy"),
    ] = ""
    dashboard_url: Annotated[
        str,
        Setting(ORIGIN, "Where people open the dashboard, for the link in Home Assistant (empty: no link)"),
    ] = ""
    allowed_hosts: Annotated[
        str,
        Setting(
            HOSTS, "Further names under which browsers find the dashboard, like nas.example.org,watch.it"
        ),
    ] = ""
    cert_file: Annotated[str, Setting(FILE, "Certificate of the dashboard: it then speaks HTTPS")] = ""
    key_file: Annotated[str, Setting(FILE, "Key of that certificate")] = ""
    base_path: Annotated[
        str, Setting(BASE_PATH, "Path below which a reverse proxy shows the dashboard, like /perfwatch")
    ] = ""
    metrics_open: Annotated[
        bool, Setting(FLAG, "Let anybody read /metrics, without a token (for Prometheus in a closed network)")
    ] = False
    mqtt_port: Annotated[int, Setting(PORT, "Port of the broker that `perfwatch up` starts")] = 1883
    mqtt_address: Annotated[
        str,
        Setting(ADDRESS, "Address on which that broker also listens for other machines (empty: none)"),
    ] = ""
    mqtt_cert_file: Annotated[
        str, Setting(FILE, "Certificate of that broker: other machines then connect with TLS")
    ] = ""
    mqtt_key_file: Annotated[str, Setting(FILE, "Key of that certificate")] = ""
    mqtt_tls_port: Annotated[int, Setting(PORT, "Port on which other machines connect with TLS")] = 8883
    alerts: Annotated[bool, Setting(FLAG, "Whether `perfwatch up` runs the alerts")] = True
    alerts_every: Annotated[
        float, Setting(Duration(0, 86400), "Least time between two messages to one channel of the alerts")
    ] = 60.0
    log_level: Annotated[str, Setting(LOG_LEVEL, "How much is logged")] = "info"

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
    def prefixes(self) -> Prefixes:
        return Prefixes(self.topic_prefix, self.homeassistant_prefix)

    @property
    def data_path(self) -> Path:
        if self.data_dir:
            return Path(self.data_dir).expanduser().absolute()
        from platformdirs import user_data_path  # each process that is told its folder is a megabyte lighter

        return user_data_path("perfwatch")

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


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX_OF_VARIABLES + name.upper()


def option(name: str) -> str:
    """The command-line option of a setting."""
    return "--" + name.replace("_", "-")


def is_secret(name: str) -> bool:
    """Whether the setting's value must never be printed."""
    return DECLARED[name].type.secret


def secret_variables() -> set[str]:
    """The variables that may have a secret in them, or name the file where it is."""
    names = {word for name in DECLARED if is_secret(name) for word in (DECLARED[name].also, variable(name))}
    return (names | {f"{name}_FILE" for name in names}) - {"", "_FILE"}


def default(name: str) -> Any:
    """The setting's default."""
    return getattr(Settings(), name)


def shown(name: str, value: Any) -> str:
    """`value` as a user would write it, so that it can be read again."""
    return DECLARED[name].type.show(value)


def _declared() -> Mapping[str, Setting]:
    return {
        name: next(meta for meta in get_args(hint) if isinstance(meta, Setting))
        for name, hint in get_type_hints(Settings, include_extras=True).items()
    }


DECLARED: Mapping[str, Setting] = _declared()
"""Each setting by its name, in the order in which they are documented."""
