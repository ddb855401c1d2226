"""The line by which another machine joins, and what the dashboard hands out to it."""

from __future__ import annotations

import hashlib
import shlex
import socket
import ssl
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path

import msgspec
from msgspec import Struct

from perfwatch import settings
from perfwatch.admin.broker_accounts import Integrations, integrations_path
from perfwatch.admin.join.invitation import invitations
from perfwatch.admin.mosquitto import Accounts, Listening, accounts_path, remembered
from perfwatch.errors import StartError
from perfwatch.files import write_private
from perfwatch.settings import Settings

SCRIPT = "join.py"

UNDO = "sh -c '/opt/perfwatch/bin/perfwatch collector uninstall-service --purge && rm -r /opt/perfwatch'"
"""What takes all of it from a machine again, for root."""

# -I: a file of the current directory must not be imported in the place of one of Python's.
_FETCH = (
    "import sys,hashlib,urllib.request as web;"
    'sys.excepthook=lambda kind,error,trace:print("PerfWatch was not installed:",error,file=sys.stderr);'
    f'script=web.urlopen(sys.argv[2]+"/join/{SCRIPT}",timeout=30).read();'
    "hashlib.sha256(script).hexdigest()==sys.argv[1] or "
    'sys.exit("Nothing was run: the script is not the one of this line. Have a new line made");'
    "exec(script)"
)
_LINE = (
    "if command -v python3 >/dev/null; then $(command -v sudo) python3 -Ic {fetch} {arguments}; "
    "else echo 'Python is missing. First, as root: apt-get install -y python3-venv'; fi"
)


class Dashboard(Struct):
    """Where `perfwatch up` has the dashboard listen, `options` that all its collectors need, and its host."""

    address: str
    port: int
    options: list[str]
    host: str = ""


def remember(folder: Path, chosen: Settings) -> None:
    """Note in a data folder what `invite` must know of its `perfwatch up`."""
    shared = ("topic_prefix", "homeassistant_prefix")
    differing = [name for name in shared if getattr(chosen, name) != settings.default(name)]
    options = [word for name in differing for word in (settings.option(name), getattr(chosen, name))]
    noted = Dashboard(chosen.address, chosen.port, options, chosen.host_id)
    write_private(_noted_path(folder), msgspec.json.encode(noted))


def dashboard_of(folder: Path) -> Dashboard | None:
    """None for a data folder that `perfwatch up` never ran with, as in the stack of containers."""
    path = _noted_path(folder)
    return msgspec.json.decode(path.read_bytes(), type=Dashboard) if path.exists() else None


def _noted_path(folder: Path) -> Path:
    return folder / "secrets" / "dashboard_listening.json"


def invite(folder: Path, name: str, server: str = "") -> str:
    """The line to paste on the machine `name`, which reaches this one as `server` (default: found out).

    `server` may be the dashboard's whole URL, behind a proxy. Raises AccountError and StartError.
    """
    where, dashboard = remembered(folder), dashboard_of(folder)
    if where is None or dashboard is None:
        raise StartError(
            "`perfwatch up` has not run with this data folder yet: start it, then try again. In the stack of "
            "containers, `docker compose run --rm setup host add NAME --docker` makes an account"
        )
    check_open(where, "" if "://" in server else dashboard.address)
    taken = Accounts(accounts_path(folder)).passwords
    Integrations(integrations_path(folder)).check(name, taken, "collector")
    url = _url(server or _address(where, dashboard), dashboard.port)
    script = lay_out(folder, where, dashboard)
    arguments = [hashlib.sha256(script).hexdigest(), url, name, invitations(folder).make(name)]
    return _LINE.format(fetch=shlex.quote(_FETCH), arguments=shlex.join(arguments))


def check_open(where: Listening, dashboard: str = "") -> None:
    """Raise StartError when broker or dashboard (an address) listens on this machine only."""
    missing = [] if where.address and not _is_loopback(where.address) else ["--mqtt-address 0.0.0.0"]
    missing += ["--address 0.0.0.0"] if _is_loopback(dashboard) else []
    if missing:
        raise StartError(
            "Other machines cannot reach this one yet. Start it for them too: "
            f"`perfwatch up {' '.join(missing)}` (or set it in .env; docs/remote-hosts.md)"
        )


def lay_out(folder: Path, where: Listening, dashboard: Dashboard) -> bytes:
    """Put what the dashboard hands out into a data folder; returns the script."""
    from perfwatch.admin.join import wheel  # `up` and the dashboard run for months without it

    made = wheel.build()
    given = {
        "wheel": wheel.file_name(),
        "sha256": hashlib.sha256(made).hexdigest(),
        "lock": (files("collector") / "requirements.lock").read_text(),
        "wheels": any(wheels_path(folder).glob("*.whl")),
        "scheme": where.remote_scheme,
        "port": where.remote_port,
        "ca": own_authority(where.cert_file),
        "options": dashboard.options,
    }
    source = (files("perfwatch.admin.join") / "machine.py").read_text()
    script = source.replace("GIVEN: dict[str, Any] = {}", f"GIVEN: dict[str, Any] = {given!r}").encode()
    write_private(offered_path(folder) / wheel.file_name(), made)
    write_private(offered_path(folder) / SCRIPT, script)
    return script


def offered_path(folder: Path) -> Path:
    """What the dashboard of a data folder hands out to anybody."""
    return folder / "join"


def wheels_path(folder: Path) -> Path:
    """Where wheels for machines without a network may be put, as `make bundle` makes them."""
    return folder / "wheels"


def own_authority(certificate: str) -> str:
    """The certificates in that file, when one of them is signed by itself: others must be told of it."""
    if not certificate:
        return ""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificate)
    signed_by_itself = any(one["subject"] == one["issuer"] for one in context.get_ca_certs())
    return Path(certificate).read_text() if signed_by_itself else ""


def _address(where: Listening, dashboard: Dashboard) -> str:
    """By what others reach this machine. Raises StartError when that cannot be found out."""
    if where.cert_file:
        raise StartError("Give the name of this machine in the broker's certificate: --server nas.lan")
    named = [each for each in (dashboard.address, where.address) if each not in ("0.0.0.0", "::")]
    found = named[0] if named else _on_default_route()
    if not found:
        raise StartError(
            "PerfWatch cannot tell under which address others reach this machine. Name it: --server nas.lan"
        )
    return found


def _on_default_route() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # set aside for examples (RFC 5737); UDP sends nothing here
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _url(server: str, port: int) -> str:
    if "://" in server:
        return server.rstrip("/")
    return f"http://{f'[{server}]' if ':' in server else server}:{port}"


def _is_loopback(address: str) -> bool:
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False
