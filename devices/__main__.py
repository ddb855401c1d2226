"""`python -m devices`: the devices as a process of their own; `watch` and `try` show what messages become."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

import click
import msgspec

from devices.app import run
from devices.watch import lines, tried, watched
from perfwatch import setting_sources, settings
from perfwatch.command import explained, options, service, with_commands

_WHERE = ("broker", "broker_ca_file", "topic_prefix", "homeassistant_prefix", "data_dir")
_WHAT = ("devices", "devices_zone")
_SERVICE = ("session_expiry", "heartbeat_file")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@options(*_WHERE, *_WHAT)
@click.option("--all", "everything", is_flag=True, help="Also topics that no rule asks for.")
def watch(everything: bool, **given: str | None) -> None:
    """List messages as they come, and what becomes of them.

    Says which rule takes each, as what, or why none does. Where `perfwatch up` runs, its own broker is
    asked. Without --devices all rules are tried.
    """
    with explained(), suppress(KeyboardInterrupt):
        chosen = setting_sources.load(os.environ, **given)
        if given["broker"] is None and chosen.broker == settings.default("broker"):
            from perfwatch.admin.mosquitto import account_here  # nothing that the service itself needs

            account = account_here(chosen.data_path, "devices")
            chosen = msgspec.structs.replace(chosen, broker=account or chosen.broker)
        asyncio.run(watched(chosen, everything, lambda told: click.echo("\n".join(lines(told)))))


@click.command("try", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("topic")
@click.argument("payload")
@options("topic_prefix", "homeassistant_prefix", "data_dir", *_WHAT)
def try_(topic: str, payload: str, **given: str | None) -> None:
    """Show what a message of PAYLOAD on TOPIC becomes. Nothing is sent."""
    with explained():
        found = tried(setting_sources.load(os.environ, **given), topic, os.fsencode(payload))
    click.echo("\n".join(found))


main = with_commands(
    service("devices", run, *_WHERE, *_WHAT, *_SERVICE, environ=os.environ),
    [watch, try_],
)

if __name__ == "__main__":
    main()
