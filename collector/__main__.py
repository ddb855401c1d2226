"""`python -m collector`: this host's readings to any MQTT 5 broker."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from collector.agent import Agent
from collector.commands import further
from collector.host import describe
from collector.publisher import Publisher
from collector.sources.cpu import Cpu
from collector.sources.disk import Disk
from collector.sources.memory import Memory
from collector.sources.network import Network
from collector.sources.source import Source
from collector.stop import Stop
from perfwatch import settings
from perfwatch.command import service, with_commands
from perfwatch.durations import format_ms
from perfwatch.settings import Settings
from perfwatch.topics import Topics

log = logging.getLogger("collector")


def make_sources() -> list[Source]:
    """Everything that this collector reads."""
    return [Cpu(), Memory(), Network(), Disk()]


@contextmanager
def open_sources(_chosen: Settings) -> Iterator[list[Source]]:
    """The sources for `perfwatch doctor`, as the agent would gather from them."""
    yield make_sources()


def run(chosen: Settings) -> None:
    """Read this machine on a schedule and publish what was read over MQTT."""
    broker = settings.broker(chosen)
    sources = make_sources()
    publisher = Publisher(broker, Topics(chosen.topic_prefix), chosen.host_id)
    stop = Stop()
    stop.on_signals()
    agent = Agent(sources, publisher, partial(describe, chosen.interval), chosen.interval, stop)
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


command = service(
    "collector", run, "broker", "broker_ca_file", "topic_prefix", "host", "interval", environ=os.environ
)
main = with_commands(command, further(command, open_sources, os.environ))

if __name__ == "__main__":
    main()
