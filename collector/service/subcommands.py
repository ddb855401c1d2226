"""The collector's further commands. What each needs is imported when it is run: the collector stays light."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

import click

from collector.sources.source import Source
from perfwatch import setting_sources, settings
from perfwatch.broker import broker_of
from perfwatch.command import explained, options
from perfwatch.settings import Settings
from perfwatch.systemd import check_root, check_systemd
from perfwatch.topics import Topics

OpenSources = Callable[[Settings], AbstractContextManager[Iterable[Source]]]
"""What opens the sources that the agent would gather from, and lets go of them."""


def further(command: click.Command, sources: OpenSources, environ: Mapping[str, str]) -> list[click.Command]:
    """The commands below the collector's own `command`, with its settings as theirs."""
    own = [each.name for each in command.params if each.name in Settings.__struct_fields__]
    names = [name for name in own if name != "data_dir"]  # the service's is systemd's to choose
    return [
        _install_service(names, environ),
        _uninstall_service(),
        _examine([*names, "data_dir"], sources, environ),
    ]


def _install_service(names: Sequence[str], environ: Mapping[str, str]) -> click.Command:
    """`install-service`, which takes the collector's settings `names` as options."""

    @click.command("install-service")
    @options(*names)
    @click.option("--perf", is_flag=True, help="Let it count the machine's perf events (CAP_PERFMON).")
    @click.option(
        "--group", "groups", multiple=True, help="A further group for it. One in `docker` is as good as root."
    )
    @click.option("--print", "only_print", is_flag=True, help="Show the unit, change nothing.")
    def command(perf: bool, groups: tuple[str, ...], only_print: bool, **given: str | None) -> None:
        """Have systemd run the collector, now and at boot.

        The settings given here, or in the environment, are kept in /etc/perfwatch/collector.env, which
        only root may read; those that are there already stay. Best give the broker's password there.
        """
        from collector.service import install
        from collector.service.systemd_unit import SERVICE

        with explained():
            text = install.text(perf, groups)
            if only_print:
                click.echo(text, nl=False)
                return
            chosen = setting_sources.load(environ, **given)
            broker_of(chosen)
            check_root(os.geteuid())
            check_systemd()
            install.check_groups(groups)
            install.check_reachable()
            values = _asked(names, environ, given) | _from_files(names, environ, chosen)
            install.here().install(text, values)
            click.echo(f"{SERVICE} runs, and starts with the machine.")
            click.echo(f"Its settings: {install.SETTINGS_PATH}   What it says: journalctl -u {SERVICE}")

    return command


def _uninstall_service() -> click.Command:
    @click.command("uninstall-service")
    @click.option("--purge", is_flag=True, help="Remove its settings and what it kept, too.")
    def command(purge: bool) -> None:
        """Stop and remove the service of install-service."""
        from collector.service import install
        from collector.service.systemd_unit import SERVICE

        with explained():
            check_root(os.geteuid())
            there = install.here().uninstall(purge)
            found = f"{SERVICE} is gone" if there else f"{SERVICE} was not installed"
            click.echo(found if purge else f"{found}; kept, if there: {install.SETTINGS_PATH}")

    return command


def _examine(names: Sequence[str], sources: OpenSources, environ: Mapping[str, str]) -> click.Command:
    @click.command("examine", hidden=True)
    @options(*names)
    def command(**given: str | None) -> None:
        """What `perfwatch doctor` asks of the collector: one check a line, as JSON."""
        from collector.delivery.probe import reach
        from collector.service import doctor
        from perfwatch.checks import encode

        with explained():
            chosen = setting_sources.load(environ, **given)
            broker = broker_of(chosen)
            topics = Topics(chosen.topic_prefix)
            click.echo(encode(doctor.examine_user()))
            click.echo(encode(doctor.examine_folder(chosen.data_path)))
            with sources(chosen) as opened:
                for check in doctor.examine_sources(opened):
                    click.echo(encode(check))
            for check in reach(broker, topics, chosen.host_id):
                click.echo(encode(check))

    return command


def _asked(
    names: Sequence[str], environ: Mapping[str, str], given: Mapping[str, str | None]
) -> dict[str, str]:
    """The settings that were given, by variable; what nobody mentioned keeps its default."""
    variables = {name: settings.variable(name) for name in names}
    kept = {name: environ[variables[name]] for name in names if environ.get(variables[name])}
    kept |= {name: value for name, value in given.items() if value is not None}
    return {variables[name]: value for name, value in kept.items()}


def _from_files(names: Sequence[str], environ: Mapping[str, str], chosen: Settings) -> dict[str, str]:
    """The secrets that came in files: what they say, as such a file may be there this once only."""
    variables = {settings.variable(name): getattr(chosen, name) for name in names}
    return {word: value for word, value in variables.items() if environ.get(f"{word}_FILE")}
