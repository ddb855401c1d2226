"""What is known of each host, and the newest tick for everybody who watches. Does no input or output."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import msgspec

from dashboard.live.host import Host
from dashboard.live.ticks import Tick
from dashboard.live.untrusted import MOST_BYTES, MOST_STATUS
from dashboard.live.viewer import Frame, Viewer
from perfwatch.errors import PayloadError
from perfwatch.readings.codec import UNREADABLE, now
from perfwatch.readings.core import DeviceInfo, HostInfo
from perfwatch.tags import Tags, decode, given_over
from perfwatch.topics import Kind, Topic

# How long a tick may stay incomplete before it is shown as it is. Not reached while a host publishes
# what it published the tick before: then the last message of a tick is what shows it.
_INCOMPLETE_SECONDS = 0.25

# Ten times what was measured. An account for a collector speaks for one host; others may speak for many.
MOST_HOSTS = 10_000

S = TypeVar("S", bound=msgspec.Struct)


def _decoded(payload: bytes, kind: type[S]) -> S | None:
    try:
        return msgspec.json.decode(payload, type=kind)
    except UNREADABLE:
        return None


class Hub:
    """Takes messages in, offers frames to viewers. Must be used from one event loop."""

    def __init__(self) -> None:
        self._hosts: dict[str, Host] = {}
        # Of hosts that are not known too: tags alone make no host.
        self._given_tags: dict[str, Tags] = {}
        self._viewers: set[Viewer] = set()

    @property
    def viewers(self) -> int:
        """How many sockets watch."""
        return len(self._viewers)

    @contextmanager
    def viewer(
        self, hosts: Collection[str] | None, types: Collection[str] = ("metrics", "device")
    ) -> Iterator[Viewer]:
        """A new viewer of those hosts, or of all; the newest tick of each is offered to it at once.

        `types` may hold "metrics" for ticks of collectors, "device" for those of devices, and "host" for each
        change in what is known of a host.
        """
        viewer, moment = Viewer(hosts, types), now()
        for known in self._hosts.values():
            for frame in known.frames(moment):
                viewer.offer(frame)
            if begun := known.assembler.waiting:
                self._show_later(known, begun)
        self._viewers.add(viewer)
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)

    def hosts(self) -> list[dict[str, Any]]:
        """What is known of each host, by name."""
        self._settle()
        return [host.described() for _, host in sorted(self._hosts.items())]

    def newest(self) -> list[tuple[str, str | None, dict[str, msgspec.Raw]]]:
        """Of each host its name, presence and newest readings that still tell something."""
        self._settle()
        moment = now()
        return [(host.name, host.status, host.newest(moment)) for _, host in sorted(self._hosts.items())]

    def may_be_closer(self, host: str) -> bool:
        """Whether it is worth while to look at that host closely."""
        return host in self._hosts and self._hosts[host].may_be_closer

    def tags(self, host: str) -> Tags:
        known = self._hosts.get(host)
        return self._given_tags.get(host, {}) if known is None else known.tags

    def given_for(self, host: str, wanted: Tags) -> Tags:
        """What a host must be given so that those tags are as wanted, and its others as they are."""
        known = self._hosts.get(host)
        return given_over(known.own_tags if known else {}, self._given_tags.get(host, {}) | wanted)

    def give_tags(self, host: str, given: Tags) -> None:
        """Take what the dashboard says that a host is tagged with."""
        if host in self._given_tags or len(self._given_tags) < MOST_HOSTS:
            self._given_tags[host] = given
        if known := self._hosts.get(host):
            known.given_tags = given
            known.changes += 1
            self._offer_all(known.presence())

    def known(self) -> Iterable[Host]:
        self._settle()
        return self._hosts.values()

    def heard(self, host: str) -> bool:
        """Whether anything was ever heard of that host."""
        return host in self._hosts

    def receive(self, topic: Topic, payload: bytes, *, live: bool) -> None:
        """Take one message. What cannot be read is left to the bridge, which names it on /rejected."""
        if topic.host not in self._hosts and len(self._hosts) >= MOST_HOSTS:
            return
        if topic.kind is Kind.STATUS:
            host = self._host(topic.host)
            # Who takes its presence back is not there any more.
            said = payload[:MOST_STATUS].decode(errors="replace") or (host.status and "offline")
            host.turn(said)
            self._offer_all(host.presence())
        elif topic.kind is Kind.INFO:
            self._learn(topic.host, payload)
        elif topic.kind is Kind.TAGS:
            self.give_tags(topic.host, decode(payload))
        elif topic.kind is Kind.METRIC:
            self._add(topic, payload, live)
        elif topic.kind is Kind.WATCHED and topic.host in self._hosts:
            with suppress(PayloadError):
                self._show_closer(self._hosts[topic.host].closer(topic.metric, payload))

    def _host(self, name: str) -> Host:
        if name not in self._hosts:
            self._hosts[name] = Host(name)
            self._hosts[name].given_tags = self._given_tags.get(name, {})
            self._offer_all(self._hosts[name].presence())
        return self._hosts[name]

    def _learn(self, name: str, payload: bytes) -> None:
        if len(payload) > MOST_BYTES:
            return
        info, device = _decoded(payload, HostInfo), _decoded(payload, DeviceInfo)
        if info is None and device is None:
            return
        host = self._host(name)
        host.info, host.device = info, None if info else device
        host.changes += 1
        self._offer_all(host.presence())
        if info is not None and host.timestamp is None:
            host.assembler.expect(source for source, absent in info.sources.items() if absent is None)

    def _add(self, topic: Topic, payload: bytes, live: bool) -> None:
        host = self._host(topic.host)
        before = host.assembler.waiting
        try:
            in_parts = host.kind == "device"
            ticks = host.assembler.add(topic.metric, payload, live=live, in_parts=in_parts)
        except PayloadError:
            return
        self._show(host, ticks)
        begun = host.assembler.waiting
        if begun is not None and begun is not before:
            host.begun = time.monotonic()
            if self._viewers:
                self._show_later(host, begun)

    def _show_later(self, host: Host, begun: Tick) -> None:
        asyncio.get_running_loop().call_later(_INCOMPLETE_SECONDS, self._show_incomplete, host, begun)

    def _show_incomplete(self, host: Host, begun: Tick) -> None:
        # The time is up for that tick only: another one may have begun since.
        if host.assembler.waiting is begun:
            self._show(host, host.assembler.give())

    def _settle(self) -> None:
        """Show what has stayed incomplete for its time: while nobody watches there are no timers."""
        latest = time.monotonic() - _INCOMPLETE_SECONDS
        for host in self._hosts.values():
            if host.begun <= latest:
                self._show(host, host.assembler.give())

    def _show(self, host: Host, ticks: list[Tick]) -> None:
        for tick in ticks:
            frame = host.show(tick)
            self._offer(frame, host.besides(frame))

    def _show_closer(self, frames: list[Frame]) -> None:
        for frame in frames:
            for viewer in self._viewers:
                if viewer.looks_at(frame.host):
                    viewer.offer(frame)

    def _offer_all(self, frame: Frame) -> None:
        self._offer(frame, frame)

    def _offer(self, frame: Frame, closely: Frame | None) -> None:
        """`closely` goes to those who look closely at that host, in place of `frame`."""
        for viewer in self._viewers:
            chosen = closely if viewer.looks_at(frame.host) else frame
            if chosen is not None:
                viewer.offer(chosen)
