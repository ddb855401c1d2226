"""Network interfaces, and the sockets that use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from collector.sources import net_dev, sock_diag
from collector.sources.apart import tell
from collector.sources.connections import AskKernel, connections
from collector.sources.interfaces import Interfaces
from collector.sources.net_dev import Traffic
from collector.sources.parts import Missing
from collector.sources.plausible import SIGNAL, count, plausible
from collector.sources.rates import per_second, total
from collector.sources.source import ReadText, Tick, read_text
from collector.sources.sparingly import Sparingly
from perfwatch.readings import core

SHARE = 0.00005
"""So much of a core the question for sockets takes at most."""


def signals(wireless: str) -> dict[str, float | None]:
    """How strong each wireless interface's signal is, in dBm, of the text of /proc/net/wireless."""
    found: dict[str, float | None] = {}
    for line in wireless.split("\n")[2:]:
        name, _, rest = line.rpartition(":")
        try:
            # Some drivers tell a share of 100 in its place, or 0.
            found[name.strip()] = plausible(float(rest.split()[2].rstrip(".")), SIGNAL)
        except (IndexError, ValueError):
            continue
    return found


class Network:
    """Rates are per second since the last tick, so the first tick has none."""

    name = "network"
    quick = True

    def __init__(
        self,
        counters: Callable[[], net_dev.Interfaces] = net_dev.read,
        read: ReadText = read_text,
        interfaces: Interfaces | None = None,
        ask: AskKernel = sock_diag.ask,
    ) -> None:
        self._counters = counters
        self._read = read
        self._interfaces = interfaces or Interfaces()
        # The kernel walks a table that is as large as the machine's memory allows, and not only its sockets.
        self._ask = Sparingly(ask, SHARE)
        self._missing = Missing("network")
        self._before: Mapping[str, Traffic] = {}
        self._at = 0.0

    @property
    def missing(self) -> str | None:
        return self._missing.first

    def gather(self, tick: Tick) -> core.Network:
        traffic, errors = self._counters()
        sockets = tell(partial(connections, self._read, self._ask))
        self._missing.note(errors | ({"connections": sockets.error} if sockets.error else {}))
        self._interfaces.look(traffic, tick.monotonic)
        before, seconds = self._before, tick.monotonic - self._at
        self._before, self._at = traffic, tick.monotonic
        found = {name: self._interface(name, before.get(name), now, seconds) for name, now in traffic.items()}
        for name, signal in signals(self._or_nothing("/proc/net/wireless")).items():
            if name in found:
                found[name].signal_dbm = signal
        # An interface that has just appeared has no rate yet: it joins the sums at its second tick.
        counted = [interface for name, interface in found.items() if name in before and interface.counted]
        return core.Network(
            timestamp=tick.timestamp,
            bytes_sent_per_sec=total([interface.bytes_sent_per_sec for interface in counted]),
            bytes_recv_per_sec=total([interface.bytes_recv_per_sec for interface in counted]),
            tracked_connections=self._tracked("count"),
            tracked_connections_limit=self._tracked("max"),
            interfaces=found,
            connections=sockets.answer,
        )

    def _tracked(self, what: str) -> int | None:
        """Of the firewall's connection tracking, which drops what is new when it is full."""
        return count(self._or_nothing(f"/proc/sys/net/netfilter/nf_conntrack_{what}"))

    def _or_nothing(self, path: str) -> str:
        try:
            return self._read(path)
        except OSError:
            return ""

    def _interface(self, name: str, before: Traffic | None, now: Traffic, seconds: float) -> core.Interface:
        then = before or Traffic(*[None] * len(now))
        return core.Interface(
            kind=self._interfaces.kinds.get(name),
            counted=name in self._interfaces.counted,
            bytes_sent=now.bytes_sent,
            bytes_recv=now.bytes_recv,
            packets_sent=now.packets_sent,
            packets_recv=now.packets_recv,
            bytes_sent_per_sec=per_second(then.bytes_sent, now.bytes_sent, seconds),
            bytes_recv_per_sec=per_second(then.bytes_recv, now.bytes_recv, seconds),
            packets_sent_per_sec=per_second(then.packets_sent, now.packets_sent, seconds),
            packets_recv_per_sec=per_second(then.packets_recv, now.packets_recv, seconds),
            errors_in=now.errors_in,
            errors_out=now.errors_out,
            drops_in=now.drops_in,
            drops_out=now.drops_out,
        )
