"""What an account or a token of the dashboard may do, as an option of a command."""

from __future__ import annotations

import click

role_option = click.option(
    "--role",
    type=click.Choice(["admin", "viewer"]),
    default="viewer",
    show_default=True,
    help="Its rights.",
)
