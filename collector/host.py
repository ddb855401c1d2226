"""The facts of this host, as its `info` topic carries them."""

from __future__ import annotations

import platform
import socket
import time
from collections.abc import Callable, Mapping
from functools import lru_cache

from collector.sources.cpu_model import cpu_model
from collector.sources.host_root import os_release
from collector.sources.machine import Machine, machine
from collector.sources.text import valid
from perfwatch import distribution
from perfwatch.readings.core import HostInfo

_HOUR = 3600.0  # seconds


def describe(
    interval: float, sources: Mapping[str, str | None], ask_machine: Callable[[], Machine] = machine
) -> HostInfo:
    """This host, read every `interval` seconds, with each source's reason not to work, or None."""
    asked, (system, processor) = ask_machine(), _names(int(time.monotonic() / _HOUR))
    return HostInfo(
        hostname=valid(socket.gethostname()),
        os=system,
        kernel=valid(platform.release()),
        cpu_model=processor,
        core_count=asked.core_count,
        physical_cores=asked.physical_cores,
        memory_total_bytes=asked.memory_total_bytes,
        boot_time=asked.boot_time,
        version=distribution.VERSION,
        interval=interval,
        sources=dict(sources),
    )


@lru_cache(maxsize=1)
def _names(_hour: int) -> tuple[str, str | None]:
    """The system's and the processor's: an upgrade may change the one, a move to other hardware the other."""
    return os_name(), cpu_model()


def os_name(
    release: Callable[[], dict[str, str]] = os_release,
    mac_version: Callable[[], str] = lambda: platform.mac_ver()[0],
) -> str:
    """The system's own name for itself, as `Debian GNU/Linux 12 (bookworm)` or `macOS 15.5`."""
    try:
        return release()["PRETTY_NAME"]
    except (OSError, KeyError):
        version = mac_version()
        return f"macOS {version}" if version else valid(f"{platform.system()} {platform.release()}")
