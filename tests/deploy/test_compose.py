"""What holds for every service of the stack, whoever changes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfwatch import settings
from perfwatch.admin.influx_tokens import RIGHTS
from perfwatch.admin.provision import BROKER, MESSAGES, USERS
from perfwatch.settings import Settings
from tests.deploy.documents import COMPOSE, ROOT, pinned, read, services

FILES = tuple(sorted(path.name for path in ROOT.glob("docker-compose*.yml")))
DEFAULT = ("setup", "mosquitto", "influxdb", "tokens", "collector", "bridge", "alerts", "dashboard")
# Those that run once, as root, to write secrets.
ONCE = ("setup", "tokens")
OURS = (*ONCE, "collector", "bridge", "alerts", "devices", "dashboard")
ALL = [
    *((COMPOSE, name) for name in services()),
    *(("docker-compose.collector.yml", name) for name in services("docker-compose.collector.yml")),
]
every = pytest.mark.parametrize(("file", "name"), ALL, ids=[f"{file}:{name}" for file, name in ALL])


def test_without_a_profile_it_is_the_stack_with_influxdb() -> None:
    assert tuple(name for name, one in services().items() if "profiles" not in one) == DEFAULT
    profiles = {name: one["profiles"] for name, one in services().items() if "profiles" in one}
    assert profiles == {"devices": ["devices"], "grafana": ["grafana"], "tls": ["tls"]}


@every
def test_nothing_more_than_it_needs(file: str, name: str) -> None:
    one = services(file)[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one.get("privileged") is None
    user = one["user"].split(":")[0]
    assert one.get("cap_add", []) == (["CHOWN", "DAC_OVERRIDE", "FOWNER"] if name in ONCE else [])
    assert user == ("0" if name in ONCE else str(USERS.get(name, 101)))


@every
def test_it_comes_back_is_bounded_and_keeps_its_log_short(file: str, name: str) -> None:
    one = services(file)[name]
    assert one["restart"] == ("no" if name in ONCE else "unless-stopped")
    limits = one["deploy"]["resources"]["limits"]
    assert limits["pids"] <= 256
    assert re.fullmatch(r"\d+(M|G)", limits["memory"])
    # More than one processor is refused by a machine that has one.
    assert float(limits.get("cpus", 1)) <= 1
    assert set(one["logging"]["options"]) == {"max-size", "max-file"}


@every
def test_it_has_a_health_check_here_or_in_its_image(file: str, name: str) -> None:
    one = services(file)[name]
    if name in ONCE:
        assert one["healthcheck"] == {"disable": True}
    elif name in OURS:
        target = (ROOT / "Dockerfile").read_text().split(f" AS {one['build']['target']}\n")[1]
        assert "HEALTHCHECK" in target.split("\nFROM ")[0]
    else:
        assert {"test", "interval", "timeout", "start_period"} <= one["healthcheck"].keys()


@every
def test_images_of_others_are_pinned_by_digest_and_ours_are_built_here(file: str, name: str) -> None:
    one = services(file)[name]
    if name in OURS:
        image = "setup" if name in ONCE else name
        assert one["image"] == f"${{IMAGE_PREFIX:-}}perfwatch-{image}:${{IMAGE_TAG:-latest}}"
        assert one["build"] == {"context": ".", "target": image}
    else:
        assert pinned(one["image"])


@pytest.mark.parametrize("name", [name for name in services() if name != "setup"])
def test_it_waits_until_what_it_needs_is_there(name: str) -> None:
    needs = services()[name]["depends_on"]
    assert name == "tls" or needs["setup"] == {"condition": "service_completed_successfully"}
    others = {other: how["condition"] for other, how in needs.items() if other not in ONCE}
    assert set(others.values()) <= {"service_healthy"}
    if name in ("bridge", "dashboard"):
        assert others.keys() == {"mosquitto", "influxdb"}
    if name in RIGHTS:
        assert needs["tokens"] == {"condition": "service_completed_successfully"}


def test_only_dashboard_and_broker_are_published_and_the_broker_to_this_machine() -> None:
    published = {name: one["ports"] for name, one in services().items() if "ports" in one}
    assert {name for name in published if "profiles" not in services()[name]} == {"mosquitto", "dashboard"}
    assert published["mosquitto"] == [
        "${PERFWATCH_MQTT_ADDRESS:-127.0.0.1}:${PERFWATCH_MQTT_PORT:-1883}:1883"
    ]
    assert published["grafana"] == ["${GRAFANA_ADDRESS:-127.0.0.1}:${GRAFANA_PORT:-3000}:3000"]


@pytest.mark.parametrize("file", FILES)
def test_every_variable_of_ours_is_a_setting(file: str) -> None:
    text = (ROOT / file).read_text()
    known = {settings.variable(name) for name in Settings.__struct_fields__}
    known |= {f"{settings.variable(n)}_FILE" for n in Settings.__struct_fields__ if settings.is_secret(n)}
    assert set(re.findall(r"PERFWATCH_[A-Z_]+", text)) <= known


@pytest.mark.parametrize("file", FILES)
def test_no_secret_is_written_in_it(file: str) -> None:
    for name, one in services(file).items():
        for variable, value in ((one or {}).get("environment") or {}).items():
            secret = re.search("PASSWORD|TOKEN|SECRET|BROKER", variable) and "LIFETIME" not in variable
            inside = value.startswith("/secrets/") or re.fullmatch(r"\$\{\w+:-\}", value) or value == ""
            assert not secret or inside, f"{name}: {variable}"


@pytest.mark.parametrize(
    "name", ["collector", "bridge", "alerts", "devices", "dashboard", "influxdb", "grafana"]
)
def test_each_reads_its_own_secrets_only(name: str) -> None:
    environment = services()[name]["environment"]
    used = {value.split("/")[2] for value in environment.values() if value.startswith("/secrets/")}
    assert used == {name}
    assert "secrets:/secrets:ro" in services()[name]["volumes"]


@pytest.mark.parametrize(("file", "name"), [one for one in ALL if one[1] == "collector"])
def test_the_collector_sees_the_machine_and_may_write_nothing_of_it(file: str, name: str) -> None:
    one = services(file)[name]
    assert (one["pid"], one["network_mode"], one["uts"]) == ("host", "host", "host")
    assert "/:/host:ro" in one["volumes"]
    assert [
        volume for volume in one["volumes"] if volume.startswith("/") and not volume.endswith(":ro")
    ] == []


def test_a_collector_alone_is_the_same_collector() -> None:
    here, there = services()["collector"], services("docker-compose.collector.yml")["collector"]
    differ = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
    assert differ == {"environment", "env_file", "depends_on", "volumes"}
    assert [*here["volumes"]] == ["secrets:/secrets:ro", *there["volumes"]]


def test_without_influxdb_nothing_asks_for_it() -> None:
    changed = services("docker-compose.sqlite.yml")
    assert {name for name, one in changed.items() if one is None} == {"influxdb", "tokens", "grafana"}
    for name in ("bridge", "dashboard"):
        assert changed[name]["depends_on"].keys() == {"setup", "mosquitto"}
        assert changed[name]["environment"]["PERFWATCH_HISTORY"].startswith("sqlite:///history/")
        assert "history:/history" in changed[name]["volumes"]
    assert changed["bridge"]["group_add"] == [str(USERS["dashboard"])]


def test_counting_events_takes_one_capability_more() -> None:
    changed = services("docker-compose.perf.yml")["collector"]
    assert changed["cap_add"] == ["PERFMON"]
    assert changed["build"]["target"] == "collector-perf"
    assert changed["image"].split(":")[1].endswith("perfwatch-collector-perf")
    assert not changed.keys() & {"privileged", "user", "cap_drop"}


def test_the_broker_is_where_provision_says() -> None:
    mosquitto = services()[BROKER]
    assert mosquitto["command"] == ["/usr/sbin/mosquitto", "-c", "/secrets/mosquitto/mosquitto.conf"]
    assert f"mosquitto:{MESSAGES}" in mosquitto["volumes"]


@pytest.mark.parametrize("file", FILES)
def test_every_volume_and_file_that_is_mounted_is_there(file: str) -> None:
    declared = {*(read(file).get("volumes") or {}), *(read(COMPOSE)["volumes"])}
    for one in filter(None, services(file).values()):
        for volume in one.get("volumes", []):
            source = volume.replace("${CERTS:-./certs}", "./certs").split(":")[0]
            if source.startswith("."):
                # A user's own certificates are the one thing that the project has not.
                assert source == "./certs" or (ROOT / source).exists(), source
            elif not source.startswith("/"):
                assert source in declared


def test_certificates_never_get_into_the_repository() -> None:
    ignored = Path(ROOT / ".gitignore").read_text().split()
    assert {"certs/", "collector.env", ".env"} <= set(ignored)
