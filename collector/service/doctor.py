"""The collector's part of `perfwatch doctor`: what it may do here, and each of its sources."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from collector.sources.source import FAILURES, Absent, ReadText, Source, Tick, read_text
from collector.sources.text import told, valid
from perfwatch.checks import Check
from perfwatch.readings import codec
from perfwatch.readings.base import Reading
from perfwatch.settings import variable

# Rates need two readings, and what is gathered in the background needs a moment.
BETWEEN_SECONDS = 1.0

_CAPABILITIES = {38: "CAP_PERFMON", 19: "CAP_SYS_PTRACE", 21: "CAP_SYS_ADMIN", 2: "CAP_DAC_READ_SEARCH"}
# Fields of a reading that say nothing of the machine while all is well.
_ASIDE = ("timestamp", "reason")
_MORE = "docs/collector.md says what an unprivileged user may read"


def examine_sources(
    sources: Iterable[Source], between: Callable[[float], None] = time.sleep
) -> Iterator[Check]:
    """Take two readings of each source, as the agent would, and say what came of it."""
    first = [(source, _gather(source)) for source in sources]
    between(BETWEEN_SECONDS)
    for source, result in first:
        yield _of_source(source.name, result if isinstance(result, Exception) else _gather(source))


def _gather(source: Source) -> Reading | Exception | None:
    try:
        return source.gather(Tick(codec.now(), time.monotonic()))
    except (Absent, *FAILURES) as exc:
        return exc


def _of_source(name: str, result: Reading | Exception | None) -> Check:
    if isinstance(result, Absent):
        return Check("collector", name, "absent", str(result))
    if isinstance(result, Exception):
        return Check("collector", name, "failed", told(result), _advice(result))
    if result is None:
        return Check("collector", name, "ok", "still busy with its first reading")
    if getattr(result, "available", True) is False:  # it has looked, and says why it has nothing
        return Check("collector", name, "absent", str(getattr(result, "reason", None) or "not here"))
    return Check("collector", name, "ok", _coverage(result))


def _advice(error: Exception) -> str:
    if isinstance(error, PermissionError) or type(error).__name__ == "AccessDenied":
        return f"this user may not read it: {_MORE}"
    if isinstance(error, FileNotFoundError):
        return "this system has no such file; the other sources go on without it"
    return "the other sources go on without it; `perfwatch collector` tries it again at each tick"


def _coverage(reading: Reading) -> str:
    """How many of the reading's fields this machine fills, and which it does not."""
    fields = [name for name in reading.__struct_fields__ if name not in _ASIDE]
    empty = [name for name in fields if getattr(reading, name) in (None, [], {})]
    text = f"{len(fields) - len(empty)} of {len(fields)} fields"
    return f"{text}; not here: {', '.join(empty)}" if empty else text


def examine_user(read: ReadText = read_text, uid: int | None = None) -> Check:
    """Who we are, and which of the kernel's privileges that matter to a source we have."""
    uid = os.geteuid() if uid is None else uid
    try:
        name = valid(pwd.getpwuid(uid).pw_name)
    except KeyError:  # as in many containers
        name = "a user without a name"
    return Check("collector", "user", "ok", f"{name} (uid {uid}), {_privileges(read, uid)}")


def _privileges(read: ReadText, uid: int) -> str:
    try:
        rows = dict(line.split(":", 1) for line in read("/proc/self/status").splitlines() if ":" in line)
        held = int(rows["CapEff"], 16)
    except (OSError, LookupError, ValueError):  # not Linux
        return "all privileges" if uid == 0 else "without privileges"
    names = [name for bit, name in _CAPABILITIES.items() if held >> bit & 1]
    return f"with {', '.join(names)}" if names else f"without privileges; {_MORE}"


def examine_folder(path: Path) -> Check:
    """Whether the collector may keep things in its data folder, which need not be there yet."""
    there = next((each for each in (path, *path.parents) if _exists(each)), Path("/"))
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Check("collector", "data folder", "ok", str(path))
    todo = f"give this user the folder, or name another in {variable('data_dir')}"
    return Check("collector", "data folder", "failed", f"{path} cannot be written: see {there}", todo)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False  # behind a closed folder, which is the one to name
