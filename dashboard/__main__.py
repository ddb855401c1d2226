"""`python -m dashboard`: the web face."""

from __future__ import annotations

import os

import click

from dashboard import server
from perfwatch.command import service
from perfwatch.settings import Settings
from perfwatch.users import FIRST_ACCOUNT, Users


def run(settings: Settings) -> None:
    """Serve the pages, the WebSocket and the history's API."""
    made = Users(settings.data_path / "users.json").ensure_first(settings.admin_password)
    if made:
        click.echo(f"First start. Log in as {FIRST_ACCOUNT} with password {made} (shown this once only).")
    server.run(settings)


main = service(
    "dashboard",
    run,
    *("broker", "broker_ca_file", "topic_prefix", "data_dir", "history", "address", "port"),
    *(
        "connections_per_address",
        "token_lifetime",
        "session_idle",
        "trusted_proxy",
        "allowed_origin",
        "allowed_hosts",
        "base_path",
        "metrics_open",
        "cert_file",
        "key_file",
    ),
    environ=os.environ,
)

if __name__ == "__main__":
    main()
