"""`perfwatch token`: by what other programs use the dashboard's API. A running dashboard follows at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from perfwatch import setting_sources
from perfwatch.admin.role import role_option
from perfwatch.command import explained, options

if TYPE_CHECKING:
    from perfwatch.api_tokens import ApiTokens


def token(environ: Mapping[str, str]) -> click.Group:
    """The command group; `environ` is where settings are read from."""

    def tokens(given: Mapping[str, str | None]) -> ApiTokens:
        # Only here: a machine with a collector alone has no argon2.
        from perfwatch.api_tokens import ApiTokens

        return ApiTokens(setting_sources.load(environ, **given).data_path)

    @click.group()
    def token() -> None:
        """By what other programs use the dashboard's API."""

    @token.command("list")
    @options("data_dir")
    def list_(**given: str | None) -> None:
        """Each token, its role, when it expires and when it was used last."""
        with explained():
            for one in tokens(given).described():
                until, used = one["expires_at"] or "never", one["last_used"] or "never"
                click.echo(f"{one['name']:<24} {one['role']:<8} expires {until:<24} used {used}")

    @token.command()
    @click.argument("name")
    @role_option
    @click.option("--lifetime", metavar="DURATION", help="How long it is good, as 90d (default: for ever).")
    @options("data_dir")
    def add(name: str, role: str, lifetime: str | None, **given: str | None) -> None:
        """Make a token NAME and print it. It is shown this once only."""
        with explained():
            kept = tokens(given)
            from perfwatch.api_tokens import lifetime_seconds
            from perfwatch.users import Role

            made = kept.add(name, Role(role), lifetime_seconds(lifetime) if lifetime else None)
        click.echo(made)

    @token.command()
    @click.argument("name")
    @options("data_dir")
    def revoke(name: str, **given: str | None) -> None:
        """Make the token NAME worth nothing. Its sockets are closed within seconds."""
        with explained():
            tokens(given).remove(name)

    return token
