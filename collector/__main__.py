"""`python -m collector`: this host's readings to any MQTT 5 broker."""

from __future__ import annotations

import logging
import os
from functools import partial

from collector.agent import Agent
from collector.host import describe
from collector.publisher import Publisher
from collector.sources.containers import Containers
from collector.sources.cpu import Cpu
from collector.sources.disk import Disk
from collector.sources.gpu import Gpu
from collector.sources.memory import Memory
from collector.sources.network import Network
from collector.sources.pressure import Pressure
from collector.sources.processes import Processes
from collector.sources.sensors import Sensors
from collector.sources.source import Source
from collector.sources.system import System
from collector.sources.systemd import Systemd
from collector.stop import Stop
from perfwatch import settings
from perfwatch.command import service
from perfwatch.durations import format_ms
from perfwatch.settings import Settings
from perfwatch.topics import Topics

log = logging.getLogger("collector")


def run(chosen: Settings) -> None:
    """Read this machine on a schedule and publish what was read over MQTT."""
    broker = settings.broker(chosen)
    sources: list[Source] = [Cpu(), Memory(), Network(), Disk()]
    # Each of these is left out where the machine has no such thing.
    sources += [Sensors(), Gpu(), Pressure(), Processes(), Containers(), System(), Systemd()]
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


main = service(
    "collector", run, "broker", "broker_ca_file", "topic_prefix", "host", "interval", environ=os.environ
)

if __name__ == "__main__":
    main()
