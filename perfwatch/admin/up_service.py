"""`perfwatch up install-service`: all of PerfWatch as one service, from now on and at each boot."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from perfwatch import setting_sources, settings
from perfwatch.command import explained, options
from perfwatch.errors import StartError
from perfwatch.systemd import check_root, check_systemd, quoted, systemctl

SERVICE = "perfwatch"
UNIT_PATH = Path(f"/etc/systemd/system/{SERVICE}.service")

_UNIT = """\
# Written by `perfwatch up install-service`; removed by `perfwatch up uninstall-service`.

[Unit]
Description=PerfWatch: broker, collector, bridge and dashboard
After=network.target

[Service]
User={user}
ExecStart={command}
Restart=always
RestartSec=5
# SIGTERM goes to `perfwatch up`, which ends its children in their order.
KillMode=mixed
TimeoutStopSec=30
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
"""


def unit(user: str, arguments: Sequence[str]) -> str:
    """The unit that runs `perfwatch up` with those arguments as that user."""
    command = [sys.executable, "-P", "-m", "perfwatch", "up", *arguments]
    return _UNIT.format(user=user, command=" ".join(map(quoted, command)))


def whose(name: str | None, environ: Mapping[str, str]) -> str:
    """The user that the service runs as: the one named, or who called sudo. Raises StartError."""
    user = name or environ.get("SUDO_USER") or ""
    try:
        if user and pwd.getpwnam(user).pw_uid:
            return user
    except KeyError as exc:
        raise StartError(f"There is no user {user!r} on this machine") from exc
    raise StartError("Name the user to run it as, who must not be root: --user NAME")


def commands(environ: Mapping[str, str], *names: str) -> list[click.Command]:
    """`install-service` and `uninstall-service`; `names` are the settings that `up` takes as options."""

    @click.command("install-service")
    @options(*names)
    @click.option("--env-file", type=click.Path(exists=True, path_type=Path), help="Settings, secrets too.")
    @click.option("--user", metavar="NAME", help="Who it runs as.  [default: who called sudo]")
    @click.option("--print", "only_print", is_flag=True, help="Show the unit, change nothing.")
    def install(env_file: Path | None, user: str | None, only_print: bool, **given: str | None) -> None:
        """Have systemd run all of PerfWatch, now and at boot.

        The options are those of `perfwatch up`, which everybody on the machine can read; what is secret
        belongs in --env-file. The data stays in the data folder of that user.
        """
        with explained():
            setting_sources.load(environ, **given)
            chosen = [(settings.option(name), text) for name, text in given.items() if text is not None]
            if env_file:
                chosen.append(("--env-file", str(env_file.absolute())))
            text = unit(whose(user, environ), [word for pair in chosen for word in pair])
            if only_print:
                click.echo(text, nl=False)
                return
            check_root(os.geteuid())
            check_systemd()
            UNIT_PATH.write_text(text)
            for words in (["daemon-reload"], ["enable", SERVICE], ["restart", SERVICE]):
                systemctl(["systemctl", *words])
            click.echo(f"{SERVICE} runs, and starts with the machine. What it says: journalctl -u {SERVICE}")

    @click.command("uninstall-service")
    def uninstall() -> None:
        """Stop and remove the service; all data stays."""
        with explained():
            check_root(os.geteuid())
            if not UNIT_PATH.exists():
                raise StartError(f"{SERVICE} was not installed as a service")
            systemctl(["systemctl", "disable", "--now", SERVICE])
            UNIT_PATH.unlink()
            systemctl(["systemctl", "daemon-reload"])
            click.echo(f"{SERVICE} is gone; its data is where it was")

    return [install, uninstall]
