"""Network interfaces, and the sockets that use them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import psutil

from collector.sources.connections import connections
from collector.sources.rates import per_second, total
from collector.sources.source import ReadText, Tick, read_text
from collector.sources.text import named
from perfwatch.readings import core

if TYPE_CHECKING:
    from psutil._ntuples import snetio

_LOOPBACK = re.compile(r"lo\d*")  # lo on Linux, lo0 on macOS and BSD


def _counters() -> dict[str, snetio]:
    # psutil would hide a counter that wrapped or was reset; a rate across that is not known.
    return named(psutil.net_io_counters(pernic=True, nowrap=False).items())


class Network:
    """Rates are per second since the last tick, so the first tick has none."""

    name = "network"

    def __init__(
        self,
        counters: Callable[[], Mapping[str, snetio]] = _counters,
        read: ReadText = read_text,
        drops_out: bool = psutil.LINUX,
    ) -> None:
        self._counters = counters
        self._read = read
        self._drops_out = drops_out  # elsewhere psutil has a constant 0 in their place
        self._before: Mapping[str, snetio] = {}
        self._at = 0.0

    def gather(self, tick: Tick) -> core.Network:
        counters = self._counters()
        sockets = connections(self._read)
        before, seconds = self._before, tick.monotonic - self._at
        self._before, self._at = counters, tick.monotonic
        interfaces = {
            name: _interface(before.get(name), now, seconds, self._drops_out)
            for name, now in counters.items()
        }
        # An interface that has just appeared has no rate yet: it joins the sums at its second tick.
        counted = [
            interfaces[name] for name in interfaces if name in before and not _LOOPBACK.fullmatch(name)
        ]
        return core.Network(
            timestamp=tick.timestamp,
            bytes_sent_per_sec=total([interface.bytes_sent_per_sec for interface in counted]),
            bytes_recv_per_sec=total([interface.bytes_recv_per_sec for interface in counted]),
            interfaces=interfaces,
            connections=sockets,
        )


def _interface(before: snetio | None, now: snetio, seconds: float, drops_out: bool) -> core.Interface:
    def rate(field: str) -> float | None:
        return per_second(getattr(before, field, None), getattr(now, field), seconds)

    return core.Interface(
        bytes_sent=now.bytes_sent,
        bytes_recv=now.bytes_recv,
        packets_sent=now.packets_sent,
        packets_recv=now.packets_recv,
        bytes_sent_per_sec=rate("bytes_sent"),
        bytes_recv_per_sec=rate("bytes_recv"),
        packets_sent_per_sec=rate("packets_sent"),
        packets_recv_per_sec=rate("packets_recv"),
        errors_in=now.errin,
        errors_out=now.errout,
        drops_in=now.dropin,
        drops_out=now.dropout if drops_out else None,
    )
