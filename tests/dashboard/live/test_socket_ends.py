"""The ends that a WebSocket comes to, and what must not bring one about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from perfwatch.readings.codec import now, to_ms
from perfwatch.tokens import Revocations, Tokens, load_key
from tests.dashboard.live.sockets import address, close_code, publish, publish_tick, received
from tests.servers import Mosquitto
from tests.stack import DEEP, Dashboard, bearer, log_in


@pytest.fixture
def short(broker: Mosquitto, tmp_path: Path) -> Iterator[Dashboard]:
    """A server whose sessions last two seconds."""
    with Dashboard(tmp_path, broker.url, token_lifetime="2") as server:
        yield server


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"hots": "nas"}, "did you mean host"),
        ({"summary": "true", "host": "nas"}, "without host"),
        ({"since": "yesterday"}, "since is 'yesterday'"),
        ({"since": "2020-01-01T00:00:00Z"}, "expected a time of the last hour"),
        ({"hello": "yes"}, "hello is 'yes'"),
    ],
)
async def test_what_it_does_not_know_closes_with_4400(
    dashboard: Dashboard, token: str, query: dict[str, str], reason: str
) -> None:
    async with connect(address(dashboard, token=token, **query)) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await received(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400
    assert reason in closed.value.rcvd.reason


async def test_no_message_can_stop_the_others(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    kinds = ("info", "config", "config/error", "cpu", "ups")
    hostile = [(f"perfwatch/hostile/{kind}", DEEP) for kind in kinds]
    hostile += [
        ("perfwatch-bridge/hostile/health", DEEP),
        ("perfwatch/hostile/cpu", b'{"timestamp":"9999-12-31T23:59:59-23:59"}'),
        ("perfwatch/hostile/cpu", b'{"timestamp":"2026-11-23T12:00:00Z","new":"\xff"}'),
        ("perfwatch/hostile/status", b"\xff"),
    ]
    async with connect(address(dashboard, token=token, host="after")) as socket:
        publish(module_broker, *hostile)
        moment = publish_tick(module_broker, "after", 1_795_000_000_000, 1.0)
        assert (await received(socket))["timestamp"] == moment


async def test_a_ping_is_answered_and_nonsense_ignored(dashboard: Dashboard, token: str) -> None:
    async with connect(address(dashboard, token=token, host="nobody")) as socket:
        for nonsense in (
            "",
            "ping",
            "{",
            "[]",
            '{"type":1}',
            '{"type":"other"}',
            b"\xff\x00",
            "x" * 4000,
            DEEP[:4000],
        ):
            await socket.send(nonsense)
        await socket.send('{"type":"ping"}')
        assert await received(socket) == {"type": "pong"}


@pytest.mark.parametrize(
    "query", [{}, {"token": ""}, {"token": "nonsense"}], ids=["none", "empty", "nonsense"]
)
@pytest.mark.parametrize("path", ["/api/ws/metrics", "/_stcore/stream"])
async def test_without_a_valid_token_it_closes_with_4001(
    dashboard: Dashboard, path: str, query: dict[str, str]
) -> None:
    async with connect(address(dashboard, path, **query)) as socket:
        assert await close_code(socket) == 4001


async def test_a_forged_and_an_expired_token_close_with_4001(dashboard: Dashboard, tmp_path: Path) -> None:
    key = load_key(dashboard.log.parent / "secrets" / "jwt")
    past = Tokens(lambda: key, Revocations(tmp_path / "none"), clock=lambda: 1_700_000_000)
    forged = Tokens(lambda: "x" * 64, Revocations(tmp_path / "none"))
    for token in (past.issue("admin"), forged.issue("admin")):
        async with connect(address(dashboard, token=token)) as socket:
            assert await close_code(socket) == 4001


async def test_it_closes_with_4001_when_the_token_expires(short: Dashboard) -> None:
    token = log_in(short.url)
    async with connect(address(short, token=token)) as socket:
        await socket.send('{"type":"ping"}')
        assert await received(socket) == {"type": "pong"}
        assert await close_code(socket) == 4001


@pytest.mark.parametrize("path", ["/api/ws/metrics", "/_stcore/stream"])
async def test_logging_out_closes_the_sessions_own_sockets_only(dashboard: Dashboard, path: str) -> None:
    token, other = log_in(dashboard.url), log_in(dashboard.url)
    mine = connect(address(dashboard, path), additional_headers={"Cookie": f"perfwatch_session={token}"})
    theirs = connect(address(dashboard), additional_headers={"Cookie": f"perfwatch_session={other}"})
    async with mine as closing, theirs as staying:
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{dashboard.url}/api/auth/logout", headers=bearer(token))
            assert answer.status_code == 200
        assert await close_code(closing) == 4001
        await staying.send('{"type":"ping"}')
        while (await received(staying))["type"] != "pong":
            pass


@pytest.mark.parametrize("path", ["/api/ws/metrics", "/_stcore/stream"])
@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "http://localhost:8501"])
async def test_another_sites_origin_is_refused(
    dashboard: Dashboard, token: str, path: str, origin: str
) -> None:
    cookie = {"Cookie": f"perfwatch_session={token}"}
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address(dashboard, path), origin=origin, additional_headers=cookie):  # type: ignore[arg-type]
            pass
    assert refused.value.response.status_code == 403
    async with connect(address(dashboard, path), origin=dashboard.url, additional_headers=cookie):  # type: ignore[arg-type]
        pass


async def test_a_viewer_who_does_not_read_holds_nobody_up(
    dashboard: Dashboard, module_broker: Mosquitto, token: str
) -> None:
    async with connect(address(dashboard, token=token, host="slow"), max_queue=1) as asleep:
        async with connect(address(dashboard, token=token, host="slow")) as awake:
            start = to_ms(now())
            for number in range(20):
                stamp = publish_tick(module_broker, "slow", start + number, number)
                while (await received(awake))["timestamp"] != stamp:
                    pass
        assert asleep.state.name == "OPEN"
