"""What another machine runs, as root, to join: it makes the collector a service with an account of its own.

The line of `perfwatch host add` fetches this file from the dashboard, checks its hash and runs it. Nothing
of ours is there yet, so it imports only what Python has. Python 3.7 reads it, to be told that it is too old.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

# Filled in by the server: `offer.lay_out`.
GIVEN: dict[str, Any] = {}

FOLDER = Path("/opt/perfwatch")
OLDEST = (3, 11)


def main(url: str, host: str, code: str) -> None:
    """Install from the dashboard at `url`, and exchange the one-time `code` for the account of `host`."""
    reasons = hindrances()
    if reasons:
        raise SystemExit("\n- ".join(["Nothing was changed.", *reasons]))
    os.umask(0o022)  # the service's user must be able to read it
    server = str(urlsplit(url).hostname)
    reach(server)
    install(url)
    bracketed = f"[{server}]" if ":" in server else server
    login = f"{quote(host, safe='')}:{account(url, code)}"
    start(host, f"{GIVEN['scheme']}://{login}@{bracketed}:{GIVEN['port']}")


def hindrances() -> list[str]:
    """All that keeps this machine from joining, each as a sentence."""
    found = []
    if os.geteuid() != 0:
        found.append("Only root may do this: become root with `su -`, and paste the line again.")
    if sys.version_info < OLDEST:
        found.append(f"PerfWatch needs Python 3.11 or newer, and this is {sys.version.split()[0]}.")
    if find_spec("ensurepip") is None:
        found.append("Python's venv module is missing: apt-get install -y python3-venv")
    if not Path("/run/systemd/system").is_dir():
        found.append("systemd does not run here, so nothing would start the collector: docs/collector.md")
    if FOLDER.exists() and any(FOLDER.iterdir()) and not (FOLDER / "pyvenv.cfg").exists():
        found.append(f"{FOLDER} is there, and is no virtual environment: move it away.")
    return found


def reach(server: str) -> None:
    """Connect to the broker, before anything is installed and the code is used up."""
    try:
        with socket.create_connection((server, GIVEN["port"]), timeout=10) as connection:
            if GIVEN["scheme"] == "mqtts":
                trusted = ssl.create_default_context(cadata=GIVEN["ca"] or None)
                trusted.wrap_socket(connection, server_hostname=server).close()
    except OSError as error:
        where = f"{GIVEN['scheme']}://{server}:{GIVEN['port']}"
        raise SystemExit(f"Nothing was changed: {where}, the broker, cannot be reached: {error}") from None


def install(url: str) -> None:
    """A virtual environment in FOLDER with the server's wheel and the packages of its lock, all hashed."""
    print(f"Installing PerfWatch in {FOLDER} …", flush=True)  # noqa: T201
    run([sys.executable, "-m", "venv", str(FOLDER)])
    lock = FOLDER / "requirements.lock"
    ours = f"{url}/join/{GIVEN['wheel']} --hash=sha256:{GIVEN['sha256']}\n"
    lock.write_text(GIVEN["lock"] + ours)
    pip = [f"{FOLDER}/bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    pip += ["--require-hashes", "--only-binary=:all:", "--force-reinstall", "-r", str(lock)]
    trusted = str(urlsplit(url).hostname)
    served = ["--no-index", f"--find-links={url}/join/wheels/", f"--trusted-host={trusted}"]
    # What the server has may be for another Python or processor: then the index has it.
    if not GIVEN["wheels"] or subprocess.run([*pip, *served], capture_output=True).returncode:
        run(pip)


def run(command: list[str], given: str = "") -> None:
    """Run `command` with `given` as its input. It says itself what goes wrong; we end then."""
    if subprocess.run(command, input=given.encode()).returncode:
        raise SystemExit(f"PerfWatch was not installed: `{' '.join(command[:3])} …` failed, as it says above")


def account(url: str, code: str) -> str:
    """The password of our account, which is made now. Neither it nor the code crosses the network."""
    body = json.dumps({"id": identity(secret(code))}).encode()
    request = urllib.request.Request(f"{url}/join/account", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return password(secret(code), json.load(answer)["salt"])
    except urllib.error.HTTPError as error:
        raise SystemExit(f"No account was made: {json.load(error)['detail']}") from None


def secret(code: str) -> bytes:
    """What server and machine both know of a code, and nobody between them."""
    return hashlib.sha256(code.encode()).digest()


def identity(known: bytes) -> str:
    """By what a code is named on the network."""
    return hashlib.sha256(known).hexdigest()


def password(known: bytes, salt: str) -> str:
    """The password that both derive. `salt` (hex) is made at the exchange: a used code is worth nothing."""
    derived = hmac.new(known, bytes.fromhex(salt), "sha256").digest()
    return base64.urlsafe_b64encode(derived).decode().rstrip("=")


def start(host: str, broker: str) -> None:
    """Make the collector a service. The address `broker` has the password: it goes over standard input."""
    options = ["--host", host, *GIVEN["options"]]
    if GIVEN["ca"]:
        authority = FOLDER / "broker-ca.pem"
        authority.write_text(GIVEN["ca"])
        options += ["--broker-ca-file", str(authority)]
    command = [f"{FOLDER}/bin/perfwatch", "collector", "install-service", *options]
    run(["env", "PERFWATCH_BROKER_FILE=/dev/stdin", *command], broker)


if __name__ == "__main__":
    main(*sys.argv[2:])
