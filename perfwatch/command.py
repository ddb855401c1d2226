"""Turns a service into a command whose options are its settings."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import click

from perfwatch import log, setting_sources, settings
from perfwatch.errors import PerfWatchError
from perfwatch.settings import Settings

# What to do where the disk takes nothing.
_FULL = ". Make room there, and try again"
_READ_ONLY = f". Choose another folder with {settings.option('data_dir')}"
_CURES = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EROFS: _READ_ONLY}


def options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a click command one option for each of those settings."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            declared = settings.DECLARED[name]
            default = declared.type.show(settings.default(name))
            text = f"{declared.help}  [{settings.variable(name)}{f'; default: {default}' if default else ''}]"
            metavar = declared.type.metavar
            command = click.option(settings.option(name), name, default=None, help=text, metavar=metavar)(
                command
            )
        return command

    return add


def service(
    name: str,
    run: Callable[[Settings], None],
    *names: str,
    environ: MutableMapping[str, str],
    once: Callable[[Settings], None] | None = None,
) -> click.Command:
    """The command of one service: reads its settings, sets up its log, runs until it is told to stop.

    `run`'s docstring is the command's help. With `--once` it does `once` instead, where there is one, and
    its docstring is that option's line of help. An error that we raise on purpose ends the process with
    its one sentence and exit code 1.
    """

    @click.command(name, help=run.__doc__, context_settings={"help_option_names": ["-h", "--help"]})
    @options(*names, "log_level")
    def command(just_once: bool = False, **given: str | None) -> None:
        with explained():
            chosen = setting_sources.load(environ, **given)
            for secret in settings.secret_variables():
                environ.pop(secret, None)  # so that no child of ours inherits it
            log.set_up(name, chosen.log_level)
            (once if once and just_once else run)(chosen)

    if once:
        click.option("--once", "just_once", is_flag=True, help=once.__doc__)(command)
    return command


def with_commands(command: click.Command, further: Sequence[click.Command]) -> click.Group:
    """`command` as it is, and `further` commands below its name."""

    def callback(**given: object) -> None:
        context = click.get_current_context()
        misplaced = [each.opts[0] for each in command.params if given[str(each.name)] not in (None, False)]
        if context.invoked_subcommand is None:
            context.invoke(command, **given)
        elif misplaced:
            raise click.UsageError(f"Write {misplaced[0]} after {context.invoked_subcommand}")

    return click.Group(
        command.name,
        commands=further,
        params=command.params,
        callback=callback,
        help=command.help,
        context_settings=command.context_settings,
        invoke_without_command=True,
    )


class explained:
    """Turn an error of ours, or of a file, into one sentence on standard error and an exit code."""

    def __enter__(self) -> None: ...

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, PerfWatchError):
            click.echo(f"perfwatch: {printable(str(error))}", err=True)
            sys.exit(1)
        if isinstance(error, OSError) and (error.filename is not None or error.errno in _CURES):
            named = error.filename if error.filename is not None else "A file"
            cure = _CURES.get(error.errno or 0, "")
            click.echo(f"perfwatch: {named} cannot be used: {error.strerror}{cure}", err=True)
            sys.exit(1)


def printable(text: str) -> str:
    """`text` without what could steer a terminal: parts of it may be a stranger's."""
    return "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)
