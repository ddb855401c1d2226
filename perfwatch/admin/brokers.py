"""The broker of the one-machine run: a Mosquitto of our own, or one that is there already."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from perfwatch.admin import mosquitto
from perfwatch.admin.access_list import ROLES
from perfwatch.admin.broker_accounts import Integrations, integrations_path
from perfwatch.admin.child import Child
from perfwatch.admin.denied import Denials, Denied, denied_path
from perfwatch.admin.join import offer
from perfwatch.admin.overheard import TELLS_ALL, Overheard
from perfwatch.beat import beat
from perfwatch.broker import broker_of
from perfwatch.errors import AccountError, BrokerError, Refused, StartError
from perfwatch.files import write_private
from perfwatch.settings import Settings
from perfwatch.topics import Topics, discovery_topic

# Debian keeps servers where an ordinary user's PATH does not look.
_SERVER_PATHS = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
_READY_SECONDS = 60.0
_ECHO_SECONDS = 5.0
_SAVE_PAUSES = (2.0, 2.0, 4.0, 8.0, 16.0)

# How often the files of accounts are looked at: a changed account holds within that time.
_LOOK_SECONDS = 1.0
# How often the broker's log is fetched: before its pipe is full, and more seldom while it says little.
_BUSY_SECONDS, _CALM_SECONDS = 0.5, 2.0
_MUCH_BYTES = 16_384

Say = Callable[[str], None]


class OwnBroker:
    """A Mosquitto that is our child, with an account for each part and the shipped access list."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        """Raises StartError when there is none, SettingError or AccountError when it cannot be set up."""
        binary, folder = find_mosquitto(environ), settings.data_path
        integrations = Integrations(integrations_path(folder))
        mosquitto.check_host(settings.host_id, integrations.all())
        self._folder, self._prefixes, self._integrations = folder, settings.prefixes, integrations
        self._port = settings.mqtt_port
        self._host = settings.host_id
        self._accounts = mosquitto.Accounts(mosquitto.accounts_path(folder))
        self._accounts.ensure((*ROLES, settings.host_id))
        self._listening = mosquitto.listening(settings)
        mosquitto.remember(folder, self._listening)
        offer.remember(folder, settings)
        configuration = mosquitto.write_configuration(
            folder / "mosquitto", self._accounts, self._listening, settings.prefixes, further=TELLS_ALL
        )
        self._logins = mosquitto.Logins(folder / "mosquitto", self._accounts, integrations, settings.prefixes)
        self._logins.update()
        denied_path(folder).unlink(missing_ok=True)
        self.child = Overheard(
            "mosquitto", [binary, "-c", str(configuration)], dict(environ), folder / "logs"
        )
        self.children: list[Child] = [self.child]

    def url(self, service: str) -> str:
        """How that service reaches it; the collector's account is its host's."""
        return self._accounts.url(self._host if service == "collector" else service, self._port)

    async def start(self) -> str:
        """Returns where it listens. Raises StartError."""
        await self.child.start()
        await ready(self.child, lambda: "" if accepts("127.0.0.1", self._port) else "it does not listen")
        return str(self._listening)

    def care(self, say: Say) -> list[Coroutine[Any, Any, None]]:
        """What it needs for as long as it runs."""
        return [
            follow(self._logins, self.child, say),
            save_early(self.child),
            overhear(self.child, Denials(self._prefixes), self._integrations, denied_path(self._folder), say),
        ]

    async def stop(self) -> None:
        await self.child.stop()


class GivenBroker:
    """A broker that somebody else runs, by one account of it that may do what all our parts do."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._broker = broker_of(settings)
        self.children: list[Child] = []

    def url(self, service: str) -> str:
        return self._settings.broker

    async def start(self) -> str:
        """Returns where it is. Raises StartError, with the rules that its access list lacks."""
        try:
            lacking = [what async for what in self._refusals()]
        except BrokerError as exc:
            raise StartError(f"{exc}. `perfwatch up` without --broker starts a broker of its own") from exc
        if lacking:
            raise StartError(
                f"{self._broker} does not let this account {' or '.join(lacking)}. "
                f"It needs these lines in Mosquitto's acl_file:\n"
                f"{rules(self._settings, self._broker.username or 'NAME')}"
            )
        return f"{self._broker}, which PerfWatch does not change"

    def care(self, _say: Say) -> list[Coroutine[Any, Any, None]]:
        return []

    async def stop(self) -> None: ...

    async def _refusals(self) -> AsyncIterator[str]:
        """Each thing that the broker does not allow, tried: nothing of it is retained, or kept by anyone."""
        from perfwatch.mqtt.client import Client

        settings, topics = self._settings, Topics(self._settings.topic_prefix)
        announced = discovery_topic(settings.host_id, settings.homeassistant_prefix)
        async with Client(self._broker) as client:
            for topic, read in (
                (topics.scalar(settings.host_id, "doctor", ("check",)), f"{topics.prefix}/#"),
                (topics.bridge(settings.bridge_id, "check"), f"{topics.prefix}-bridge/#"),
                (announced.removesuffix("config") + "check", ""),
            ):
                try:
                    if read:
                        await client.subscribe(topic)
                    await client.publish(topic, b"1", qos=1)
                except Refused:
                    yield f"write {topic}"
                    continue
                # Mosquitto accepts a subscription to what may not be read, and then sends nothing.
                if read and not await client.gathered(1, _ECHO_SECONDS):
                    yield f"read {read}"
                client.waiting()


def rules(settings: Settings, account: str) -> str:
    """What an account must be allowed so that all of PerfWatch can run by it, as Mosquitto's acl_file."""
    prefix, discovery = settings.prefixes
    return "\n".join(
        [
            f"  user {account}",
            f"  topic readwrite {prefix}/#",
            f"  topic readwrite {prefix}-bridge/#",
            f"  topic write {discovery}/device/#",
            f"  topic read {discovery}/status",
            "  topic read $SYS/broker/version",
        ]
    )


async def follow(logins: mosquitto.Logins, broker: Child, say: Say) -> None:
    """Tell the broker of each account that the dashboard or `perfwatch credentials` makes or revokes."""
    while True:
        try:
            if logins.update():
                # It reads both files and disconnects whoever may not be there any more.
                broker.reload()
        except AccountError as exc:
            say(f"  {broker.name:<10} {exc}; its accounts stay as they were")
        await beat(_LOOK_SECONDS)


async def overhear(
    broker: Overheard, denials: Denials, integrations: Integrations, kept: Path, say: Say
) -> None:
    """Tell of each account that publishes what it may not: once, here and, by the file `kept`, on System."""
    told: list[Denied] = []
    while True:
        heard = broker.hear()
        with suppress(AccountError, OSError):  # `follow` tells of the one; the other is a full disk
            for one in denials.read(heard, integrations.all() if b": Denied " in heard else {}):
                say(f"  {broker.name:<10} {one.account} may not publish {one.topic}. {one.advice}")
                told.append(one)
                write_private(kept, msgspec.json.encode(told))
        await beat(_BUSY_SECONDS if len(heard) > _MUCH_BYTES else _CALM_SECONDS)


async def save_early(broker: Child) -> None:
    """Have the broker save 2, 4, 8, 16 and 32 s after each start, and not a minute later for the first time.

    Until its session is saved, a bridge that is away is forgotten when the broker is killed.
    """
    while True:
        await broker.started.wait()
        broker.started.clear()
        for pause in _SAVE_PAUSES:
            if await heard(broker.started, pause):  # it was started again
                break
            broker.save()


async def heard(event: asyncio.Event, seconds: float) -> bool:
    """Wait until `event` is set, but no longer than that; returns whether it is."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def find_mosquitto(environ: Mapping[str, str]) -> str:
    """The path of Mosquitto's binary. Raises StartError when there is none."""
    search = os.pathsep.join((environ.get("PATH", os.defpath), _SERVER_PATHS))
    binary = shutil.which("mosquitto", path=search)
    if binary is None:
        raise StartError(
            "Mosquitto, the MQTT broker, is not installed: `apt-get install mosquitto` on Debian and Ubuntu, "
            "`brew install mosquitto` on macOS"
        )
    return binary


async def ready(child: Child, missing: Callable[[], str], also: list[Child] | None = None) -> None:
    """Wait until nothing is `missing`. Raises StartError when a child ends first, or it takes too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _READY_SECONDS
    while reason := await asyncio.to_thread(missing):
        for one in {child, *(also or [])}:
            if one.ended:
                raise StartError(f"The {one.name} ended while starting. {one.last_words()}")
        if loop.time() > deadline:
            raise StartError(
                f"The {child.name} was not ready after {_READY_SECONDS:.0f} s: {reason}. {child.last_words()}"
            )
        await asyncio.sleep(0.05)


def accepts(host: str, port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
