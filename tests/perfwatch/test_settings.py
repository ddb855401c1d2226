from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfwatch import setting_sources, settings
from perfwatch.admin import reference
from perfwatch.broker import broker_of
from perfwatch.errors import SettingError
from perfwatch.setting_sources import load
from perfwatch.settings import Settings

ROOT = Path(__file__).parents[2]


def test_defaults_need_no_environment() -> None:
    assert load({}) == Settings()


def test_an_option_wins_over_a_variable_and_a_variable_over_the_default() -> None:
    assert load({"PERFWATCH_PORT": "9000"}).port == 9000
    assert load({"PERFWATCH_PORT": "9000"}, port="9001").port == 9001
    assert load({"PERFWATCH_PORT": "9000"}, port=None).port == 9000


def test_an_empty_variable_is_none_given() -> None:
    assert load({"PERFWATCH_PORT": ""}) == Settings()


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("mqtt://bridge:secret@broker.lan\n")
    loaded = load({"PERFWATCH_BROKER_FILE": str(tmp_path / "broker")})
    assert broker_of(loaded).password == "secret"


def test_a_secret_file_that_is_missing_or_doubled_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "token")
    with pytest.raises(SettingError, match=r"PERFWATCH_INFLUX_TOKEN_FILE is .* must name a file"):
        load({"PERFWATCH_INFLUX_TOKEN_FILE": path})
    (tmp_path / "token").write_text("secret")
    with pytest.raises(SettingError, match="cannot be used together with PERFWATCH_INFLUX_TOKEN"):
        load({"PERFWATCH_INFLUX_TOKEN_FILE": path, "PERFWATCH_INFLUX_TOKEN": "other"})


@pytest.mark.parametrize(("text", "seconds"), [("5", 5.0), ("500ms", 0.5), ("1h", 3600.0), ("0.5", 0.5)])
def test_lengths_of_time_are_seconds_or_durations(text: str, seconds: float) -> None:
    assert load({"PERFWATCH_INTERVAL": text}).interval == seconds


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PERFWATCH_INTERVAL", "0.4"),
        ("PERFWATCH_INTERVAL", "61m"),
        ("PERFWATCH_INTERVAL", "soon"),
        ("PERFWATCH_PORT", "0"),
        ("PERFWATCH_PORT", "http"),
        ("PERFWATCH_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"{name} is '{re.escape(value)}', but must be"):
        load({name: value})


def test_a_bad_option_is_named_as_an_option() -> None:
    with pytest.raises(SettingError, match="--mqtt-port is 'x'"):
        load({}, mqtt_port="x")


@pytest.mark.parametrize(
    "url", ["http://host", "mqtt://", "mqtt://host:port", "host:1883", "mqtt://host/path"]
)
def test_a_broker_that_is_none_is_refused_without_printing_it(url: str) -> None:
    with pytest.raises(SettingError, match=r"^PERFWATCH_BROKER must look like mqtt://"):
        broker_of(load({"PERFWATCH_BROKER": url}))


def test_a_broker_url_is_taken_apart() -> None:
    broker = broker_of(load({"PERFWATCH_BROKER": "mqtts://k%C3%BCche:a%2Fb@nas.lan"}))
    assert (broker.host, broker.port, broker.username, broker.password) == ("nas.lan", 8883, "küche", "a/b")
    assert broker.tls
    assert str(broker) == "mqtts://nas.lan:8883"


def test_secrets_are_never_printed() -> None:
    chosen = load(
        {"PERFWATCH_BROKER": "mqtt://me:hunter2@host", "PERFWATCH_ADMIN_PASSWORD": "hunter2hunter2"}
    )
    assert "hunter2" not in repr(chosen)
    assert "hunter2" not in repr(broker_of(chosen))
    with pytest.raises(SettingError) as caught:
        broker_of(load({"PERFWATCH_BROKER": "mqtt://me:hunter2@host:port"}))
    assert "hunter2" not in str(caught.value)


INFLUX = {"INFLUXDB_V2_URL": "https://db.lan", "INFLUXDB_V2_TOKEN": "hunter2", "INFLUXDB_V2_ORG": "home"}


def test_the_names_of_influxdb_client_are_known_and_ours_win() -> None:
    assert load(INFLUX).influx_token == "hunter2"
    assert load(INFLUX | {"PERFWATCH_INFLUX_TOKEN": "own"}).influx_token == "own"
    assert load(INFLUX, influx_org="other").influx_org == "other"


def test_a_server_named_for_others_is_not_taken_unless_asked_for() -> None:
    assert load(INFLUX).history_url.startswith("sqlite:///")
    chosen = load(INFLUX | {"PERFWATCH_HISTORY": "influxdb://"})
    assert chosen.history_url == "https://hunter2@db.lan?org=home"
    assert chosen.history_shown == "https://db.lan:8086/perfwatch"
    with pytest.raises(SettingError, match="PERFWATCH_HISTORY names no server, and INFLUXDB_V2_URL"):
        load({"PERFWATCH_HISTORY": "influxdb://"})


def test_the_history_is_shown_without_its_secrets() -> None:
    chosen = load({"PERFWATCH_HISTORY": "influxdb://me:hunter2@db/x", "PERFWATCH_INFLUX_TOKEN": "hunter2"})
    assert "hunter2" in chosen.history_url
    assert "hunter2" not in f"{chosen} {chosen.history_shown}"
    assert load({"PERFWATCH_DATA_DIR": "/d"}).history_shown == "/d/history.db"
    for url in ("sqlite:///d/history.db", "sqlite:////d/history.db"):
        assert load({"PERFWATCH_HISTORY": url}).history_shown == "/d/history.db"


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_has_a_line_of_help_and_a_default_that_can_be_read_again(name: str) -> None:
    assert settings.DECLARED[name].help
    default = settings.default(name)
    assert (
        settings.shown(name, default) == ""
        or setting_sources.checked(name, settings.shown(name, default)) == default
    )


def test_what_is_written_of_the_settings_is_what_is_declared() -> None:
    assert (ROOT / ".env.example").read_text() == reference.example()
    assert (ROOT / "docs" / "settings.md").read_text() == reference.page()


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("BRIDGE_ID", "a/b", "one level of a topic"),
        ("GROUP", "a/+", "one level of a topic"),
        ("TOPIC_PREFIX", "home/#", "levels of a topic"),
        ("HOMEASSISTANT_PREFIX", "+", "levels of a topic"),
        ("TRUSTED_PROXY", "proxy.lan", "the IP address of the proxy, like 192.168.1.2"),
        ("ALLOWED_ORIGIN", "watch.example.org", "like https://watch.example.org"),
        ("ALLOWED_ORIGIN", "https://watch.example.org/perfwatch", "scheme and host"),
        ("ALLOWED_ORIGIN", "https://host:port", "scheme and host"),
        ("SOURCES", "cpu,memry", "all, or some of cpu, memory,"),
        ("PERF_CORES", "1-", "numbers of cores, like 0-3,6"),
        ("MQTT_ADDRESS", "everywhere", "an IP address of this machine, like 0.0.0.0"),
        ("HOST", "0.0.0.0", "a name, not an address .*--address"),
        ("INTERVAL", "0.1", "from 500ms to 1h, like 1m"),
        ("OUTBOX_AGE", "5s", "from 1m to 3650d"),
        ("SPOOL_SIZE", "10kB", "a size of 1MB or more, like 200MB or 10GB"),
        ("OUTBOX_SIZE", "much", "a size of 1MB or more"),
        ("PORT", "70000", "a whole number from 1 to 65535"),
        ("HOMEASSISTANT", "maybe", "true or false"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
    ],
)
def test_a_value_that_is_wrong_is_named_with_what_was_expected(
    variable: str, value: str, expected: str
) -> None:
    with pytest.raises(
        SettingError, match=f"^PERFWATCH_{variable} is {re.escape(repr(value))}, but must be .*{expected}"
    ) as caught:
        load({f"PERFWATCH_{variable}": value})
    assert "Expected" not in str(caught.value)


def test_a_history_that_is_none_is_refused_without_printing_it() -> None:
    with pytest.raises(SettingError, match=r"^PERFWATCH_HISTORY must be sqlite:///path or influxdb://"):
        load({"PERFWATCH_HISTORY": "foo"})


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10GB", 10**10),
        ("1GiB", 2**30),
        ("500mb", 5 * 10**8),
        ("1.5 G", 1_500_000_000),
        ("2000000", 2_000_000),
    ],
)
def test_sizes_take_units(text: str, size: int) -> None:
    assert load({"PERFWATCH_SPOOL_SIZE": text}).spool_size == size


@pytest.mark.parametrize(("text", "megabytes"), [("300", 300), ("300MB", 300), ("1GB", 1000)])
def test_a_size_that_was_in_megabytes_stays_so_without_a_unit(text: str, megabytes: int) -> None:
    assert load({"PERFWATCH_OUTBOX_SIZE": text}).outbox_size == megabytes


def test_a_variable_that_looks_like_a_mistake_is_refused() -> None:
    with pytest.raises(
        SettingError, match="PERFWATCH_INTERVALL is not a setting: did you mean PERFWATCH_INTERVAL"
    ):
        load({"PERFWATCH_INTERVALL": "1s"})


def test_a_variable_that_is_like_no_other_is_only_told() -> None:
    environ = {"PERFWATCH_ZEBRA": "1", "PERFWATCH_TEST_INFLUX_URL": "x", "PERFWATCH_BROKER_FILE": ""}
    assert load(environ) == Settings()
    assert setting_sources.unknown_variables(environ) == ["PERFWATCH_ZEBRA"]
