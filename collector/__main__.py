"""`python -m collector`: this host's readings to any MQTT 5 broker."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec.structs import replace

from collector import cpu_list
from collector.agent import Agent, Availability, Sink
from collector.delivery.outbox import MEGABYTE, Outbox
from collector.delivery.publisher import Publisher
from collector.home_assistant.announcer import Announcer
from collector.home_assistant.memory import former_hosts, memory_path
from collector.host import describe
from collector.once import PERF_INTERVAL, one_tick
from collector.remote_config import protocol
from collector.remote_config.protocol import Capabilities, State
from collector.remote_config.runtime import RemoteConfig, Replies
from collector.service.heartbeat import Heartbeat
from collector.service.subcommands import further
from collector.sinks import Json, Scalars, Sinks
from collector.sources.machine import BootTime, machine
from collector.sources.registry import ON_REQUEST, SOURCES, Active
from collector.stop import Stop
from collector.twin import Twin
from collector.watch import Watch
from perfwatch.broker import broker_of
from perfwatch.command import service, with_commands
from perfwatch.durations import format_ms
from perfwatch.errors import SettingError
from perfwatch.mqtt.identity import kept_client_id
from perfwatch.readings.core import HostInfo
from perfwatch.settings import Settings, variable
from perfwatch.systemd_notify import Notifier
from perfwatch.tags import parse as parse_tags
from perfwatch.topics import Topics, plain_id

log = logging.getLogger("collector")

FAREWELL_SECONDS = 1.5
"""With what the sources hold, the whole of us ends within 2 s."""


def run(chosen: Settings) -> None:
    """Read this machine on a schedule and publish what was read over MQTT."""
    topics, host = Topics(chosen.topic_prefix), chosen.host_id
    publisher = Publisher(
        broker_of(chosen), topics, host, outbox(chosen), client_id(chosen), chosen.retained_expiry
    )
    stop, active = Stop(), Active()
    remote = remote_config(chosen, stop)
    replies = Replies(topics, host, publisher.announce, publisher.answer)
    publisher.follow(topics.config_set(host), remote.hear)
    twin = Twin(host)
    publisher.follow(topics.info(host), twin.hear)
    stop.on_signals()

    def apply(state: State) -> None:
        active.switch(state.switched_on, state.tuning)

    def obey() -> float | None:
        return remote.state.interval if remote.obey(replies, apply) else None

    boot_time = BootTime()
    notifier = Notifier.of(os.environ)

    def facts(tried: Availability) -> HostInfo:
        own = describe(remote.state.interval, active.explain(tried), lambda: machine(boot_time))
        return replace(own, twin=twin.beside(own), tags=parse_tags(chosen.tags))

    def alive() -> None:
        publisher.check()
        notifier.alive(f"{len(list(active))} sources every {format_ms(round(remote.state.interval * 1000))}")

    remote.restore()
    apply(remote.state)
    replies.confirm(protocol.encode(remote.state))
    to = Sinks([*sinks(chosen, publisher)])
    between = watch(chosen, publisher, active, stop).tick
    every = remote.state.interval
    agent = Agent(active, to, facts, every, stop, obey=obey, alive=alive, between=between)
    log.info(
        "Host %s: %s every %s to %s",
        host,
        ", ".join(source.name for source in active),
        format_ms(round(remote.state.interval * 1000)),
        broker_of(chosen),
    )
    publisher.start()
    notifier.ready()
    try:
        agent.run()
    finally:
        active.close()
        publisher.stop(FAREWELL_SECONDS)
    log.info("Stopped")


def once(chosen: Settings) -> None:
    """Print one tick as JSON (two readings a second apart) and end. Needs no broker."""
    stop = Stop()
    stop.on_signals()
    with open_sources(chosen, stop) as active:
        tick = one_tick(active, chosen.host_id, lambda tried: describe(chosen.interval, tried), stop)
    if tick is not None:
        click.echo(tick)


@contextmanager
def open_sources(chosen: Settings, stop: Stop | None = None) -> Iterator[Active]:
    """The sources that the collector would read, for as long as somebody looks at them."""
    active, remote = Active(), remote_config(chosen, stop or Stop())
    remote.restore()
    state = remote.state
    active.switch(state.switched_on, state.tuning._replace(perf_interval=PERF_INTERVAL))
    try:
        yield active
    finally:
        active.close()


def outbox(chosen: Settings) -> Outbox:
    """Where this host's readings wait for the broker."""
    folder = chosen.data_path / "outbox" / plain_id(chosen.host_id)
    return Outbox(folder, chosen.outbox_age, chosen.outbox_size * MEGABYTE, chosen.outbox_resend)


def client_id(chosen: Settings) -> str:
    """The same at each start: so the broker sees a machine that comes back before it has missed it."""
    path = chosen.data_path / "secrets" / f"collector_{plain_id(chosen.host_id)}.client_id"
    return kept_client_id(path, "collector", chosen.host_id)


def sinks(chosen: Settings, publisher: Publisher) -> Iterator[Sink]:
    """Whoever is given the readings, as the settings choose."""
    topics, host = Topics(chosen.topic_prefix), chosen.host_id
    yield Json(publisher)
    if chosen.publish_scalars:
        yield Scalars(topics, host, publisher.show)
    if chosen.homeassistant:
        memory = memory_path(chosen.data_path, host)
        for former in former_hosts(chosen.data_path, host):
            log.info(
                "Home Assistant knows this machine as %s. If that is its former name, run "
                "perfwatch discovery remove --host %s",
                *(former, former),
            )
        prefix = chosen.homeassistant_prefix
        announcer = Announcer(
            topics, host, prefix, publisher.announce, publisher.repeat, memory, chosen.dashboard_url
        )
        publisher.follow(f"{prefix}/status", announcer.receive)
        publisher.heed(announcer.heed)
        yield announcer
    if chosen.heartbeat_file:
        yield Heartbeat(Path(chosen.heartbeat_file))


def watch(chosen: Settings, publisher: Publisher, active: Active, stop: Stop) -> Watch:
    """What ticks while somebody looks at this host: it never hears of them where that is switched off."""
    topics, host = Topics(chosen.topic_prefix), chosen.host_id

    def publish(metric: str, payload: bytes) -> None:
        publisher.answer(topics.watched(host, metric), payload)

    made = Watch(active, publish, stop.rouse)
    if chosen.watch:
        publisher.follow_expiring(topics.watch(host), made.hear)
    return made


def remote_config(chosen: Settings, stop: Stop) -> RemoteConfig:
    """The settings that commands may change, as we were started with them. Raises SettingError."""
    machine = Capabilities(tuple(SOURCES), cpu_list.online())
    return RemoteConfig(started_with(chosen, machine), machine, kept_path(chosen), stop)


def started_with(chosen: Settings, machine: Capabilities) -> State:
    named = {name.strip() for name in chosen.sources.split(",")}
    names = named - {"all"} | (SOURCES.keys() - ON_REQUEST if "all" in named else set())
    try:
        sources = protocol.sources_named(sorted(names), machine.sources)
    except ValueError as exc:
        expected = f"names what is no source ({exc}): use all, or some of {', '.join(machine.sources)}"
        raise SettingError(variable("sources"), expected, chosen.sources) from exc
    try:
        perf_cores = protocol.check_cores(chosen.perf_cores, machine.cores)
    except ValueError as exc:
        expected = f"must be {protocol.cores_expected(machine.cores)}"
        raise SettingError(variable("perf_cores"), expected, chosen.perf_cores) from exc
    return State(
        interval=chosen.interval, sources=sources, perf_cores=perf_cores, perf_interval=chosen.perf_interval
    )


def kept_path(chosen: Settings) -> Path:
    """Where a host's collector keeps what commands have set."""
    return chosen.data_path / "collector" / f"{chosen.host_id}.json"


command = service(
    "collector",
    run,
    "broker",
    "broker_ca_file",
    "topic_prefix",
    "host",
    "tags",
    "interval",
    "sources",
    "perf_cores",
    "perf_interval",
    "data_dir",
    "outbox_age",
    "outbox_size",
    "outbox_resend",
    "retained_expiry",
    "publish_scalars",
    "watch",
    "homeassistant",
    "homeassistant_prefix",
    "dashboard_url",
    "heartbeat_file",
    environ=os.environ,
    once=once,
)
main = with_commands(command, further(command, open_sources, os.environ))

if __name__ == "__main__":
    main()
