from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator

from collector.delivery.publisher import Publisher
from perfwatch.broker import Broker
from perfwatch.topics import Topics
from tests.collector.listener import Listener, retained
from tests.collector.publishing import CONFIG, CONFIG_ERROR, CONFIG_SET, STATUS, address
from tests.servers import Mosquitto, client, wait_until


def test_what_comes_on_a_followed_topic_is_received(broker: Mosquitto) -> None:
    received: list[bytes] = []
    publisher = Publisher(address(broker.port), Topics(), "nas")
    publisher.follow("homeassistant/status", received.append)
    publisher.start()
    wait_until(lambda: retained(broker.port, STATUS) == b"online", "online")

    def heard() -> bool:
        publish = client("mosquitto_pub", broker.port, "-t", "homeassistant/status", "-m", "online")
        subprocess.run(publish, check=True)
        return received != []

    wait_until(heard, "the message")
    publisher.stop()
    assert set(received) == {b"online"}


@contextlib.contextmanager
def commanded(broker: Broker) -> Iterator[tuple[Publisher, list[bytes]]]:
    """A publisher that listens to commands, and what it has heard."""
    commands: list[bytes] = []
    publisher = Publisher(broker, Topics(), "nas")
    publisher.follow(CONFIG_SET, commands.append)
    publisher.announce(CONFIG, b"{}")
    publisher.start()
    try:
        yield publisher, commands
    finally:
        publisher.stop()


def command(port: int, payload: bytes, *options: str) -> None:
    subprocess.run(
        client("mosquitto_pub", port, "-t", CONFIG_SET, "-s", *options),
        input=payload,
        check=True,
        capture_output=True,
    )


def is_commanded(port: int, commands: list[bytes]) -> bool:
    command(port, b"?")
    return b"?" in commands


def test_commands_are_heard_also_after_the_broker_was_away(broker: Mosquitto) -> None:
    with commanded(address(broker.port)) as (_, commands):
        wait_until(lambda: is_commanded(broker.port, commands), "a command is heard")
        broker.kill()
        broker.start()
        commands.clear()
        wait_until(lambda: is_commanded(broker.port, commands), "a command is heard again")
        wait_until(lambda: retained(broker.port, CONFIG) == b"{}", "the state in force is there again")


def test_a_command_that_was_left_retained_is_not_heard_at_every_start(broker: Mosquitto) -> None:
    command(broker.port, b"old", "-r")
    with commanded(address(broker.port)) as (_, commands):
        wait_until(lambda: is_commanded(broker.port, commands), "a command is heard")
    assert b"old" not in commands


def test_a_command_larger_than_memory_should_hold_is_kept_away_by_the_broker(broker: Mosquitto) -> None:
    with commanded(address(broker.port)) as (_, commands):
        wait_until(lambda: is_commanded(broker.port, commands), "a command is heard")
        command(broker.port, bytes(2 * 1024 * 1024))
        command(broker.port, b"next")
        wait_until(lambda: b"next" in commands, "the next command")
    assert max(map(len, commands)) == 4


def test_the_state_is_retained_and_an_answer_to_a_bad_command_is_not(broker: Mosquitto) -> None:
    with Listener(broker.port) as listener, commanded(address(broker.port)) as (publisher, _):
        listener.wait_for(CONFIG, b"{}")
        publisher.announce(CONFIG, b'{"interval":2}')
        publisher.answer(CONFIG_ERROR, b'{"key":"x"}')
        listener.wait_for(CONFIG_ERROR, b'{"key":"x"}')
        listener.wait_for(CONFIG, b'{"interval":2}')
    heard = {message.topic: message for message in listener.heard}
    assert heard[CONFIG] == (CONFIG, b'{"interval":2}', 1, True, None)
    assert heard[CONFIG_ERROR] == (CONFIG_ERROR, b'{"key":"x"}', 0, False, None)
