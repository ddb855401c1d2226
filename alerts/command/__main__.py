"""`perfwatch alerts`: what fires, and the channels on which that is told."""

from __future__ import annotations

import asyncio
import os
import sys
import time

import click
import msgspec

from alerts.channels import SEVERITIES, Channel, Channels, channels_path, send, test_message
from perfwatch import setting_sources, settings
from perfwatch.alerting.rules import Severity
from perfwatch.command import explained, options
from perfwatch.errors import ChannelError

_HELP = {"help_option_names": ["-h", "--help"]}


@click.group("alerts", invoke_without_command=True, context_settings=_HELP)
@options("broker", "broker_ca_file", "topic_prefix", "data_dir")
@click.option("--all", "everything", is_flag=True, help="Also what is well.")
@click.pass_context
def main(context: click.Context, /, everything: bool, **given: str | None) -> None:
    """List the alerts on the broker. Ends with 1 when one fires, or when nobody watches.

    Where `perfwatch up` runs, its own broker is asked.
    """
    if context.invoked_subcommand is not None:
        return
    from alerts.command.listing import lines, look
    from perfwatch.admin.mosquitto import account_here

    with explained():
        chosen = setting_sources.load(os.environ, **given)
        if given["broker"] is None and chosen.broker == settings.default("broker"):
            account = account_here(chosen.data_path, "reader")
            chosen = msgspec.structs.replace(chosen, broker=account or chosen.broker)
        seen = look(chosen)
    click.echo("\n".join(lines(seen, everything)))
    well = seen.summary is not None and seen.summary.online and not seen.summary.firing
    sys.exit(0 if well else 1)


@main.group(context_settings=_HELP)
def channel() -> None:
    """Where messages go.

    A channel is a webhook, or an address of Apprise's (ntfys://, mailtos://, tgram://, …).
    """


@channel.command("list", context_settings=_HELP)
@options("data_dir")
def list_channels(**given: str | None) -> None:
    """The channels; their addresses are secrets and are not shown."""
    with explained():
        for name, one in _channels(given).all().items():
            click.echo(f"{name}  {one.kind}://…  {', '.join(one.severities)}")


@channel.command(context_settings=_HELP)
@click.argument("name")
@click.option("--severity", "severities", multiple=True, type=click.Choice(SEVERITIES), help="Only these.")
@options("data_dir")
def add(name: str, severities: tuple[str, ...], **given: str | None) -> None:
    """Add a channel called NAME, or change it. Its address is asked for, or read from standard input."""
    with explained():
        url = click.prompt("Address", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
        chosen = msgspec.convert(severities or SEVERITIES, tuple[Severity, ...])
        _channels(given).add(name, Channel(url.strip(), chosen))


@channel.command(context_settings=_HELP)
@click.argument("name")
@options("data_dir")
def remove(name: str, **given: str | None) -> None:
    """Take a channel away."""
    with explained():
        _channels(given).remove(name)


@channel.command(context_settings=_HELP)
@click.argument("name")
@options("data_dir")
def test(name: str, **given: str | None) -> None:
    """Send a message on a channel now, and say what its server answers."""
    with explained():
        known = _channels(given).all()
        if name not in known:
            raise ChannelError(f"There is no channel {name!r} (there are: {', '.join(known) or 'none yet'})")
        asyncio.run(send(known[name], test_message(time.time())))
    click.echo("sent")


def _channels(given: dict[str, str | None]) -> Channels:
    return Channels(channels_path(setting_sources.load(os.environ, **given).data_path))


if __name__ == "__main__":
    main()
