"""`perfwatch host`: another machine's collector, let in while `perfwatch up` runs, and turned away again."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwatch.admin.join.invitation import invitations
from perfwatch.admin.mosquitto import Listening, remember
from perfwatch.admin.remote_hosts import docker_command, service_command
from perfwatch.setting_sources import load
from tests.certificates import self_signed
from tests.servers import free_port, wait_until
from tests.stack import COMMAND, PASSWORD, Person, Service, Stack, environment

# Another address of the loopback stands for the network.
NETWORK = "127.0.0.2"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    self_signed(folder, f"IP:{NETWORK}")
    return folder


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Stack]:
    options = ["--host", "server", "--mqtt-address", NETWORK, "--mqtt-tls-port", str(free_port())]
    options += ["--mqtt-cert-file", str(certificate / "cert.pem")]
    options += ["--mqtt-key-file", str(certificate / "key.pem")]
    folder = Path(tmp_path_factory.mktemp("stack"))
    with Stack(folder, "--interval", "0.5", *options, admin_password=PASSWORD) as stack:
        yield stack


def cli(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "perfwatch.cli", "host", *arguments, "--data-dir", str(stack.folder / "data")]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)


def listed(stack: Stack) -> list[str]:
    return [line.split()[0] for line in cli(stack, "list").stdout.splitlines()]


def host(stack: Stack, name: str) -> dict[str, str]:
    hosts = Person(stack.url).get("/api/hosts").json()["hosts"]
    return next((one for one in hosts if one["host"] == name), {})


def test_a_machine_that_was_added_publishes_over_tls_until_it_is_removed(
    stack: Stack, certificate: Path, tmp_path: Path
) -> None:
    added = cli(stack, "add", "pi", "--docker", "--server", NETWORK)
    assert added.returncode == 0, added.stderr
    found = re.search(r"mqtts://pi:\S+@127\.0\.0\.2:\d+", added.stdout)
    assert found, added.stdout
    settings = {"broker": found[0], "broker_ca_file": str(certificate / "cert.pem"), "host": "pi"}
    with Service(["collector"], tmp_path, data_dir=str(tmp_path), interval="500ms", **settings) as collector:
        wait_until(lambda: host(stack, "pi").get("status") == "online", "the dashboard sees the new machine")
        assert "pi" in listed(stack)
        assert cli(stack, "remove", "pi").returncode == 0
        assert "pi" not in listed(stack)
        wait_until(lambda: host(stack, "pi").get("status") == "offline", "the broker turned it away")
        wait_until(lambda: "ot authorized" in collector.output(), "the collector says why")
    wait_until(lambda: kept(stack, "pi") == [], "nobody waits for it: neither its rules nor Home Assistant")


def kept(stack: Stack, name: str) -> list[str]:
    """Topics that say that such a machine is expected."""
    topics = f"perfwatch/{name}/status perfwatch/{name}/alert/# homeassistant/#".split()
    wanted = [word for topic in topics for word in ("-t", topic)]
    url = stack.credentials("reader")
    asked = ["mosquitto_sub", "-L", f"{url}/none", *wanted, "-W", "1", "-F", "%t", "--retained-only"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return [topic for topic in found if name in re.split("[/_]", topic)]


def test_a_name_is_given_once(stack: Stack) -> None:
    assert cli(stack, "add", "twice", "--docker").returncode == 0
    again = cli(stack, "add", "twice", "--docker")
    assert (again.returncode, again.stdout) == (1, "")
    assert "The broker has an account 'twice' already" in again.stderr
    assert cli(stack, "add", "server", "--docker").returncode == 1
    assert "no account 'nobody' to remove" in cli(stack, "remove", "nobody").stderr


def test_a_dashboard_of_this_machine_only_says_how_to_open_it(stack: Stack) -> None:
    added = cli(stack, "add", "closed")
    assert (added.returncode, added.stdout) == (1, "")
    assert "Start it for them too: `perfwatch up --mqtt-address 0.0.0.0 --address 0.0.0.0`" in added.stderr
    assert "closed" not in listed(stack)


def test_an_invitation_that_nobody_took_is_taken_back(stack: Stack) -> None:
    invitations(stack.folder / "data").make("late")
    removed = cli(stack, "remove", "late")
    assert removed.returncode == 0
    assert "late has not joined; its line does not work any more" in removed.stderr
    assert cli(stack, "remove", "late").returncode == 1


def test_where_no_dashboard_hands_us_out_the_account_is_made_at_once(tmp_path: Path) -> None:
    """As in the stack of containers, whose setup knows of a broker only."""
    remember(tmp_path, Listening(1883, "0.0.0.0"))
    command = [*COMMAND, "perfwatch.cli", "host", "add", "pi", "--data-dir", str(tmp_path)]
    added = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert "install them on pi in /opt/perfwatch, as docs/collector.md says" in added.stderr
    assert "PERFWATCH_BROKER_FILE=/dev/stdin /opt/perfwatch/bin/perfwatch" in added.stdout


def test_the_command_hands_the_password_over_on_standard_input(tmp_path: Path) -> None:
    broker = "mqtt://o'pi:secret@server:1883"
    line = service_command("o'pi", broker)
    # The shell runs it with a sudo that shows its words and what it is given.
    (tmp_path / "sudo").write_text('#!/bin/sh\nprintf "%s\\n" "$@"; cat >&2\n')
    (tmp_path / "sudo").chmod(0o755)
    ran = subprocess.run(
        ["sh", "-c", line],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == f"{broker}\n"
    assert "secret" not in ran.stdout
    assert "install-service\n--host\no'pi\n" in ran.stdout


def test_the_command_for_docker_keeps_the_password_in_a_private_file(tmp_path: Path) -> None:
    line = docker_command("pi", "mqtt://pi:secret@server:1883").split(" && ")[0]
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    kept = tmp_path / "collector.env"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert load(dict(row.split("=", 1) for row in kept.read_text().splitlines())).host_id == "pi"
