"""The `perfwatch` command."""

from __future__ import annotations

import os
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from perfwatch import checks, distribution, log, setting_sources, settings
from perfwatch.admin import up_service
from perfwatch.admin.broker_accounts import HOME_ASSISTANT, Integrations, integrations_path
from perfwatch.admin.mosquitto import Accounts, accounts_path, remembered
from perfwatch.admin.remote_hosts import broker_url, host, server_of
from perfwatch.admin.secret import secret
from perfwatch.admin.token import token
from perfwatch.admin.user import user
from perfwatch.command import explained, options, with_commands
from perfwatch.devices import file as devices_file
from perfwatch.env_file import read_env_file
from perfwatch.errors import AccountError, StartError
from perfwatch.history.influx import url as influx_url
from perfwatch.history.transfer.subcommands import commands

# What a service needs beyond the collector's packages, and the extra that brings it.
_EXTRAS = {
    "alerts": ("mqtt5", "alerts"),
    "bridge": ("mqtt5", "bridge"),
    "dashboard": ("streamlit", "dashboard"),
    "devices": ("jinja2", "devices"),
}
_PASS_ON = {"ignore_unknown_options": True, "help_option_names": []}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(distribution.VERSION, prog_name="perfwatch")
def main() -> None:
    """Watch machines over MQTT. `perfwatch up` starts all of it here."""


_OF_UP = (
    *("data_dir", "port", "mqtt_port", "mqtt_address", "mqtt_cert_file", "mqtt_key_file", "mqtt_tls_port"),
    *("interval", "address", "host", "topic_prefix", "broker", "broker_ca_file", "devices", "devices_zone"),
    "log_level",
)


@click.command()
@options(*_OF_UP)
@click.option(
    "--env-file", type=click.Path(path_type=Path), help="Settings as lines NAME=VALUE, as for docker."
)
def up(env_file: Path | None, **given: str | None) -> None:
    """Run all of PerfWatch on this machine, until Ctrl-C.

    Broker, collector, bridge and dashboard are its children; one that dies is started again. With a broker
    of your own, in --broker or PERFWATCH_BROKER, it starts none.
    """
    with explained():
        environ = (read_env_file(env_file) if env_file else {}) | os.environ
        chosen = setting_sources.load(environ, **given)
        log.set_up("up", chosen.log_level)
        for name in setting_sources.unknown_variables(environ):
            _say(f"  {name} is not a setting and has no effect (docs/settings.md)")
        for service in _EXTRAS:
            if service != "devices" or devices_file.is_on(chosen):
                _need(service)
        from perfwatch.admin.up import run

        variables = (settings.variable("broker"), f"{settings.variable('broker')}_FILE")
        run(chosen, environ, _say, bool(given["broker"] or any(map(environ.get, variables))))


@main.command()
@click.argument("account")
@options("data_dir", "mqtt_port", "homeassistant_prefix")
@click.option("--new", is_flag=True, help="Make the account first. It may read everything and write nothing.")
@click.option(
    "--writes",
    multiple=True,
    metavar="FILTER",
    help="Topics that it may also read and write. Makes the account if need be.",
)
@click.option("--revoke", is_flag=True, help="Take the account away: the broker refuses it from then on.")
def credentials(account: str, new: bool, writes: tuple[str, ...], revoke: bool, **given: str | None) -> None:
    """Print the MQTT URL of a broker ACCOUNT for an integration.

    `reader` reads everything of PerfWatch. `homeassistant` also writes homeassistant/#, as Home Assistant
    needs; it is made when it is asked for the first time.
    """
    with explained():
        chosen = setting_sources.load(os.environ, **given)
        accounts = Accounts(accounts_path(chosen.data_path))
        integrations = Integrations(integrations_path(chosen.data_path))
        if revoke:
            integrations.remove(account)
            return
        if account == HOME_ASSISTANT and account in accounts.passwords:
            raise AccountError(
                f"The host here is called {account}, and so its account is: make Home Assistant another with"
                f" `perfwatch credentials ha --writes '{chosen.homeassistant_prefix}/#'`"
            )
        known = integrations.all()
        if writes and not new and account in known and known[account].role != "collector":
            integrations.allow(account, writes)
        elif new or writes or (account == HOME_ASSISTANT and account not in known):
            integrations.add(account, accounts.passwords, writes=writes)
        accounts.passwords |= {name: one.password for name, one in integrations.all().items()}
        where = remembered(chosen.data_path)
        port = where.port if where and not given["mqtt_port"] else chosen.mqtt_port
        click.echo(accounts.url(account, port))
        if where and where.address:
            url = broker_url(account, accounts.passwords[account], server_of(where), where)
            click.echo(f"From another machine: {url}", err=True)


@main.command()
@options("broker", "broker_ca_file", "topic_prefix", "host", "data_dir", "history", "address", "port")
@click.option("--json", "in_json", is_flag=True, help="Print JSON instead of a table.")
def doctor(in_json: bool, **given: str | None) -> None:
    """Tell what works here, what does not, and what to do.

    Exit code 1: something does not work.
    """
    with explained():
        from perfwatch.admin.doctor import examine

        found = examine(setting_sources.load(os.environ, **given), os.environ, given)
    click.echo(checks.as_json(found) if in_json else checks.as_table(found))
    sys.exit(0 if checks.well(found) else 1)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@options("host", "topic_prefix", "history", "mqtt_port", "mqtt_address", "mqtt_cert_file", "mqtt_tls_port")
@click.option("--influx-tokens", is_flag=True, help="Instead: give each service its own token for InfluxDB.")
def provision(folder: Path, influx_tokens: bool, **given: str | None) -> None:
    """Make the secrets of a stack of containers in FOLDER.

    FOLDER is a volume; what is there already stays.
    """
    with explained():
        from perfwatch.admin.provision import provision

        chosen = setting_sources.load(os.environ, **given)
        if influx_tokens:
            from perfwatch.admin.influx_tokens import give_tokens

            address = influx_url.parse(chosen.history_url, settings.variable("history"))
            give_tokens(folder.absolute(), address, os.chown, click.echo)
            return
        made = provision(folder.absolute(), chosen, sqlite_path(chosen) if chosen.history else None)
    click.echo(f"made: {', '.join(made)}" if made else "every secret is there already")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options("data_dir", "history")
def backup(file: Path, **given: str | None) -> None:
    """Write history, accounts and secrets to FILE.

    Everything may run meanwhile.
    """
    with explained():
        from perfwatch.admin.backup import back_up

        chosen = setting_sources.load(os.environ, **given)
        with click.progressbar(length=100, label="Copying the history", file=sys.stderr) as bar:
            made = back_up(
                chosen.data_path,
                sqlite_path(chosen),
                file.absolute(),
                lambda share: bar.update(int(100 * share) - bar.pos),
            )
    click.echo(f"{file} is as secret as what is in it ({file.stat().st_size:,} bytes)", err=True)
    if not made.history:
        click.echo(f"The history on {chosen.history_shown} is not in it: docs/backup.md", err=True)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options("data_dir", "history")
def restore(file: Path, **given: str | None) -> None:
    """Unpack a backup FILE into a data folder that is empty."""
    with explained():
        from perfwatch.admin.backup import restore

        chosen = setting_sources.load(os.environ, **given)
        found = restore(file, chosen.data_path, sqlite_path(chosen))
    click.echo(f"{chosen.data_path} is as it was on {found.created_at} (PerfWatch {found.version})")


def sqlite_path(chosen: settings.Settings) -> Path | None:
    """The history's file; None where it is on a server."""
    url = chosen.history_url
    return Path("/" + url.removeprefix("sqlite://").lstrip("/")) if url.startswith("sqlite://") else None


_IN_UNIT = [name for name in _OF_UP if name != "broker"]  # whose URL has a password in it
main.add_command(with_commands(up, up_service.commands(os.environ, *_IN_UNIT)))
for command in (*commands(os.environ), *(made(os.environ) for made in (host, user, token, secret))):
    main.add_command(command)


def _service(name: str, summary: str, module: str = "") -> None:
    @main.command(name, help=summary, context_settings=_PASS_ON, add_help_option=False)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> None:
        with explained():
            _need(name)
            # Services are run, not imported: nothing here depends on them.
            sys.argv = [f"perfwatch {name}", *arguments]
            runpy.run_module(module or name, run_name="__main__")


_service("collector", "Publish this machine's readings to a broker.")
_service("bridge", "Write the readings on a broker to the history.")
_service("devices", "Take in what other MQTT devices publish.")
_service("dashboard", "Serve the pages, the WebSocket and the history's API.")
_service("alerts", "List what fires, and say where that is told.", "alerts.command")
_service("discovery", "What Home Assistant is told of a host.", "collector.forget_host")


def _need(service: str) -> None:
    package, extra = _EXTRAS.get(service, ("", ""))
    if package and find_spec(package) is None:
        raise StartError(f"The {service} needs more packages: {distribution.install_line(extra)}")


def _say(line: str) -> None:
    try:
        click.echo(line)
    except OSError:
        # The terminal went away; what is running here is ended by SIGHUP, not by its last words.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123


if __name__ == "__main__":
    main()
