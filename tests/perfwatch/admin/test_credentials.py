"""Accounts for integrations, made and revoked while `perfwatch up` runs: on its real broker."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwatch.admin.broker_accounts import Integrations
from perfwatch.admin.mosquitto import check_host
from perfwatch.errors import AccountError, SettingError
from tests.servers import Mosquitto, wait_until
from tests.stack import COMMAND, PASSWORD, Dashboard, Person, Stack, environment


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = Path(tmp_path_factory.mktemp("stack"))
    with Stack(folder, "--interval", "0.5", "--host", "nas", admin_password=PASSWORD) as stack:
        yield stack


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Person:
    return Person(stack.url)


def cli(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "perfwatch.cli", "credentials", *arguments, "--data-dir", str(stack.folder / "data")]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)


def listen(url: str, *arguments: str) -> subprocess.Popen[str]:
    command = ["mosquitto_sub", "-V", "5", "-L", f"{url}/perfwatch/+/cpu", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def hears(url: str) -> bool:
    """Whether that account gets readings."""
    return "timestamp" in listen(url, "-C", "1", "-W", "30").communicate(timeout=60)[0]


def refused(url: str) -> bool:
    return "Not authorized" in listen(url, "-C", "1", "-W", "30").communicate(timeout=60)[0]


def test_an_account_is_made_shown_once_and_reads_at_once(stack: Stack, admin: Person) -> None:
    answer = admin.post("/api/credentials", {"name": "grafana"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["url"].startswith("mqtt://grafana:")
    assert made["example"] == f"mosquitto_sub -L '{made['url']}/perfwatch/#' -v"
    assert hears(made["url"])
    listed = admin.get("/api/credentials")
    assert listed.json()["credentials"] == [
        {"name": "grafana", "role": "reader", "writes": [], "created_at": made["created_at"]}
    ]
    assert made["url"].split(":")[2].split("@")[0] not in listed.text
    assert cli(stack, "grafana").stdout.strip() == made["url"]


def test_it_reads_what_a_reader_reads_and_writes_nothing(stack: Stack, admin: Person) -> None:
    url = admin.post("/api/credentials", {"name": "nodered"}).json()["url"]
    for topic in (
        "perfwatch/nas/cpu",
        "perfwatch/nodered/cpu",
        "perfwatch/nas/config/set",
        "homeassistant/device/perfwatch_nodered/config",
    ):
        command = ["mosquitto_pub", "-V", "5", "-q", "1", "-L", f"{url}/{topic}", "-m", "1"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Not authorized" in said.stdout + said.stderr, topic


def publishes(url: str, topic: str) -> bool:
    command = ["mosquitto_pub", "-V", "5", "-q", "1", "-L", f"{url}/{topic}", "-m", "1"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return "Not authorized" not in said.stdout + said.stderr


def test_home_assistant_also_writes_its_own_topics(stack: Stack) -> None:
    url = cli(stack, "homeassistant").stdout.strip()
    wait_until(lambda: not refused(url), "the broker lets it in")
    assert hears(url)
    assert publishes(url, "homeassistant/status")
    assert publishes(url, "homeassistant/device/perfwatch_homeassistant/config")
    for topic in ("perfwatch/nas/cpu", "perfwatch/homeassistant/cpu", "perfwatch/nas/config/set", "else"):
        assert not publishes(url, topic), topic
    assert cli(stack, "homeassistant").stdout.strip() == url
    assert cli(stack, "homeassistant", "--revoke").returncode == 0


def test_one_account_may_write_for_many_devices(stack: Stack) -> None:
    writes = ("--writes", "zigbee2mqtt/#", "--writes", "homeassistant/#")
    url = cli(stack, "zigbee2mqtt", *writes).stdout.strip()
    wait_until(lambda: not refused(url), "the broker lets it in")
    assert publishes(url, "zigbee2mqtt/kitchen")
    assert publishes(url, "homeassistant/sensor/kitchen/config")
    assert not publishes(url, "perfwatch/nas/cpu")


@pytest.mark.parametrize("topics", ["", "a/#/b", "a+/b", "$SYS/#", "a\nuser admin", "a#", " a"])
def test_what_is_no_topic_filter_is_refused(stack: Stack, topics: str) -> None:
    done = cli(stack, "odd", "--writes", topics)
    assert (done.returncode, done.stdout) == (1, "")
    assert "expected a topic filter" in done.stderr or "characters" in done.stderr


def test_a_reader_that_was_made_for_home_assistant_becomes_what_it_needs(tmp_path: Path) -> None:
    old = Integrations(tmp_path / "integrations.json")
    (tmp_path / "integrations.json").write_text(
        '{"homeassistant":{"password":"p","created_at":"2026-11-01T00:00:00.000Z","role":"reader"}}'
    )
    assert old.all()["homeassistant"].role == "homeassistant"


def test_a_revoked_account_is_cut_off_and_refused_and_nobody_else(stack: Stack, admin: Person) -> None:
    url = admin.post("/api/credentials", {"name": "display"}).json()["url"]
    children = stack.children()
    with listen(url) as listener, listen(stack.credentials("reader")) as other:
        assert listener.stdout is not None
        assert other.stdout is not None
        while "timestamp" not in listener.stdout.readline():
            pass
        answer = admin.delete("/api/credentials/display")
        assert answer.status_code == 200, answer.text
        # It comes back by itself, and is refused.
        while "Not authorized" not in listener.stdout.readline():
            pass
        other.stdout.readline()
        listener.terminate()
        other.terminate()
        assert "Not authorized" not in other.stdout.read()
    assert refused(url)
    assert "display" not in admin.get("/api/credentials").text
    assert admin.delete("/api/credentials/display").status_code == 404
    assert stack.children() == children
    assert "is away" not in (stack.folder / "data" / "logs" / "dashboard.log").read_text()


def test_the_command_makes_and_revokes_too(stack: Stack) -> None:
    url = cli(stack, "esp", "--new").stdout.strip()
    assert url == stack.credentials("esp")
    wait_until(lambda: hears(url), "the broker knows the new account")
    assert cli(stack, "esp", "--revoke").returncode == 0
    wait_until(lambda: refused(url), "the broker refuses it")
    assert "no account 'esp' to remove" in cli(stack, "esp", "--revoke").stderr
    assert "already" in cli(stack, "reader", "--new").stderr


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"name": "reader"}, 409, "has an account 'reader' already"),
        ({"name": "nas"}, 409, "has an account 'nas' already"),
        ({"name": "a b"}, 422, "name is 'a b': expected 1 to 32 lowercase letters"),
        ({"name": "x\nuser root"}, 422, "expected 1 to 32"),
        ({"name": 1}, 422, "The body must be"),
        ([], 422, "The body must be"),
    ],
)
def test_a_name_that_cannot_be_is_explained(admin: Person, body: object, status: int, words: str) -> None:
    answer = admin.post("/api/credentials", body)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_accounts_outlive_a_restart(tmp_path: Path) -> None:
    stack = Stack(tmp_path, "--interval", "0.5", admin_password=PASSWORD)
    with stack:
        url = Person(stack.url).post("/api/credentials", {"name": "grafana"}).json()["url"]
    with stack:
        assert hears(url)


def test_beside_another_broker_it_says_where_accounts_are_made(broker: Mosquitto, tmp_path: Path) -> None:
    with Dashboard(tmp_path, broker.url) as server:
        admin = Person(server.url)
        for answer in (
            admin.get("/api/credentials"),
            admin.post("/api/credentials", {"name": "grafana"}),
            admin.delete("/api/credentials/grafana"),
        ):
            assert answer.status_code == 501
            assert "mosquitto_passwd" in answer.json()["detail"]


def test_a_host_cannot_have_an_integrations_name(tmp_path: Path) -> None:
    integrations = Integrations(tmp_path / "integrations.json")
    integrations.add("grafana", ())
    with pytest.raises(SettingError, match="grafana"):
        check_host("grafana", integrations.all())
    check_host("nas", integrations.all())


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "integrations.json").write_text("{")
    with pytest.raises(AccountError, match=r"integrations\.json cannot be read"):
        Integrations(tmp_path / "integrations.json").all()
