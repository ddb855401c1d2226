"""`perfwatch host`: further machines, whose collectors publish to this one's broker."""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from perfwatch import setting_sources, settings
from perfwatch.admin.addresses import reachable
from perfwatch.admin.broker_accounts import Integrations, integrations_path
from perfwatch.admin.join.invitation import MINUTES, invitations
from perfwatch.admin.join.offer import UNDO, check_open, dashboard_of, invite
from perfwatch.admin.mosquitto import Accounts, Listening, accounts_path, mqtt_url, remembered
from perfwatch.command import explained, options
from perfwatch.errors import AccountError, StartError

_INSTALLED = "/opt/perfwatch/bin/perfwatch"
_BY_HAND = "install them on {} in /opt/perfwatch, as docs/collector.md says, or use --docker"


def host(environ: Mapping[str, str]) -> click.Group:
    """The command group; `environ` is where settings are read from."""

    @click.group()
    def host() -> None:
        """Further machines: who may publish to this one's broker."""

    @host.command()
    @click.argument("name")
    @click.option(
        "--server",
        default="",
        help="Name or address by which that machine reaches this one, or behind a proxy the dashboard's URL.",
    )
    @click.option("--docker", is_flag=True, help="Print a command for a machine that has Docker.")
    @options("data_dir")
    def add(name: str, server: str, docker: bool, **given: str | None) -> None:
        """Print the line by which the machine NAME joins.

        Paste it there: its collector then publishes to the broker here.
        """
        with explained():
            folder = setting_sources.load(environ, **given).data_path
            setting_sources.checked("host", name)
            where = remembered(folder)
            if docker or (where and not dashboard_of(folder)):
                _make_account(folder, name, server, docker)
                return
            line = invite(folder, name, server)
        click.echo(f"Paste this on {name} within {MINUTES} minutes; it works once:", err=True)
        click.echo(line)

    @host.command("list")
    @options("data_dir")
    def list_(**given: str | None) -> None:
        """The machines that have an account, and since when."""
        with explained():
            known = _integrations(setting_sources.load(environ, **given).data_path).all()
        for name, one in sorted(known.items()):
            if one.role == "collector":
                click.echo(f"{name:<24} {one.created_at}")

    @host.command()
    @click.argument("name")
    @options("data_dir")
    def remove(name: str, **given: str | None) -> None:
        """Take the account of the machine NAME away; its history stays."""
        with explained():
            folder = setting_sources.load(environ, **given).data_path
            known = _integrations(folder).all().get(name)
            if known is not None and known.role != "collector":
                raise AccountError(
                    f"{name} is an integration, not a machine: use perfwatch credentials {name} --revoke"
                )
            where = remembered(folder)
            if invitations(folder).withdraw(name) and known is None:
                click.echo(f"{name} has not joined; its line does not work any more", err=True)
                return
            if known is not None and where is not None:
                # The machine is cut off first: what it said after its farewell would bring it back.
                renewed = _integrations(folder).renew(name)
                _say_farewell(name, mqtt_url(name, renewed.password, "127.0.0.1", where.port), environ)
            _integrations(folder).remove(name)
        click.echo(f"To take PerfWatch off {name} too, run there as root: {UNDO}", err=True)

    return host


def _make_account(folder: Path, name: str, server: str, docker: bool) -> None:
    """The account at once, and the command that has its password: for where no dashboard hands us out."""
    where = remembered(folder) or Listening(settings.default("mqtt_port"))
    made = _integrations(folder).add(name, Accounts(accounts_path(folder)).passwords, "collector")
    try:
        check_open(where)
    except StartError as exc:
        click.echo(f"perfwatch: {exc}", err=True)
    address = broker_url(name, made.password, server or server_of(where), where)
    if not docker:
        click.echo(f"The dashboard in a container hands out no packages: {_BY_HAND.format(name)}", err=True)
    click.echo(f"Run this on {name}. Its password is shown this once only:", err=True)
    click.echo(docker_command(name, address) if docker else service_command(name, address))


def broker_url(name: str, password: str, server: str, where: Listening) -> str:
    """The address by which a collector on another machine reaches the broker."""
    url = mqtt_url(name, password, server, where.remote_port)
    return f"{where.remote_scheme}{url.removeprefix('mqtt')}"


def server_of(where: Listening) -> str:
    """By what others reach the broker: its address, or, for a certificate, this machine's name."""
    own = [] if where.cert_file else reachable(where.address or "0.0.0.0")
    return next(iter(own), socket.getfqdn())


def service_command(name: str, broker: str) -> str:
    """One line that makes the collector a service. No argument has the password: `ps` shows those."""
    start = f"{_INSTALLED} collector install-service --host {shlex.quote(name)}"
    return f"echo {shlex.quote(broker)} | sudo PERFWATCH_BROKER_FILE=/dev/stdin {start}"


def docker_command(name: str, broker: str) -> str:
    """One line that writes the settings of docker-compose.collector.yml and starts it."""
    lines = f"PERFWATCH_HOST={name}\nPERFWATCH_BROKER={broker}\n"
    return (
        f"(umask 077; printf %s {shlex.quote(lines)} > collector.env)"
        " && docker compose -f docker-compose.collector.yml up -d"
    )


def _say_farewell(name: str, broker: str, environ: Mapping[str, str]) -> None:
    """Have the broker remember that host as offline. One that is down is told by nobody, which is said."""
    passed = dict(environ) | {settings.variable("broker"): broker, settings.variable("host"): name}
    # -P: a folder named like a service in the current directory must not be run in its place.
    command = [sys.executable, "-P", "-m", "collector.forget_host", "farewell"]
    ended = subprocess.run(command, env=passed, capture_output=True, text=True, check=False, timeout=60)
    if ended.returncode:
        click.echo(f"{name} keeps its last status on the broker: {ended.stderr.strip()}", err=True)


def _integrations(folder: Path) -> Integrations:
    return Integrations(integrations_path(folder))
