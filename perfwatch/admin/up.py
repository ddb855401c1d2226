"""All of PerfWatch on this machine: broker, collector, bridge and dashboard as child processes."""

from __future__ import annotations

import asyncio
import errno
import http.client
import json
import socket
import ssl
import sys
import time
from collections.abc import Mapping

from perfwatch.admin.addresses import EVERYWHERE, directions, reachable_url
from perfwatch.admin.brokers import GivenBroker, OwnBroker, Say, find_mosquitto, ready
from perfwatch.admin.child import Child, no_room
from perfwatch.admin.light import PYTHON, Light
from perfwatch.admin.telling import rotate_logs, tell_errors, tell_of_room
from perfwatch.devices import file as devices_file
from perfwatch.durations import format_ms
from perfwatch.errors import StartError
from perfwatch.lock import claimed
from perfwatch.settings import Settings, option, secret_variables, variable
from perfwatch.signals import until_signalled
from perfwatch.users import FIRST_ACCOUNT, Users

_FIRST_DELAY, _LONGEST_DELAY, _HEALTHY_SECONDS = 1.0, 30.0, 60.0

# How long the start waits for the history. One that is away then is no reason not to start: the bridge keeps
# readings for it.
_HISTORY_SECONDS = 10.0

SERVICES = ("collector", "bridge", "dashboard")
LIGHT = ("alerts", "devices")
_OF_HISTORY = ("bridge", "dashboard")

# What our options and variables say, for each of them.
_PASSED = (
    *("address", "port", "interval", "topic_prefix", "log_level", "token_lifetime", "broker_ca_file"),
    *("devices", "devices_zone"),
)


class Up:
    """The one-machine run. `run` returns when it is cancelled; nothing is left running then."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], say: Say, given_broker: bool = False
    ) -> None:
        """`given_broker`: use the broker that the settings name, and start none."""
        self._settings = settings
        self._given = given_broker
        # The first password is for us alone, and of the others each child gets what it needs.
        self._environ = {name: environ[name] for name in environ.keys() - secret_variables()}
        self._say = say
        self._folder = settings.data_path
        self._host = settings.host_id

    async def run(self) -> None:
        """Start all parts, keep them running, end them on cancellation. Raises StartError."""
        settings = self._settings
        if not self._given:
            find_mosquitto(self._environ)
        with claimed(self._folder):
            if full := no_room(self._folder):
                raise StartError(full)
            ports = {"port": settings.address} | ({} if self._given else {"mqtt_port": "127.0.0.1"})
            for name, host in ports.items():
                check_port(host, getattr(settings, name), name)
            broker = GivenBroker(settings) if self._given else OwnBroker(settings, self._environ)
            logs = self._folder / "logs"
            environs = {name: self._environ_of(name, broker.url(name)) for name in (*SERVICES, *LIGHT)}
            services = [Child(name, [*PYTHON, name], environs[name], logs) for name in SERVICES]
            light = Light({name: environs[name] for name in LIGHT}, logs, self._light)
            try:
                await self._start(broker, services, light)
                async with asyncio.TaskGroup() as group:
                    children = [*broker.children, *services, *light.children]
                    for work in (
                        rotate_logs(children),
                        tell_errors(children, self._say),
                        tell_of_room(self._folder, self._say),
                        light.keep(self._keep_one, self._say),
                        *broker.care(self._say),
                    ):
                        group.create_task(work)
                    for child in (*broker.children, *services):
                        group.create_task(self._keep_one(child))
            finally:
                # The broker goes last: the others have a last word to say to it.
                await asyncio.gather(*(child.stop() for child in (*services, *light.children)))
                await broker.stop()

    def _light(self) -> list[str]:
        """The light services that are on, in the settings or on the Settings page."""
        on = {"alerts": self._settings.alerts, "devices": devices_file.is_on(self._settings)}
        return [name for name in LIGHT if on[name]]

    def _environ_of(self, name: str, broker: str) -> dict[str, str]:
        given = {
            "broker": broker,
            "data_dir": str(self._folder),
            **({"history": self._settings.history_url} if name in _OF_HISTORY else {}),
            "host": self._host,
            "dashboard_url": self._settings.dashboard_url
            or reachable_url(self._settings.address, self._settings.port),
            **{setting: str(getattr(self._settings, setting)) for setting in _PASSED},
        }
        return dict(self._environ) | {variable(setting): value for setting, value in given.items()}

    async def _start(self, broker: OwnBroker | GivenBroker, services: list[Child], light: Light) -> None:
        settings = self._settings
        scheme = "https" if settings.cert_file else "http"
        url = f"{scheme}://{shown(settings.address)}:{settings.port}"
        users = Users(self._folder / "users.json")
        made = users.ensure_first(settings.admin_password)
        try:
            self._say(f"  {'broker' if self._given else 'mosquitto':<10} {await broker.start()}")
            for child in services:
                await child.start()
            every = format_ms(round(settings.interval * 1000))
            self._status("collector", f"host {self._host}, every {every}")
            self._status("bridge", f"history in {settings.history_shown}")
            until = time.monotonic() + _HISTORY_SECONDS
            await ready(
                services[-1],
                lambda: trouble(settings.address, settings.port, scheme, time.monotonic() < until),
                also=services,
            )
            if away := await asyncio.to_thread(trouble, settings.address, settings.port, scheme):
                self._say(f"  {away}")
            what = {
                "alerts": "rules on every host",
                "devices": settings.devices or "as switched on in Settings",
            }
            for name in await light.start():
                self._status(name, what[name])
            self._status("dashboard", url)
        finally:
            # Said even when the start fails: it is kept as a hash only and cannot be shown again.
            if made:
                self._say(f"\n  First start. Log in as {FIRST_ACCOUNT} with password  {made}")
                self._say("  It is shown this once only.")
        self._say(f"\n  Open {url}   (Ctrl-C ends all of it)")
        for line in directions(scheme, settings.address, settings.port, sys.stdout.isatty()):
            self._say(line)
        self._say("")

    def _status(self, name: str, text: str) -> None:
        self._say(f"  {name:<10} {text}")

    async def _keep_one(self, child: Child) -> None:
        delay = _FIRST_DELAY
        while True:
            lived, reason = await child.wait()
            delay = _FIRST_DELAY if lived > _HEALTHY_SECONDS else delay
            self._say(f"  {child.name:<10} {reason}. Starting it again in {delay:.0f} s (log: {child.log})")
            await asyncio.sleep(delay)
            await child.start()
            self._say(f"  {child.name:<10} started again")
            delay = min(delay * 2, _LONGEST_DELAY)


def run(settings: Settings, environ: Mapping[str, str], say: Say, given_broker: bool = False) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP. Raises StartError when it cannot start."""
    asyncio.run(until_signalled(Up(settings, environ, say, given_broker).run()))


def check_port(host: str, port: int, setting: str) -> None:
    """Raise StartError when nothing could listen on that port; `setting` is what chooses it."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(address[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address[4])
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            reason = "is in use by another program. End that one, or choose another port"
        else:
            reason = f"on {host} cannot be used: {exc.strerror}. Choose another"
        raise StartError(
            f"Port {port} {reason} with {option(setting)}, like {option(setting)} {port + 1}"
        ) from exc


def trouble(address: str, port: int, scheme: str = "http", of_history: bool = True) -> str:
    """What the dashboard misses of all that it needs, in its words; empty when all is well.

    Not of the history, unless `of_history`.
    """
    connection = http.client.HTTPConnection(shown(address), port, timeout=2)
    if scheme == "https":
        # It is our own child: whom its certificate names is for browsers to judge.
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(shown(address), port, timeout=2, context=context)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        told = json.loads(answer.read())
        well = answer.status == http.HTTPStatus.OK or (told["broker"] == "ok" and not of_history)
        return "" if well else str(told["detail"])
    except (OSError, http.client.HTTPException, ValueError, KeyError) as exc:
        return f"it does not answer: {exc}"
    finally:
        connection.close()


def shown(address: str) -> str:
    """The address to open for a server that listens on `address`."""
    return "127.0.0.1" if address in EVERYWHERE else address
