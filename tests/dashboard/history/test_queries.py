"""Asking the history for a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from threading import Event, Semaphore

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from dashboard.history.queries import AT_ONCE, Queries
from perfwatch.errors import StoreError
from perfwatch.tokens import Session

SHORT = 0.05


class Client:
    """Somebody who asks, until `hang_up`."""

    def __init__(self, name: str) -> None:
        self._gone = asyncio.Event()
        self._asked = False
        session = Session(name, "id", 0, "")
        self.request = Request({"type": "http", "perfwatch.session": session}, self._receive)

    def hang_up(self) -> None:
        self._gone.set()

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
def answering() -> Iterator[Event]:
    """What the history waits for: it is set in the end."""
    event = Event()
    yield event
    event.set()


@pytest.fixture
def queries() -> Queries:
    return Queries("SQLite at /history.db")


def held(queries: Queries, client: Client, work: Callable[[], bool]) -> list[asyncio.Task[bool]]:
    """As many queries as a user has at once."""
    return [asyncio.create_task(queries.run(client.request, work)) for _ in range(AT_ONCE)]


async def test_the_answer_is_what_the_work_returns(queries: Queries) -> None:
    assert await queries.run(Client("ann").request, divmod, 7, 2) == (3, 1)


async def test_what_the_work_raises_is_raised(queries: Queries) -> None:
    with pytest.raises(ZeroDivisionError):
        await queries.run(Client("ann").request, divmod, 1, 0)


async def test_a_history_that_does_not_answer_in_time_is_named(queries: Queries, answering: Event) -> None:
    with pytest.raises(StoreError) as raised:
        await queries.run(Client("ann").request, answering.wait, deadline=SHORT)
    assert str(raised.value) == "SQLite at /history.db did not answer within 0.05 s"


async def test_a_user_has_a_few_queries_at_once_and_others_theirs(queries: Queries, answering: Event) -> None:
    ann, bob = Client("ann"), Client("bob")
    running = held(queries, ann, answering.wait)
    await asyncio.sleep(0)
    with pytest.raises(StoreError, match=f"{AT_ONCE} other queries of ann are running"):
        await queries.run(ann.request, str, deadline=SHORT)
    assert await queries.run(bob.request, str) == ""
    answering.set()
    assert await asyncio.gather(*running) == [True] * AT_ONCE
    assert await queries.run(ann.request, str) == ""


async def test_a_query_that_nobody_waits_for_keeps_its_turn_until_it_is_done(
    queries: Queries, answering: Event
) -> None:
    leaving, staying = Client("ann"), Client("ann")
    begun = Semaphore(0)

    def work() -> bool:
        begun.release()
        return answering.wait()

    running = held(queries, leaving, work)
    for _ in running:
        assert await asyncio.to_thread(begun.acquire, timeout=30)
    leaving.hang_up()
    for query in running:
        with pytest.raises(ClientDisconnect):
            await query
    with pytest.raises(StoreError, match="other queries of ann"):
        await queries.run(staying.request, str, deadline=SHORT)
    answering.set()
    assert await queries.run(staying.request, str) == ""


async def test_a_query_never_begins_when_its_client_is_gone(queries: Queries, answering: Event) -> None:
    staying, leaving, done = Client("ann"), Client("ann"), list[str]()
    running = held(queries, staying, answering.wait)
    await asyncio.sleep(0)
    queued = asyncio.create_task(queries.run(leaving.request, done.append, "of nobody"))
    await asyncio.sleep(0)
    leaving.hang_up()
    with pytest.raises(ClientDisconnect):
        await queued
    answering.set()
    await asyncio.gather(*running)
    await queries.run(staying.request, done.append, "of somebody")
    assert done == ["of somebody"]
