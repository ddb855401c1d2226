"""Putting the collector under systemd, and taking it out again."""

from __future__ import annotations

import grp
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import collector
from collector.service.systemd_unit import SERVICE, settings_text, unit
from perfwatch.errors import StartError
from perfwatch.files import write_private
from perfwatch.systemd import systemctl

UNIT_PATH = Path(f"/etc/systemd/system/{SERVICE}.service")
SETTINGS_PATH = Path("/etc/perfwatch/collector.env")
STATE_PATHS = (Path("/var/lib/perfwatch"), Path("/var/lib/private/perfwatch"))

# The unit has a /tmp of its own, so what lies there is not there for it.
_HIDDEN = (Path("/tmp"), Path("/var/tmp"))

Run = Callable[[Sequence[str]], None]


def command() -> list[str]:
    """How systemd starts this collector: this Python, whatever the current directory holds."""
    return [sys.executable, "-P", "-m", "collector"]


def text(perf: bool, groups: Sequence[str]) -> str:
    """The unit as `install` writes it."""
    return unit(command(), str(SETTINGS_PATH), perf, groups)


class Installation:
    """The service's files under `root`, and systemd, which is told by `run`."""

    def __init__(self, root: Path, run: Run) -> None:
        self.unit = root / UNIT_PATH.relative_to("/")
        self.settings = root / SETTINGS_PATH.relative_to("/")
        self._states = [root / path.relative_to("/") for path in STATE_PATHS]
        self._run = run

    def install(self, unit_text: str, values: Mapping[str, str]) -> None:
        """Write the settings (0600, what was in them kept) and the unit; start it, now and at each boot."""
        before = self.settings.read_text() if self.settings.exists() else ""
        write_private(self.settings, settings_text(before, values))
        self.unit.parent.mkdir(parents=True, exist_ok=True)
        self.unit.write_text(unit_text)
        self.unit.chmod(0o644)
        self._run(["systemctl", "daemon-reload"])
        self._run(["systemctl", "enable", SERVICE])
        self._run(["systemctl", "restart", SERVICE])  # one that runs already takes up what is new

    def uninstall(self, purge: bool) -> bool:
        """Stop it and remove the unit; with `purge` its settings and what it kept too.

        Returns whether it was installed.
        """
        installed = self.unit.exists()
        if installed:
            self._run(["systemctl", "disable", "--now", SERVICE])
            self.unit.unlink()
            self._run(["systemctl", "daemon-reload"])
        if purge:
            self.settings.unlink(missing_ok=True)
            for path in self._states:
                _remove(path)
        return installed


def check_groups(groups: Sequence[str]) -> None:
    """Raise StartError for a group that is not there: systemd would refuse to start the service."""
    for name in groups:
        try:
            grp.getgrnam(name)
        except KeyError as exc:
            raise StartError(f"There is no group {name!r} on this machine: leave --group {name} out") from exc


def check_reachable(paths: Sequence[Path] | None = None) -> None:
    """Raise StartError when the service's user could not run us from where we are installed."""
    here = [Path(sys.executable), Path(collector.__file__)] if paths is None else paths
    for path in (each for start in here for each in (start, start.resolve())):
        for reason in _hindrances(path):
            raise StartError(
                f"The service's unprivileged user could not run {path}: {reason}. Install PerfWatch for all "
                "users, as in /opt/perfwatch: docs/collector.md"
            )


def _hindrances(path: Path) -> Iterator[str]:
    for folder in reversed(path.parents):
        if folder in _HIDDEN:
            yield f"the service has a {folder} of its own"
        if not folder.stat().st_mode & stat.S_IXOTH:
            yield f"{folder} is closed to others"
    if not path.stat().st_mode & stat.S_IROTH:
        yield "others may not read it"


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def here() -> Installation:
    """This machine's own."""
    return Installation(Path("/"), systemctl)
