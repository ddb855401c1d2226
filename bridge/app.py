"""The bridge: readings from the broker into the history, for as long as it is let."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from bridge.batch import MESSAGES
from bridge.counters import Counters, Stats
from bridge.decode import Decoder, refusal
from bridge.leading import leading_of
from bridge.pipeline import Pipeline
from bridge.series_limit import SeriesLimit
from bridge.session import MqttSession
from bridge.spool import Spool
from bridge.upkeep import look_after
from bridge.writer import Writer
from perfwatch import distribution
from perfwatch.broker import broker_of
from perfwatch.errors import BrokerError
from perfwatch.history.open import open_store
from perfwatch.history.start import check_start
from perfwatch.history.store import HistoryStore
from perfwatch.mqtt.client import Client, QoS, Will
from perfwatch.mqtt.identity import group_name
from perfwatch.mqtt.reconnect import stay_connected
from perfwatch.readings.codec import format_time, now
from perfwatch.settings import Settings, variable
from perfwatch.systemd_notify import Notifier
from perfwatch.topics import Topics, safe_level

STATS_SECONDS = 10.0

# The numbers are retained, so that whoever asks has them at once, and forgotten when the bridge has
# missed two of them: a bridge that hangs while its connection lives is silent then.
HEALTH_EXPIRY = 25

# How far the broker may send ahead of what is stored: enough for the next batch and the one after it
# to arrive while two are written, and the most that is sent again after a crash.
RECEIVE_MAX = 4 * MESSAGES

_log = logging.getLogger(__name__)


# How long what was received may take to become durable when we end, or when the connection is lost: a
# store that hangs is found out in less.
FINISH_SECONDS = 4.5

# How long we take to end in order: a broker that does not answer is left without a word then. And what has
# the process end whatever hangs: a look-up of the broker's name, for example, or closing the store.
END_SECONDS = 5.0
LAST_SECONDS = 7.2

# Hosts at their limit of series that the numbers name.
MAX_NAMED = 20

# Rejections that wait to be told; each is logged nowhere else, and all are counted.
MAX_UNTOLD = 1000


class Bridge:
    """Takes readings into `store` until `stop`; a broker or store that is away is waited for."""

    def __init__(self, settings: Settings, store: HistoryStore, notifier: Notifier | None = None) -> None:
        self._broker = broker_of(settings)
        self._topics = Topics(settings.topic_prefix)
        self._id = safe_level(settings.bridge_id)
        self._group = safe_level(settings.group) if settings.group else ""
        self._session = MqttSession(settings.data_path / "secrets" / f"session_{self._id}.json", self._id)
        self._session_expiry = settings.session_expiry
        self._batch_wait = settings.batch_wait
        self._spool = Spool(settings.data_path / "spool" / self._id, settings.spool_size, settings.spool_age)
        self._notifier = notifier or Notifier(None)
        self._stop = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._broker_lost = False
        self._began = time.monotonic()
        self._untold: deque[bytes] = deque(maxlen=MAX_UNTOLD)
        self._tell = asyncio.Event()
        self.counters = Counters()
        self._series = SeriesLimit(settings.series_limit, self._host_full)
        self._writer = Writer(store, self._spool, self.counters, self._refused)

    def stop(self) -> None:
        """Make durable and acknowledge what was received, then let `run` return."""
        self._stop.set()

    async def run(self, *beside: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Until `stop` was called, and `beside` as long.

        Raises StartError when the spool cannot be used, and what nobody foresaw in any task.
        """
        async with self._writer.running(), asyncio.TaskGroup() as group:
            works = (self._stay_connected, self._notify, *beside)
            tasks = [group.create_task(work()) for work in works]
            await self._stop.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(END_SECONDS):
                    await self._idle.wait()
            for task in tasks:
                task.cancel()

    async def _stay_connected(self) -> None:
        await stay_connected(self._client, self._serve, self._log_broker_lost)

    async def _serve(self, client: Client) -> None:
        self._idle.clear()
        try:
            await self._announce(client)
            await self._pass_on(client)
            await self._tell_rejected(client)
            await client.publish(self._topic("status"), b"offline", qos=1, retain=True)
        finally:
            self._idle.set()
        _log.info("stopped; %d readings written, %d rejected", self.counters.written, self.counters.rejected)

    async def _announce(self, client: Client) -> None:
        readings = self._topics.readings(group_name(self._group, self._broker.password))
        await client.subscribe(readings)
        if before := self._session.subscribed(readings):
            # The session of a bridge that had another group, or none, would go on taking its share.
            await client.unsubscribe(before)
        await client.publish(self._topic("status"), b"online", qos=1, retain=True)
        self._log_connected(client)

    async def _drain(self, old: Client) -> bool:
        """Take what an older session of ours holds; whether that was all."""
        patterns = {self._topics.readings(), self._topics.readings(self._group)}
        async with asyncio.TaskGroup() as storing:
            return await self._pipeline(old, storing).drain(patterns)

    async def _pass_on(self, client: Client) -> None:
        """Readings from the broker into the history, until we are stopped. BrokerError when it is lost."""
        lost: BaseExceptionGroup[BrokerError] | None = None
        self._writer.hurry(False)
        async with asyncio.TaskGroup() as storing:
            pipeline = self._pipeline(client, storing)
            try:
                await self._until_stopped(client, pipeline)
            except* BrokerError as group:
                lost = group
            # A killed broker may have forgotten what it sent us: it is stored without an acknowledgement too.
            self._writer.hurry(True)
            await pipeline.finish(FINISH_SECONDS)
        if lost is not None:
            raise lost

    async def _until_stopped(self, client: Client, pipeline: Pipeline) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(work)
                for work in (
                    pipeline.receive(),
                    self._publish_stats(client),
                    self._keep_telling(client),
                    self._session.take_over(self._connection, self._drain),
                )
            ]
            await self._stop.wait()
            for task in tasks:
                task.cancel()

    def _reject(self, told: bytes) -> None:
        self._untold.append(told)
        self._tell.set()

    def _refused(self, reason: str) -> None:
        self._reject(refusal(reason, time.time_ns() // 1_000_000))

    def _host_full(self, host: str) -> None:
        limit = f"{self._series.limit} series ({variable('series_limit')})"
        self._refused(f"{host} has {limit}: numbers under new names are left out of the history")

    async def _keep_telling(self, client: Client) -> None:
        while True:
            await self._tell_rejected(client)
            self._tell.clear()
            await self._tell.wait()

    async def _tell_rejected(self, client: Client) -> None:
        while self._untold:
            await client.publish(self._topic("rejected"), self._untold[0])
            self._untold.popleft()

    async def _publish_stats(self, client: Client) -> None:
        while True:
            told = msgspec.json.encode(await self._writer.once_the_disk_answers(self.stats))
            await client.publish(self._topic("stats"), told)
            # The same, kept by the broker for who asks meanwhile, and gone when we are silent.
            await client.publish(self._topic("health"), told, retain=True, expiry=HEALTH_EXPIRY)
            await asyncio.sleep(STATS_SECONDS)

    def stats(self) -> Stats:
        depth = self._spool.depth
        return Stats(
            timestamp=format_time(now()),
            version=distribution.VERSION,
            uptime_seconds=round(time.monotonic() - self._began),
            group=self._group,
            **msgspec.structs.asdict(self.counters),
            store_away=self._writer.away,
            spooled=depth.readings,
            spool_bytes=depth.bytes,
            spool_age_seconds=None if depth.since is None else max(0, round(time.time() - depth.since)),
            expired=self._spool.expired,
            damaged=self._spool.damaged,
            left_out=self._series.left_out,
            full_hosts=self._series.full_hosts[:MAX_NAMED],
        )

    async def _notify(self) -> None:
        """Tell the service manager that this loop still turns, and how things are."""
        self._notifier.ready()
        while True:
            state = "history away, readings wait on disk" if self._writer.away else "writing"
            self._notifier.alive("no broker" if self._broker_lost else state)
            await asyncio.sleep(self._notifier.seconds)

    def _pipeline(self, client: Client, storing: asyncio.TaskGroup) -> Pipeline:
        writer = self._writer
        return Pipeline(
            client,
            Decoder(self._topics, self._series),
            writer.keep,
            self._reject,
            self.counters,
            storing,
            at_once=writer.at_once,
            wait=self._batch_wait,
        )

    def _client(self) -> Client:
        will = Will(self._topic("status"), payload=b"offline", qos=QoS.AT_LEAST_ONCE, retain=True)
        return self._connection(self._session.client_id, self._session_expiry, will)

    def _connection(self, client_id: str, session_expiry: float, will: Will | None = None) -> Client:
        return Client(
            self._broker,
            client_id=client_id,
            session_expiry=session_expiry,
            receive_max=RECEIVE_MAX,
            manual_ack=True,
            will=will,
        )

    def _topic(self, word: str) -> str:
        return self._topics.bridge(self._id, word)

    def _log_connected(self, client: Client) -> None:
        kept = "it kept our session" if client.session_present else "with a new session"
        _log.info("connected to %s, %s", self._broker, kept)
        self._broker_lost = False

    def _log_broker_lost(self, error: BrokerError) -> None:
        if not self._broker_lost:
            _log.warning("lost the broker, and keeps trying: %s", error)
        self._broker_lost = True


def run(settings: Settings, notifier: Notifier | None = None) -> None:
    """Take readings from the broker into the history."""
    check_start(settings.history_url)
    collect_rarely()
    store = open_store(settings.history_url)
    try:
        asyncio.run(_until_signal(Bridge(settings, store, notifier), settings, store))
    finally:
        store.close()


def collect_rarely() -> None:
    """Messages have no cycles: looking for some after every 700 objects took 7 % of the processor time."""
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


async def _until_signal(bridge: Bridge, settings: Settings, store: HistoryStore) -> None:
    loop = asyncio.get_running_loop()

    def end() -> None:
        bridge.stop()
        signal.setitimer(signal.ITIMER_REAL, LAST_SECONDS)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    leading = leading_of(settings)
    await bridge.run(leading.run, partial(look_after, store, leading.leads))
