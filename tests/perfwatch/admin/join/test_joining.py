"""The line of `perfwatch host add`, pasted on another machine."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwatch.admin.join.offer import UNDO
from tests.certificates import self_signed
from tests.perfwatch.admin.join.other_machine import SERVER, Network, OtherMachine, running, why_not
from tests.servers import free_port, wait_until
from tests.stack import COMMAND, PASSWORD, Person, Stack, environment

ROOT = Path(__file__).parents[4]
WHY_NOT = why_not()
pytestmark = [pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT), pytest.mark.timeout(600)]


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own folder, which the service's user could not enter.
    with tempfile.TemporaryDirectory(prefix="perfwatch-", dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of a collector for the Python of this system."""
    place = Path(tmp_path_factory.mktemp("wheels"))
    fetch = [
        "-m",
        "pip",
        "--quiet",
        "download",
        "--require-hashes",
        "--only-binary=:all:",
        "--dest",
        str(place),
    ]
    done = subprocess.run(
        [
            sys.executable,
            *fetch,
            "-r",
            str(ROOT / "collector" / "requirements.lock"),
            "--python-version=3.11",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"pip reaches no package index: {done.stderr.strip().splitlines()[-1]}")
    return place


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with Network() as network:
        yield network


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, network: Network, wheels: Path) -> Iterator[Stack]:
    """A PerfWatch for that network: its broker speaks TLS by a certificate that nobody signed."""
    folder = Path(tmp_path_factory.mktemp("server"))
    self_signed(folder, f"IP:{SERVER}")
    (folder / "data").mkdir()
    wheels.rename(folder / "data" / "wheels")
    options = ["--host", "server", "--interval", "0.5", "--address", SERVER, "--mqtt-address", SERVER]
    options += ["--mqtt-cert-file", str(folder / "cert.pem"), "--mqtt-key-file", str(folder / "key.pem")]
    options += ["--mqtt-tls-port", str(free_port()), "--topic-prefix", "home"]
    with Stack(folder, *options, admin_password=PASSWORD) as stack:
        stack.url = f"http://{SERVER}:{stack.port}"
        yield stack


def host(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "perfwatch.cli", "host", *arguments, "--data-dir", str(stack.folder / "data")]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)


def line_for(stack: Stack, name: str) -> str:
    made = host(stack, "add", name, "--server", SERVER)
    assert made.returncode == 0, made.stderr
    assert f"Paste this on {name} within 15 minutes" in made.stderr
    assert made.stdout.count("\n") == 1
    return made.stdout


def status(stack: Stack, name: str) -> str | None:
    hosts = Person(stack.url).get("/api/hosts").json()["hosts"]
    return next((one["status"] for one in hosts if one["host"] == name), None)


def test_a_machine_without_internet_joins_publishes_and_leaves(
    server: Stack, network: Network, folder: Path
) -> None:
    machine = OtherMachine(folder, network.within)
    line = line_for(server, "pi")
    assert "pi" not in host(server, "list").stdout
    joined = machine.run(line)
    assert joined.returncode == 0, joined.stderr
    assert "perfwatch-collector runs" in joined.stdout
    assert "restart perfwatch-collector" in machine.told_systemd()
    settings = (folder / "etc/perfwatch/collector.env").read_text()
    assert 'PERFWATCH_BROKER="mqtts://pi:' in settings
    assert 'PERFWATCH_TOPIC_PREFIX="home"' in settings
    password = re.search(r"pi:([^@]+)@", settings)
    assert password is not None
    assert password[1] not in line + joined.stdout + joined.stderr
    with running(machine):
        wait_until(lambda: status(server, "pi") == "online", "the new machine publishes")
    again = machine.run(line)
    assert (again.returncode, "This code was used already" in again.stderr) == (1, True), again.stderr
    assert host(server, "remove", "pi").stderr.strip().endswith(UNDO)
    assert machine.run(UNDO).returncode == 0
    assert [
        path
        for path in ((folder / "opt/perfwatch"), (folder / "etc/perfwatch/collector.env"))
        if path.exists()
    ] == []


def test_a_script_that_was_changed_on_its_way_is_not_run(
    server: Stack, network: Network, folder: Path
) -> None:
    machine = OtherMachine(folder, network.within)
    line = line_for(server, "changed")
    script = server.folder / "data/join/join.py"
    script.write_bytes(script.read_bytes() + b"\nprint('evil')\n")
    ran = machine.run(line)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "Nothing was run: the script is not the one of this line. Have a new line made\n"


def test_a_wheel_that_was_changed_on_its_way_is_not_installed(
    server: Stack, network: Network, folder: Path
) -> None:
    machine = OtherMachine(folder, network.within)
    line = line_for(server, "changed")
    wheel = next((server.folder / "data/join").glob("*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    ran = machine.run(f"PIP_RETRIES=0 PIP_DEFAULT_TIMEOUT=1; export PIP_RETRIES PIP_DEFAULT_TIMEOUT\n{line}")
    assert ran.returncode == 1
    assert "DO NOT MATCH THE HASHES" in ran.stderr
    assert not (folder / "opt/perfwatch/bin/perfwatch").exists()
    assert machine.told_systemd() == []


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("rmdir /run/systemd/system; ", "systemd does not run here"),
        ("mkdir /opt/perfwatch; touch /opt/perfwatch/mine; ", "is no virtual environment: move it away"),
        ("ip link set far down; ", "Network is unreachable"),
    ],
)
def test_what_keeps_a_machine_from_joining_is_said_before_anything_changes(
    server: Stack, network: Network, folder: Path, before: str, sentence: str
) -> None:
    machine = OtherMachine(folder, network.within)
    ran = machine.run(before + line_for(server, "hindered"))
    subprocess.run(["ip", "-n", network.name, "link", "set", "far", "up"], check=True)
    assert ran.returncode == 1
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (folder / "opt/perfwatch/bin").exists()


def test_a_broker_under_another_name_than_its_certificates_costs_no_code(
    server: Stack, network: Network, folder: Path
) -> None:
    machine = OtherMachine(folder, network.within)
    with (folder / "etc/hosts").open("a") as names:
        names.write(f"{SERVER} other.lan\n")
    line = host(server, "add", "named", "--server", "other.lan").stdout
    ran = machine.run(line)
    assert ran.returncode == 1
    assert "Nothing was changed: mqtts://other.lan:" in ran.stderr
    assert "certificate verify failed" in ran.stderr
    assert "has not joined; its line does not work any more" in host(server, "remove", "named").stderr


def test_a_user_who_is_not_root_is_told_so(server: Stack, network: Network, folder: Path) -> None:
    line = line_for(server, "hindered")
    (folder / "line").write_text(line)
    (folder / "line").chmod(0o644)
    machine = OtherMachine(folder, network.within)
    ran = machine.run(f"setpriv --reuid=65534 --regid=65534 --clear-groups sh {folder}/line")
    assert "Only root may do this" in ran.stderr


def test_without_python_the_line_says_what_to_install(server: Stack, folder: Path) -> None:
    for name in ("sh", "mount", "unshare"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    ran = subprocess.run(
        ["/bin/sh", "-c", line_for(server, "bare")],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "Python is missing. First, as root: apt-get install -y python3-venv\n"


def test_a_machine_with_the_internet_takes_its_packages_from_the_index(
    network: Network, wheels: Path, tmp_path: Path, folder: Path
) -> None:
    options = ["--host", "server", "--address", SERVER, "--mqtt-address", SERVER]
    # What the server has is for another Python.
    (tmp_path / "data" / "wheels").mkdir(parents=True)
    (tmp_path / "data" / "wheels" / "msgspec-0.22.0-cp39-none-any.whl").write_bytes(b"")
    with Stack(tmp_path, *options, admin_password=PASSWORD) as stack:
        stack.url = f"http://{SERVER}:{stack.port}"
        machine = OtherMachine(folder)
        # Found out: it is what this one listens on.
        line = host(stack, "add", "pi").stdout
        joined = machine.run(line)
        assert joined.returncode == 0, joined.stderr
        with running(machine):
            wait_until(lambda: status(stack, "pi") == "online", "the new machine publishes")
