"""Channels: kept as secrets, and messages sent to a real server."""

from __future__ import annotations

import asyncio
import stat
import time
from contextlib import suppress
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from alerts.channels import SECONDS, Channel, Channels, channels_path, send
from alerts.telling import Message, News
from perfwatch.errors import ChannelError
from tests.alerts.mail import mail_server
from tests.alerts.receiver import receiver
from tests.servers import SilentServer, free_port

NEWS = News("over", "warning", "CPU busy", 1_800_000_000.0, 1_800_000_090.0, "nas", "cpu")
MESSAGE = Message("nas: over after 1 min 30 s: CPU busy", "warning", "warning", (NEWS,))


@pytest.fixture
def channels(tmp_path: Path) -> Channels:
    return Channels(channels_path(tmp_path))


async def test_a_webhook_gets_json() -> None:
    with receiver() as server:
        await send(Channel(server.url), MESSAGE)
    (told,) = server.taken
    assert (told["title"], told["severity"]) == (MESSAGE.title, "warning")
    assert told["alerts"] == [
        {
            "event": "over",
            "severity": "warning",
            "text": "CPU busy",
            "host": "nas",
            "rule": "cpu",
            "part": "",
            "since": "2027-01-15T08:00:00.000Z",
            "timestamp": "2027-01-15T08:01:30.000Z",
            "lasted_seconds": 90,
        }
    ]


async def test_what_a_server_answers_is_said() -> None:
    with receiver() as server:
        server.answer = 404
        with pytest.raises(ChannelError, match="answered 404 Not Found: no such hook"):
            await send(Channel(server.url), MESSAGE)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.2 secret-token\r\n", "does not speak HTTP: SSH-2.0-OpenSSH_9.2 …"),
        (b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n", "answered 302 Found"),
        (b"HTTP/1.1 429 Slow Down\r\nContent-Length: 9\r\n\r\n", "answered 429 Slow Down"),
        (b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\nzz", "answered 500 Oops"),
        (b"", "cannot be reached"),
    ],
)
async def test_a_server_that_answers_something_else_has_not_taken_it(answer: bytes, said: str) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}]}")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ChannelError, match=said):
            await send(Channel(f"http://127.0.0.1:{port}/secret-token"), MESSAGE)


async def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(ChannelError, match="cannot be reached"):
        await send(Channel(f"http://127.0.0.1:{free_port()}/"), MESSAGE)


def test_a_webhook_that_never_answers_does_not_hold_up_the_end() -> None:
    """At the end, asyncio waits for the threads of its own pool; this one would take `SECONDS`."""

    async def cut_short(port: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await send(Channel(f"http://127.0.0.1:{port}/"), MESSAGE)

    with SilentServer() as server:
        began = time.monotonic()
        asyncio.run(cut_short(server.port))
    assert time.monotonic() - began < SECONDS - 5


async def test_apprise_sends_to_what_it_knows() -> None:
    with receiver() as server:
        await send(Channel(f"ntfy://127.0.0.1:{server.server_port}/house"), MESSAGE)
    assert [(one["topic"], one["title"]) for one in server.taken] == [("house", MESSAGE.title)]


async def test_why_apprise_could_not_send_is_said_without_the_address() -> None:
    with receiver() as server:
        server.answer = 403
        with pytest.raises(ChannelError) as raised:
            await send(Channel(f"ntfy://127.0.0.1:{server.server_port}/house-key"), MESSAGE)
    assert "403" in str(raised.value)
    assert "house-key" not in str(raised.value)


async def test_apprise_sends_mail() -> None:
    with mail_server() as server:
        await send(Channel(f"mailto://127.0.0.1:{server.port}?from=pi@house.test&to=me@house.test"), MESSAGE)
    (envelope,) = server.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("pi@house.test", ["me@house.test"])
    mail = message_from_bytes(envelope.original_content or b"", policy=default)
    text = mail.get_body(("plain",))
    assert text is not None
    assert (mail["Subject"], text.get_content().strip()) == (MESSAGE.title, MESSAGE.body)


async def test_what_a_mail_server_answers_is_said_without_the_address() -> None:
    with mail_server() as server:
        url = f"mailto://127.0.0.1:{server.port}?from=pi@house.test&to=nobody%2Dkey@house.test"
        with pytest.raises(ChannelError, match=r"550.*no such mailbox") as raised:
            await send(Channel(url), MESSAGE)
    assert "nobody" not in str(raised.value)


async def test_what_apprise_does_not_know_is_said() -> None:
    with pytest.raises(ChannelError) as raised:
        await send(Channel("carrierpigeon://secret-loft"), MESSAGE)
    assert "secret-loft" not in str(raised.value)


def test_channels_are_private_and_kept(channels: Channels) -> None:
    channels.add("phone", Channel("ntfys://secret", ("critical",)))
    channels.add("hook", Channel("https://host/secret"))
    assert stat.S_IMODE(channels.path.stat().st_mode) == 0o600
    assert channels.all()["phone"].severities == ("critical",)
    channels.remove("phone")
    assert channels.all().keys() == {"hook"}


def test_a_channel_prints_without_its_address() -> None:
    assert "secret" not in f"{Channel('ntfys://secret')}"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("Phone 1", "ntfys://x"),
        ("phone", "somewhere"),
        ("phone", "https:///path"),
        ("phone", "ntfys://\n"),
        ("phone", "https://host/a b"),
        ("phone", "http://[::1/"),
        ("phone", "https://user:password@host/"),
    ],
)
def test_what_cannot_be_a_channel_is_refused(channels: Channels, name: str, url: str) -> None:
    with pytest.raises(ChannelError):
        channels.add(name, Channel(url))
    assert channels.all() == {}


def test_a_channel_that_is_not_there_is_named(channels: Channels) -> None:
    with pytest.raises(ChannelError, match="'phone'"):
        channels.remove("phone")


def test_a_file_that_cannot_be_read_is_named(channels: Channels) -> None:
    channels.path.parent.mkdir(parents=True)
    channels.path.write_text("{")
    with pytest.raises(ChannelError, match="alert_channels"):
        channels.all()
