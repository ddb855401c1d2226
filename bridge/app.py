"""The bridge: readings from the broker into the history, for as long as it is let."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress

import msgspec

from bridge.backoff import Backoff
from bridge.counters import Counters
from bridge.mqtt import Client, QoS, Will
from bridge.session import Session
from bridge.upkeep import kept_up
from perfwatch import settings as settings_of
from perfwatch.errors import BrokerError, StoreError
from perfwatch.history.open import open_store
from perfwatch.history.store import HistoryStore, Point
from perfwatch.settings import Settings
from perfwatch.topics import Topics, safe_level

STATS_SECONDS = 10.0

# How far the broker may send ahead of what is stored: enough for the next batch and the one after it
# to arrive while one is written, and the most that is sent again after a crash.
RECEIVE_MAX = 2000

# A connection that lasted so long was a good one: the next wait begins at the shortest again.
STEADY_SECONDS = 30.0

_log = logging.getLogger(__name__)


class Bridge:
    """Takes readings into `store` until `stop`; a broker or store that is away is waited for."""

    def __init__(self, settings: Settings, store: HistoryStore) -> None:
        self._store = store
        self._broker = settings_of.broker(settings)
        self._topics = Topics(settings.topic_prefix)
        self._id = safe_level(settings.bridge_id)
        self._session_expiry = settings.session_expiry
        self._stop = asyncio.Event()
        self._broker_lost = False
        self._store_lost = False
        self.counters = Counters()

    def stop(self) -> None:
        """Write and acknowledge what was received, then let `run` return."""
        self._stop.set()

    async def run(self) -> None:
        backoff = Backoff()
        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            began = loop.time()
            try:
                async with self._client() as client:
                    await self._serve(client)
            except* BrokerError as group:
                self._log_broker_lost(group.exceptions[0])
                if loop.time() - began > STEADY_SECONDS:
                    backoff.reset()
                await self._pause(backoff.next())

    async def _serve(self, client: Client) -> None:
        self.counters.waiting = 0  # what an earlier connection left behind comes again
        status = self._topic("status")
        await client.subscribe(f"{self._topics.prefix}/+/+")
        await client.publish(status, b"online", qos=1, retain=True)
        self._log_connected(client)
        session = Session(client, self._topics, self._topic("rejected"), self._keep, self.counters)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(session.receive()), group.create_task(self._publish_stats(client))]
            group.create_task(session.write())
            await self._stop.wait()
            for task in tasks:
                task.cancel()
            await session.finish()
        await client.publish(status, b"offline", qos=1, retain=True)
        _log.info("stopped; %d readings written, %d rejected", self.counters.written, self.counters.rejected)

    async def _keep(self, points: list[Point]) -> int | None:
        """Make points durable, trying until it works; None when told to stop before it did."""
        backoff = Backoff()
        while True:
            try:
                # In a thread, so that pings go on however long the disk takes.
                count = await asyncio.to_thread(self._store.write, points) if points else 0
            except StoreError as exc:
                self._log_store_lost(exc)
            else:
                self._log_store_back()
                return count
            if self._stop.is_set():
                return None
            await self._pause(backoff.next())

    async def _publish_stats(self, client: Client) -> None:
        while True:
            await client.publish(self._topic("stats"), msgspec.json.encode(self.counters))
            await asyncio.sleep(STATS_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    def _client(self) -> Client:
        return Client(
            self._broker,
            client_id=f"perfwatch-bridge-{self._id}",
            session_expiry=self._session_expiry,
            receive_max=RECEIVE_MAX,
            will=Will(self._topic("status"), payload=b"offline", qos=QoS.AT_LEAST_ONCE, retain=True),
        )

    def _topic(self, word: str) -> str:
        return self._topics.bridge(self._id, word)

    def _log_connected(self, client: Client) -> None:
        kept = "it kept our session" if client.session_present else "with a new session"
        _log.info("connected to %s, %s", self._broker, kept)
        self._broker_lost = False

    def _log_broker_lost(self, error: BaseException) -> None:
        if not self._broker_lost:
            _log.warning("lost the broker, trying again until it is back: %s", error)
        self._broker_lost = True

    def _log_store_lost(self, error: StoreError) -> None:
        if not self._store_lost:
            _log.error("%s; nothing is acknowledged until it can be written again", error)
        self._store_lost = True

    def _log_store_back(self) -> None:
        if self._store_lost:
            _log.info("the history can be written again")
        self._store_lost = False


def run(settings: Settings) -> None:
    """Take readings from the broker into the history."""
    store = open_store(settings.history_url)
    try:
        asyncio.run(_until_signal(Bridge(settings, store), store))
    finally:
        store.close()


async def _until_signal(bridge: Bridge, store: HistoryStore) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, bridge.stop)
    async with kept_up(store):
        await bridge.run()
