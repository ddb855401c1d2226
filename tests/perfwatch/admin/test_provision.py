"""What the first start of a stack of containers writes, for whom, and that it does so once."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from perfwatch.admin.broker_accounts import Integrations, integrations_path
from perfwatch.admin.mosquitto import remembered
from perfwatch.admin.provision import USERS, provision
from perfwatch.errors import SettingError
from perfwatch.settings import Settings

ROOT = Path(__file__).parents[3]


class Owners:
    """os.chown for tests that are not root: notes who was given what."""

    def __init__(self) -> None:
        self.of: dict[Path, tuple[int, int]] = {}

    def __call__(self, path: Path, user: int, group: int) -> None:
        assert path.exists()
        self.of[path] = (user, group)


def settings(**given: object) -> Settings:
    return Settings(host="nas", **given)  # type: ignore[arg-type]


def secrets_of(place: Path) -> dict[str, str]:
    kept = [*place.glob("*/broker"), *place.glob("*/influx_token"), *place.glob("*/password")]
    return {str(path.relative_to(place)): path.read_text() for path in [*kept, place / "influxdb" / "token"]}


def test_each_service_owns_its_folder_and_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    owners = Owners()
    provision(tmp_path, settings(), chown=owners)
    for service, user in USERS.items():
        written = [tmp_path / service, *(tmp_path / service).rglob("*")]
        assert len(written) > 1
        assert {owners.of[path] for path in written} == {(user, user)}
        assert [path for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_what_accounts_are_made_of_stays_root_s(tmp_path: Path) -> None:
    owners = Owners()
    provision(tmp_path, settings(), chown=owners)
    kept = [tmp_path / "setup", *(tmp_path / "setup").rglob("*")]
    assert len(kept) > 2
    assert not owners.of.keys() & set(kept)
    assert stat.S_IMODE((tmp_path / "setup" / "secrets").stat().st_mode) == 0o700


def test_a_second_time_nothing_is_made_and_nothing_changes(tmp_path: Path) -> None:
    made = provision(tmp_path, settings(), chown=Owners())
    before = secrets_of(tmp_path)
    assert made == [
        *("alerts", "bridge", "dashboard", "devices", "reader", "nas"),
        *("influxdb password", "influxdb token", "grafana password"),
    ]
    assert provision(tmp_path, settings(), chown=Owners()) == []
    assert secrets_of(tmp_path) == before


def test_no_two_secrets_are_the_same_but_the_one_token(tmp_path: Path) -> None:
    provision(tmp_path, settings(), chown=Owners())
    found = secrets_of(tmp_path)
    tokens = {value for name, value in found.items() if "token" in name}
    others = [value for name, value in found.items() if "token" not in name]
    assert len(tokens) == 1
    assert len({*others, *tokens}) == len(others) + 1
    assert min(map(len, found.values())) >= 32


def test_services_reach_the_broker_by_its_name_and_the_collector_at_the_published_port(
    tmp_path: Path,
) -> None:
    provision(tmp_path, settings(mqtt_port=1999), chown=Owners())
    found = {name: urlsplit((tmp_path / name / "broker").read_text()) for name in ("collector", "bridge")}
    assert (found["collector"].hostname, found["collector"].port) == ("127.0.0.1", 1999)
    assert (found["bridge"].hostname, found["bridge"].port) == ("mosquitto", 1883)
    assert (found["collector"].username, found["bridge"].username) == ("nas", "bridge")


@pytest.mark.parametrize(
    ("address", "near", "told"),
    [
        ("", "127.0.0.1", ""),
        ("127.0.0.1", "127.0.0.1", ""),
        ("0.0.0.0", "127.0.0.1", "0.0.0.0"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_where_the_port_is_published_is_where_the_collector_looks(
    tmp_path: Path, address: str, near: str, told: str
) -> None:
    provision(tmp_path, settings(mqtt_address=address), chown=Owners())
    where = remembered(tmp_path / "setup")
    assert urlsplit((tmp_path / "collector" / "broker").read_text()).hostname == near
    assert where is not None
    assert where.address == told


def test_behind_tls_other_machines_are_told_so(tmp_path: Path) -> None:
    provision(tmp_path, settings(mqtt_cert_file="/certs/tls.crt"), chown=Owners())
    where = remembered(tmp_path / "setup")
    assert where is not None
    assert (where.remote_scheme, where.remote_port, bool(where.address)) == ("mqtts", 8883, True)


def test_the_broker_gets_its_files_with_the_accounts_of_further_machines(tmp_path: Path) -> None:
    provision(tmp_path, settings(), chown=Owners())
    Integrations(integrations_path(tmp_path / "setup")).add("pi", [], "collector")
    assert provision(tmp_path, settings(), chown=Owners()) == []
    users = (tmp_path / "mosquitto" / "passwords").read_text().splitlines()
    assert [line.split(":")[0] for line in users] == [
        "pi",
        "alerts",
        "bridge",
        "dashboard",
        "devices",
        "reader",
        "nas",
    ]
    text = (tmp_path / "mosquitto" / "mosquitto.conf").read_text()
    assert "listener 1883 0.0.0.0\n" in text
    assert "persistence_location /mosquitto/data/\n" in text
    assert re.search(r"^user mosquitto$", text, re.MULTILINE)


def test_a_host_that_is_called_like_a_service_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="PERFWATCH_HOST"):
        provision(tmp_path, Settings(host="bridge"), chown=Owners())
    assert list(tmp_path.iterdir()) == []


def test_a_history_in_sqlite_is_shared_by_bridge_and_dashboard(tmp_path: Path) -> None:
    owners, history = Owners(), tmp_path / "history" / "history.db"
    provision(tmp_path / "secrets", settings(), history, owners)
    shared = (USERS["bridge"], USERS["dashboard"])
    assert (owners.of[history], owners.of[history.parent]) == (shared, shared)
    assert stat.S_IMODE(history.stat().st_mode) == 0o660
    assert stat.S_IMODE(history.parent.stat().st_mode) == 0o2770


def test_a_history_that_is_there_keeps_what_is_in_it(tmp_path: Path) -> None:
    history = tmp_path / "history.db"
    history.write_bytes(b"readings")
    provision(tmp_path / "secrets", settings(), history, Owners())
    assert history.read_bytes() == b"readings"


def test_the_images_run_as_the_users_who_own_the_folders() -> None:
    text = (ROOT / "Dockerfile").read_text()
    ours = {name: str(USERS[name]) for name in ("collector", "bridge", "alerts", "devices", "dashboard")}
    assert re.findall(r"^USER (\d+)$", text, re.MULTILINE) == list(ours.values())
    accounts = (ROOT / "docker" / "rootfs.sh").read_text()
    assert dict(re.findall(r"^(\w+):x:(1\d{4}):", accounts, re.MULTILINE)) == ours


def test_the_accounts_are_kept_where_perfwatch_host_looks(tmp_path: Path) -> None:
    provision(tmp_path, settings(), chown=Owners())
    kept = json.loads((tmp_path / "setup" / "secrets" / "mqtt.json").read_text())
    assert set(kept) == {"alerts", "bridge", "dashboard", "devices", "reader", "nas"}
