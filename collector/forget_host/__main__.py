"""A host's last words, said by somebody else: Home Assistant forgets it, or it is taken off the broker."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import click
import msgspec

from collector.delivery.client import publish_once, retained
from collector.home_assistant.memory import memory_path
from collector.home_assistant.parts import MOST
from perfwatch.admin.mosquitto import account_here
from perfwatch.broker import broker_of
from perfwatch.command import service
from perfwatch.errors import BrokerError
from perfwatch.settings import Settings, default, variable
from perfwatch.topics import Topics, discovery_topic

LET_IN_TRIES = 30

_SETTINGS = ("broker", "broker_ca_file", "topic_prefix", "host", "homeassistant_prefix")


def remove(chosen: Settings) -> None:
    """Remove a host from Home Assistant.

    Clears its retained discovery messages on the broker, and the status of a host that is offline: then the
    alerts take back what they said of it. Where `perfwatch up` runs, its own broker is asked, with that
    host's account. A collector that still runs announces it again: end it first, or switch homeassistant off.
    """
    if chosen.broker == default("broker"):
        account = account_here(chosen.data_path, chosen.host_id)
        chosen = msgspec.structs.replace(chosen, broker=account or chosen.broker)
    topic = _clear_discovery(chosen)
    _clear_status(chosen)
    memory_path(chosen.data_path, chosen.host_id).unlink(missing_ok=True)
    sys.stdout.write(
        f"Cleared {topic} on {broker_of(chosen)}. A collector of {chosen.host_id} that still runs announces "
        f"it again unless {variable('homeassistant')} is false.\n"
    )


def farewell(chosen: Settings) -> None:
    """Tell the broker that this host is offline and gone.

    Mosquitto sends no will for a client whose account is taken away. Without a retained status nobody waits
    for it: the alerts take what they said of it back, from Home Assistant too.
    """
    status = Topics(chosen.topic_prefix).status(chosen.host_id)
    _when_let_in(lambda: publish_once(broker_of(chosen), _client_id(), {status: b"offline"}))
    publish_once(broker_of(chosen), _client_id(), {status: b""})
    _clear_discovery(chosen)


def _when_let_in(say: Callable[[], None]) -> None:
    """A new password is some moments on its way to the broker. Raises BrokerError."""
    for _ in range(LET_IN_TRIES):
        try:
            return say()
        except BrokerError as exc:
            if isinstance(exc.__cause__, OSError):
                raise
            time.sleep(0.5)
    say()


def _clear_discovery(chosen: Settings) -> str:
    broker, prefix = broker_of(chosen), chosen.homeassistant_prefix
    topics = [discovery_topic(chosen.host_id, prefix, part) for part in range(1, MOST + 1)]
    publish_once(broker, _client_id(), {topics[0]: b""})
    # An access list of before allows the first alone: then there are no others.
    with suppress(BrokerError):
        publish_once(broker, _client_id(), dict.fromkeys(topics[1:], b""))
    return topics[0]


def _clear_status(chosen: Settings) -> None:
    """Of a host that runs it stays: its collector says it once only, when it connects."""
    broker, status = broker_of(chosen), Topics(chosen.topic_prefix).status(chosen.host_id)
    if retained(broker, _client_id(), status) == b"offline":
        publish_once(broker, _client_id(), {status: b""})


def _client_id() -> str:
    return f"perfwatch-forget-host-{os.getpid()}"


@click.group()
def main() -> None:
    """What Home Assistant is told of a host."""


main.add_command(service("remove", remove, *_SETTINGS, "data_dir", environ=os.environ))
main.add_command(service("farewell", farewell, *_SETTINGS, environ=os.environ))
main.commands["farewell"].hidden = True

if __name__ == "__main__":
    main()
