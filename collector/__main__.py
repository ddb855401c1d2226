"""`python -m collector`: this host's readings to any MQTT 5 broker."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import partial

from collector.agent import Agent, Outlet
from collector.discovery.announcer import Announcer
from collector.host import describe
from collector.outbox import MEGABYTE, Outbox
from collector.outlets import Outlets, Scalars
from collector.publisher import Publisher
from collector.sources.cpu import Cpu
from collector.sources.disk import Disk
from collector.sources.memory import Memory
from collector.sources.network import Network
from collector.sources.source import Source
from collector.stop import Stop
from perfwatch import settings
from perfwatch.command import service
from perfwatch.durations import format_ms
from perfwatch.settings import Settings
from perfwatch.topics import Topics, plain_id

log = logging.getLogger("collector")


def run(chosen: Settings) -> None:
    """Read this machine on a schedule and publish what was read over MQTT."""
    broker = settings.broker(chosen)
    sources: list[Source] = [Cpu(), Memory(), Network(), Disk()]
    publisher = Publisher(broker, Topics(chosen.topic_prefix), chosen.host_id, outbox(chosen))
    stop = Stop()
    stop.on_signals()
    agent = Agent(
        sources,
        Outlets([*outlets(chosen, publisher)]),
        partial(describe, chosen.interval),
        chosen.interval,
        stop,
    )
    log.info(
        "Host %s: %s every %s to %s",
        chosen.host_id,
        ", ".join(source.name for source in sources),
        format_ms(round(chosen.interval * 1000)),
        broker,
    )
    publisher.start()
    try:
        agent.run()
    finally:
        publisher.stop()
    log.info("Stopped")


def outbox(chosen: Settings) -> Outbox:
    """Where this host's readings wait for the broker."""
    folder = chosen.data_path / "outbox" / plain_id(chosen.host_id)
    return Outbox(folder, chosen.outbox_age, chosen.outbox_size * MEGABYTE, chosen.outbox_resend)


def outlets(chosen: Settings, publisher: Publisher) -> Iterator[Outlet]:
    """Whoever is given the readings, as the settings choose."""
    topics, host = Topics(chosen.topic_prefix), chosen.host_id
    yield publisher
    if chosen.publish_scalars:
        yield Scalars(topics, host, publisher.show)
    if chosen.homeassistant:
        memory = chosen.data_path / "home_assistant" / f"{plain_id(host)}.json"
        prefix = chosen.homeassistant_prefix
        announcer = Announcer(topics, host, prefix, publisher.announce, publisher.repeat, memory)
        publisher.follow(f"{prefix}/status", announcer.receive)
        yield announcer


main = service(
    "collector",
    run,
    "broker",
    "broker_ca_file",
    "topic_prefix",
    "host",
    "interval",
    "data_dir",
    "outbox_age",
    "outbox_size",
    "outbox_resend",
    "publish_scalars",
    "homeassistant",
    "homeassistant_prefix",
    environ=os.environ,
)

if __name__ == "__main__":
    main()
