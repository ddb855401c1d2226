"""`perfwatch secret`: what the dashboard signs logins with. A running dashboard follows within seconds."""

from __future__ import annotations

from collections.abc import Mapping

import click

from perfwatch import setting_sources
from perfwatch.command import explained, options
from perfwatch.errors import StartError


def secret(environ: Mapping[str, str]) -> click.Group:
    """The command group; `environ` is where settings are read from."""

    @click.group()
    def secret() -> None:
        """What the dashboard signs logins with."""

    @secret.command()
    @options("data_dir")
    def rotate(**given: str | None) -> None:
        """Make a new key, which ends every login. API tokens and the broker's accounts stay as they are."""
        with explained():
            # Only here: a machine with a collector alone has no PyJWT.
            from perfwatch.tokens import write_key

            path = setting_sources.load(environ, **given).data_path / "secrets" / "jwt"
            if not path.exists():
                raise StartError(f"There is no key in {path.parent}: name the data folder with --data-dir")
            write_key(path)
        click.echo("The key is a new one: everybody logs in again")

    return secret
