"""`perfwatch user`: who may log in to the dashboard. A running dashboard follows at once."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from perfwatch import setting_sources
from perfwatch.admin.role import role_option
from perfwatch.command import explained, options

if TYPE_CHECKING:
    from perfwatch.users import Users

_MAKE = click.option("--make", is_flag=True, help="Make a password and print it, instead of asking for one.")


def user(environ: Mapping[str, str]) -> click.Group:
    """The command group; `environ` is where settings are read from."""

    def users(given: Mapping[str, str | None]) -> Users:
        # Only here: a machine with a collector alone has no argon2.
        from perfwatch.users import Users

        return Users(setting_sources.load(environ, **given).data_path / "users.json")

    @click.group()
    def user() -> None:
        """Who may log in to the dashboard."""

    @user.command("list")
    @options("data_dir")
    def list_(**given: str | None) -> None:
        """Each account, its role, and who has a second factor."""
        with explained():
            for name, account in sorted(users(given).accounts().items()):
                factor = "second factor" if account.second else ""
                click.echo(f"{name:<24} {account.role:<8} {factor}".rstrip())

    @user.command()
    @click.argument("name")
    @role_option
    @_MAKE
    @options("data_dir")
    def add(name: str, role: str, make: bool, **given: str | None) -> None:
        """Let NAME log in. Asks for the password, or reads one line of standard input."""
        with explained():
            accounts, chosen = users(given), _password(make)
            from perfwatch.users import Role

            accounts.add(name, chosen, Role(role))
        if make:
            click.echo(chosen)

    @user.command()
    @click.argument("name")
    @_MAKE
    @options("data_dir")
    def password(name: str, make: bool, **given: str | None) -> None:
        """Give NAME a new password, which ends its sessions. The old one is not asked for: it may be lost."""
        with explained():
            accounts, chosen = users(given), _password(make)
            accounts.set_password(name, chosen)
        if make:
            click.echo(chosen)

    @user.command()
    @click.argument("name")
    @options("data_dir")
    def remove(name: str, **given: str | None) -> None:
        """Let NAME log in no more, which ends its sessions."""
        with explained():
            users(given).remove(name)

    @user.command("remove-second-factor")
    @click.argument("name")
    @options("data_dir")
    def remove_second_factor(name: str, **given: str | None) -> None:
        """Ask NAME for the password alone from now on.

        For who lost the phone and the recovery codes. It ends NAME's sessions.
        """
        with explained():
            users(given).set_second_factor(name, None)

    return user


def _password(make: bool) -> str:
    if make:
        return secrets.token_urlsafe(12)
    if sys.stdin.isatty():
        asked: str = click.prompt(
            "Password (12 characters or more)", hide_input=True, confirmation_prompt=True, err=True
        )
        return asked
    return sys.stdin.readline().rstrip("\n")
