"""All of PerfWatch on this machine: broker, collector, bridge and dashboard as child processes."""

from __future__ import annotations

import asyncio
import errno
import http.client
import os
import shutil
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

from perfwatch.admin import mosquitto
from perfwatch.admin.access_list import ROLES
from perfwatch.admin.broker_accounts import Integrations, integrations_path
from perfwatch.admin.child import Child
from perfwatch.durations import format_ms
from perfwatch.errors import AccountError, StartError
from perfwatch.lock import claimed
from perfwatch.settings import Settings, option, variable
from perfwatch.users import FIRST_ACCOUNT, Users

# Debian keeps servers where an ordinary user's PATH does not look.
_SERVER_PATHS = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
_READY_SECONDS = 60.0
_FIRST_DELAY, _LONGEST_DELAY, _HEALTHY_SECONDS = 1.0, 30.0, 60.0
_SAVE_PAUSES = (2.0, 2.0, 4.0, 8.0, 16.0)

# How often the files of accounts are looked at: a changed account holds within that time.
_LOOK_SECONDS = 0.5
_ROTATE_SECONDS = 10.0

Say = Callable[[str], None]


class Up:
    """The one-machine run. `run` returns when it is cancelled; nothing is left running then."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], say: Say) -> None:
        self._settings = settings
        # The first password is for us alone: it reaches no child.
        secret = (variable("admin_password"), f"{variable('admin_password')}_FILE")
        self._environ = {name: value for name, value in environ.items() if name not in secret}
        self._say = say
        self._folder = settings.data_path
        self._host = settings.host_id

    async def run(self) -> None:
        """Start all parts, keep them running, end them on cancellation. Raises StartError."""
        binary = find_mosquitto(self._environ)
        with claimed(self._folder):
            for name, host in (("mqtt_port", "127.0.0.1"), ("port", self._settings.address)):
                check_port(host, getattr(self._settings, name), name)
            broker, services, logins = self._prepare(binary)
            children = [broker, *services]
            try:
                await self._start(broker, services)
                async with asyncio.TaskGroup() as group:
                    group.create_task(follow(logins, broker, self._say))
                    group.create_task(save_early(broker))
                    group.create_task(rotate_logs(children))
                    for child in children:
                        group.create_task(self._keep_one(child))
            finally:
                # The broker goes last: the others have a last word to say to it.
                await asyncio.gather(*(child.stop() for child in services))
                await broker.stop()

    def _prepare(self, binary: str) -> tuple[Child, list[Child], mosquitto.Logins]:
        settings, folder = self._settings, self._folder
        integrations = Integrations(integrations_path(folder))
        mosquitto.check_host(self._host, integrations.all())
        accounts = mosquitto.Accounts(mosquitto.accounts_path(folder))
        accounts.ensure((*ROLES, self._host))
        listening = mosquitto.listening(settings)
        mosquitto.remember(folder, listening)
        configuration = mosquitto.write_configuration(
            folder / "mosquitto", accounts, listening, settings.prefixes
        )
        logins = mosquitto.Logins(folder / "mosquitto", accounts, integrations, settings.prefixes)
        logins.update()
        broker = Child("mosquitto", [binary, "-c", str(configuration)], dict(self._environ), folder / "logs")
        names = {"collector": self._host, "bridge": "bridge", "dashboard": "dashboard"}
        services = [
            self._service(service, accounts.url(account, settings.mqtt_port))
            for service, account in names.items()
        ]
        return broker, services, logins

    def _service(self, name: str, broker: str) -> Child:
        given = {
            "broker": broker,
            "data_dir": str(self._folder),
            "history": self._settings.history_url,
            "host": self._host,
            **{
                setting: str(getattr(self._settings, setting))
                for setting in ("address", "port", "interval", "topic_prefix", "log_level", "token_lifetime")
            },
        }
        environ = dict(self._environ) | {variable(setting): value for setting, value in given.items()}
        # -P: a folder named like a service in the current directory must not be run in its place.
        return Child(name, [sys.executable, "-P", "-m", name], environ, self._folder / "logs")

    async def _start(self, broker: Child, services: list[Child]) -> None:
        settings = self._settings
        scheme = "https" if settings.cert_file else "http"
        url = f"{scheme}://{shown(settings.address)}:{settings.port}"
        users = Users(self._folder / "users.json")
        made = users.ensure_first(settings.admin_password)
        try:
            await broker.start()
            await ready(broker, lambda: accepts("127.0.0.1", settings.mqtt_port))
            self._status(broker, str(mosquitto.listening(settings)))
            for child in services:
                await child.start()
            collector, bridge, dashboard = services
            every = format_ms(round(settings.interval * 1000))
            self._status(collector, f"host {self._host}, every {every}")
            self._status(bridge, f"history in {settings.history_shown}")
            await ready(dashboard, lambda: healthy(settings.address, settings.port, scheme), also=services)
            self._status(dashboard, url)
        finally:
            # Said even when the start fails: it is kept as a hash only and cannot be shown again.
            if made:
                self._say(f"\n  First start. Log in as {FIRST_ACCOUNT} with password  {made}")
                self._say("  It is shown this once only.")
        self._say(f"\n  Open {url}   (Ctrl-C ends all of it)\n")

    def _status(self, child: Child, text: str) -> None:
        self._say(f"  {child.name:<10} {text}")

    async def _keep_one(self, child: Child) -> None:
        delay = _FIRST_DELAY
        while True:
            lived, reason = await child.wait()
            delay = _FIRST_DELAY if lived > _HEALTHY_SECONDS else delay
            self._say(f"  {child.name:<10} {reason}; starting it again in {delay:.0f} s (log: {child.log})")
            await asyncio.sleep(delay)
            await child.start()
            self._say(f"  {child.name:<10} started again")
            delay = min(delay * 2, _LONGEST_DELAY)


async def follow(logins: mosquitto.Logins, broker: Child, say: Say) -> None:
    """Tell the broker of each account that the dashboard or `perfwatch credentials` makes or revokes."""
    while True:
        try:
            if logins.update():
                # It reads both files and disconnects whoever may not be there any more.
                broker.reload()
        except AccountError as exc:
            say(f"  {broker.name:<10} {exc}; its accounts stay as they were")
        await asyncio.sleep(_LOOK_SECONDS)


async def rotate_logs(children: list[Child]) -> None:
    """Keep each log short, however long a child runs."""
    while True:
        for child in children:
            with suppress(OSError):  # a full disk, most likely: it is tried again
                child.rotate()
        await asyncio.sleep(_ROTATE_SECONDS)


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


def run(settings: Settings, environ: Mapping[str, str], say: Say) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP. Raises StartError when it cannot start."""
    asyncio.run(_until_signalled(Up(settings, environ, say)))


async def _until_signalled(up: Up) -> None:
    loop = asyncio.get_running_loop()
    work = asyncio.create_task(up.run())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return


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


async def ready(child: Child, check: Callable[[], bool], also: list[Child] | None = None) -> None:
    """Wait until `check` holds. Raises StartError when a child ends first or it takes too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _READY_SECONDS
    while not await asyncio.to_thread(check):
        for one in {child, *(also or [])}:
            if one.ended:
                raise StartError(
                    f"The {one.name} ended while starting. Its log, {one.log}, says:\n{one.tail()}"
                )
        if loop.time() > deadline:
            raise StartError(
                f"The {child.name} was not ready after {_READY_SECONDS:.0f} s. Its log, {child.log}, says:\n"
                f"{child.tail()}"
            )
        await asyncio.sleep(0.05)


def accepts(host: str, port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def healthy(address: str, port: int, scheme: str = "http") -> bool:
    """Whether the dashboard answers that all that it needs is there."""
    connection = http.client.HTTPConnection(shown(address), port, timeout=2)
    if scheme == "https":
        # It is our own child: whom its certificate names is for browsers to judge.
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(shown(address), port, timeout=2, context=context)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def shown(address: str) -> str:
    """The address to open for a server that listens on `address`."""
    return "127.0.0.1" if address in ("0.0.0.0", "::") else address
