"""`perfwatch discovery remove`: Home Assistant forgets a host."""

from __future__ import annotations

import os
import sys

from collector.client import publish_once
from perfwatch.broker import broker_of
from perfwatch.command import service
from perfwatch.settings import Settings, variable
from perfwatch.topics import discovery_topic


def remove(chosen: Settings) -> None:
    """Remove a host from Home Assistant: clear its retained discovery message on the broker.

    A collector that still runs announces it again: end it first, or switch homeassistant off.
    """
    topic = discovery_topic(chosen.host_id, chosen.homeassistant_prefix)
    broker = broker_of(chosen)
    publish_once(broker, f"perfwatch-discovery-{os.getpid()}", topic, b"")
    sys.stdout.write(
        f"Cleared {topic} on {broker}. A collector of {chosen.host_id} that still runs announces it again "
        f"unless {variable('homeassistant')} is false.\n"
    )


main = service(
    "discovery remove",
    remove,
    "broker",
    "broker_ca_file",
    "host",
    "homeassistant_prefix",
    environ=os.environ,
)

if __name__ == "__main__":
    main()
