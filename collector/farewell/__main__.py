"""The last word of a host that is taken off the broker: it is offline, and Home Assistant forgets it.

Mosquitto sends no will for a client whose account is taken away.
"""

from __future__ import annotations

import os

from collector.client import publish_once
from perfwatch.broker import broker_of
from perfwatch.command import service
from perfwatch.settings import Settings
from perfwatch.topics import Topics, discovery_topic


def say(chosen: Settings) -> None:
    """Tell the broker that this host is offline and gone."""
    broker, host = broker_of(chosen), chosen.host_id
    name = f"perfwatch-farewell-{os.getpid()}"
    publish_once(broker, name, Topics(chosen.topic_prefix).status(host), b"offline")
    publish_once(broker, name, discovery_topic(host, chosen.homeassistant_prefix), b"")


main = service(
    "farewell",
    say,
    *("broker", "broker_ca_file", "topic_prefix", "host", "homeassistant_prefix"),
    environ=os.environ,
)

if __name__ == "__main__":
    main()
