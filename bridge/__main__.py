"""`python -m bridge`: the bridge as a process of its own, and `python -m bridge status`."""

from __future__ import annotations

import os
import sys
from functools import partial, update_wrapper

import click
import msgspec

from bridge.app import run
from perfwatch import setting_sources, settings
from perfwatch.command import explained, options, service
from perfwatch.systemd_notify import Notifier

_run = service(
    "bridge",
    update_wrapper(partial(run, notifier=Notifier.of(os.environ)), run),
    "broker",
    "broker_ca_file",
    "topic_prefix",
    "data_dir",
    "history",
    "bridge_id",
    "group",
    "session_expiry",
    "batch_wait",
    "series_limit",
    "spool_size",
    "spool_age",
    environ=os.environ,
)


@click.group(
    "bridge",
    help=_run.help,
    params=_run.params,
    invoke_without_command=True,
    context_settings=_run.context_settings,
)
@click.pass_context
def main(context: click.Context, /, **given: str | None) -> None:
    if context.invoked_subcommand is None:
        context.invoke(_run, **given)


@main.command(context_settings=_run.context_settings)
@click.argument("bridge_id", required=False)
@options("broker", "broker_ca_file", "topic_prefix", "data_dir")
def status(bridge_id: str | None, **given: str | None) -> None:
    """What the bridges on the broker do, or the one called BRIDGE_ID.

    Where `perfwatch up` runs, its own broker is asked. Ends with 1 when one of them is offline, silent or
    cannot reach its history, or when there is none.
    """
    from bridge.status import status, table  # only here: a running bridge needs neither
    from perfwatch.admin.mosquitto import account_here

    with explained():
        chosen = setting_sources.load(os.environ, **given)
        if given["broker"] is None and chosen.broker == settings.default("broker"):
            account = account_here(chosen.data_path, "reader")
            chosen = msgspec.structs.replace(chosen, broker=account or chosen.broker)
        found = status(chosen, bridge_id)
    click.echo("\n".join(table(found)))
    sys.exit(0 if found and all(seen.well for seen in found.values()) else 1)


if __name__ == "__main__":
    main()
