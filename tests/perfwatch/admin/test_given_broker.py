"""`perfwatch up --broker`: everything but Mosquitto, against a broker that is there already."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from perfwatch.admin.mosquitto import hashed
from tests.servers import Mosquitto, free_port, wait_until
from tests.stack import COMMAND, PASSWORD, Person, Stack, environment

RULES = """user perfwatch
topic readwrite perfwatch/#
topic readwrite perfwatch-bridge/#
topic write homeassistant/device/#
topic read homeassistant/status
topic read $SYS/broker/version

user weak
topic read perfwatch/#

user blind
topic write perfwatch/#
topic write perfwatch-bridge/#
topic write homeassistant/device/#
"""


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker of somebody else's, with an account that may do what ours needs, and one that may not."""
    (tmp_path / "acl").write_text(RULES)
    lines = [f"{name}:{hashed('secret')}" for name in ("perfwatch", "weak", "blind")]
    (tmp_path / "passwords").write_text("\n".join(lines) + "\n")
    files = f"password_file {tmp_path}/passwords\nacl_file {tmp_path}/acl\n"
    with Mosquitto(tmp_path, f"allow_anonymous false\n{files}") as server:
        yield server


def url(broker: Mosquitto, account: str) -> str:
    return f"mqtt://{account}:secret@127.0.0.1:{broker.port}"


def test_all_of_it_runs_by_one_account(tmp_path: Path, guarded: Mosquitto) -> None:
    options = ("--interval", "500ms", "--host", "nas")
    broker = url(guarded, "perfwatch")
    with Stack(tmp_path, *options, admin_password=PASSWORD, broker=broker) as stack:
        assert (
            f"broker     mqtt://127.0.0.1:{guarded.port}, which PerfWatch does not change" in stack.output()
        )
        assert stack.children().keys() == {"collector", "bridge", "dashboard", "alerts"}
        person = Person(stack.url)

        def stored() -> bool:
            found = person.get("/api/history/metrics/types").json()
            return "memory" in str(found)

        wait_until(stored, "the history has a reading")
        assert httpx.get(f"{stack.url}/health").status_code == 200


@pytest.mark.parametrize(
    ("account", "says"),
    [
        ("weak", "does not let this account write perfwatch/nas/doctor/check or write perfwatch-bridge/"),
        ("blind", "does not let this account read perfwatch/# or read perfwatch-bridge/#"),
        ("nobody", "starts a broker of its own"),
    ],
)
def test_what_an_account_lacks_is_said_before_anything_starts(
    tmp_path: Path, guarded: Mosquitto, account: str, says: str
) -> None:
    command = [*COMMAND, "perfwatch.cli", "up", "--data-dir", str(tmp_path / "data"), "--host", "nas"]
    done = subprocess.run(
        [*command, "--port", str(free_port())],
        env=environment(broker=url(guarded, account)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert says in done.stderr
    assert ("  topic readwrite perfwatch-bridge/#\n" in done.stderr) is (account != "nobody")
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
