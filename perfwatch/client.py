"""PerfWatch from Python: readings of now and before, over the dashboard or from the topics themselves.

    async with Client("http://nas:8000", token="pw_…") as client:
        async for tick in client.live(host="nas"):
            print(tick.timestamp, tick.data["cpu"]["usage_percent"])

`SyncClient` is the same without `async`, also in notebooks. An address like `mqtt://reader:…@nas:1883` asks
the broker, which knows what is now and nothing of the past. Needs the extra `client`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from ssl import SSLContext
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec
from msgspec import Struct
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from perfwatch.columns import Columns
from perfwatch.durations import parse_ms
from perfwatch.errors import ApiError
from perfwatch.readings.base import Timestamp
from perfwatch.readings.codec import format_time
from perfwatch.readings.core import DeviceInfo, HostInfo
from perfwatch.topic_client import TopicClient
from perfwatch.topics import DEFAULT_PREFIX

T = TypeVar("T")


class Tick(Struct):
    """The readings of one host at one time, by metric. `offline`: the last one of a host that is away.

    From topics each reading is a tick of its own.
    """

    timestamp: Timestamp
    host: str
    data: dict[str, dict[str, Any]]
    offline: bool = False


class Host(Struct):
    """`status` is online or offline, None for a device; `since` and `last_seen` are RFC 3339."""

    host: str
    kind: str
    status: str | None = None
    since: str | None = None
    last_seen: str | None = None
    tags: dict[str, str] = {}
    info: HostInfo | None = None
    device: DeviceInfo | None = None


class Alert(Struct):
    """Where a rule stands for a host: `state` is ok, pending, firing or unknown, `since` when that began.

    `text` says what is wrong, and is empty when nothing is.
    """

    host: str
    rule: str
    state: str
    since: str | None = None
    value: float | str | bool | None = None
    limit: float | str | None = None
    severity: str | None = None
    text: str | None = None


class _Hosts(Struct):
    hosts: list[Host]


class _Alerts(Struct):
    alerts: list[Alert]


class _Refusal(Struct):
    detail: str


class Client:
    """Asks the dashboard at `address` with an API token, or a broker at an mqtt:// address.

    `tls` is whose certificates are trusted, where not the system's: `ssl.create_default_context(cafile=…)`.
    """

    def __init__(
        self, address: str, token: str = "", *, prefix: str = DEFAULT_PREFIX, tls: SSLContext | None = None
    ) -> None:
        self._address = address.rstrip("/")
        self._token = token
        self._tls = tls
        self._topics = TopicClient(address, prefix, tls) if address.startswith("mqtt") else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.AsyncClient(headers=headers, timeout=30, verify=tls or True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def live(self, host: str | None = None, metrics: Collection[str] = ()) -> AsyncGenerator[Tick]:
        """Each tick as it comes, the newest at once, until the connection ends. Raises ApiError.

        Of one host or of all, with all metrics or some.
        """
        if self._topics:
            async for moment, name, data in self._topics.readings(host, metrics):
                yield Tick(moment, name, data)
            return
        tls = (self._tls or True) if self._address.startswith("https") else None
        try:
            async with connect(self._live_address(host, metrics), ssl=tls) as socket:
                async for message in socket:
                    yield msgspec.json.decode(message, type=Tick)
        except ConnectionClosed as exc:
            raise ApiError(f"{self._address} ended the connection: {exc}") from exc
        except (OSError, InvalidHandshake) as exc:
            raise ApiError(f"{self._address} cannot be reached: {exc}") from exc

    async def history(
        self,
        metric: str,
        field: str | Collection[str] = (),
        *,
        host: str | Collection[str] = (),
        tag: str = "",
        part: str | Collection[str] = (),
        since: str | datetime = "1h",
        until: datetime | None = None,
        interval: str = "auto",
    ) -> Columns:
        """Past readings in columns. `since` is a time or a length of time, as 6h.

        `tag` is a kind of part, as core. Raises ApiError.
        """
        stop = until or datetime.now(UTC)
        asked: dict[str, Any] = {"metric_type": metric, "start_time": _start(since, stop)}
        asked |= {"end_time": format_time(stop), "interval": interval} | ({"tag": tag} if tag else {})
        for name, one in {"field": field, "host": host, "part": part}.items():
            asked[name] = [one] if isinstance(one, str) else list(one)
        return await self._get(f"/api/history/query?{httpx.QueryParams(asked)}", Columns)

    async def hosts(self) -> list[Host]:
        """Every host and device that is known, by name. Raises ApiError."""
        if self._topics:
            return msgspec.convert(await self._topics.hosts(), list[Host])
        return (await self._get("/api/hosts", _Hosts)).hosts

    async def alerts(self) -> list[Alert]:
        """Where every rule of alerts stands for every host, by name. Raises ApiError."""
        if self._topics:
            return msgspec.convert(await self._topics.alerts(), list[Alert])
        return (await self._get("/api/alerts", _Alerts)).alerts

    def _live_address(self, host: str | None, metrics: Collection[str]) -> str:
        asked = {"token": self._token, "host": host or "", "metrics": ",".join(metrics)}
        given = httpx.QueryParams({name: value for name, value in asked.items() if value})
        return f"ws{self._address.removeprefix('http')}/api/ws/metrics?{given}"

    async def _get(self, path: str, kind: type[T]) -> T:
        if self._topics:
            raise ApiError(f"{path.partition('?')[0]} needs the dashboard: give its http:// address")
        try:
            answer = await self._http.get(self._address + path)
            if answer.status_code != 200:
                raise ApiError(_reason(answer))
            return msgspec.json.decode(answer.content, type=kind)
        except (httpx.HTTPError, msgspec.DecodeError) as exc:
            raise ApiError(f"{self._address} did not answer as a dashboard does: {exc}") from exc


class SyncClient:
    """The same for programs without `async`, and for notebooks. Any thread may use it."""

    def __init__(
        self, address: str, token: str = "", *, prefix: str = DEFAULT_PREFIX, tls: SSLContext | None = None
    ) -> None:
        self._client = Client(address, token, prefix=prefix, tls=tls)
        # A loop of its own on a thread of its own: a notebook's thread runs one already.
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="perfwatch.client", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End its connections; a `with` does so by itself."""
        self._run(self._client.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def live(self, host: str | None = None, metrics: Collection[str] = ()) -> Iterator[Tick]:
        """As `Client.live`."""
        ticks = self._client.live(host, metrics)
        try:
            while True:
                yield self._run(_next(ticks))
        except StopAsyncIteration:
            return
        finally:
            if not self._loop.is_closed():
                self._run(ticks.aclose())

    def history(self, metric: str, field: str | Collection[str] = (), **given: Any) -> Columns:
        """As `Client.history`."""
        return self._run(self._client.history(metric, field, **given))

    def hosts(self) -> list[Host]:
        """As `Client.hosts`."""
        return self._run(self._client.hosts())

    def alerts(self) -> list[Alert]:
        """As `Client.alerts`."""
        return self._run(self._client.alerts())

    def _run(self, asked: Coroutine[Any, Any, T]) -> T:
        answer = asyncio.run_coroutine_threadsafe(asked, self._loop)
        try:
            return answer.result()
        finally:
            answer.cancel()  # where Ctrl-C came before it


async def _next(ticks: AsyncIterator[Tick]) -> Tick:
    return await anext(ticks)


def _start(since: str | datetime, stop: datetime) -> str:
    if isinstance(since, datetime):
        return format_time(since)
    try:
        return format_time(stop - timedelta(milliseconds=parse_ms(since)))
    except (ValueError, OverflowError) as exc:
        raise ApiError(f"since is {since!r}: expected a time, or a length of time like 6h") from exc


def _reason(answer: httpx.Response) -> str:
    try:
        return msgspec.json.decode(answer.content, type=_Refusal).detail
    except msgspec.DecodeError:
        return f"{answer.url.host} answered {answer.status_code}: is it a dashboard?"
