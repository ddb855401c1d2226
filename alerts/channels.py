"""Where messages go: a webhook, or whatever Apprise knows. Their addresses are secrets.

`secrets/alert_channels.json` in the data folder has them, readable by its owner only; nothing shows them.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Struct

from alerts.telling import Message, News
from perfwatch import distribution
from perfwatch.alerting.rules import Severity
from perfwatch.errors import ChannelError
from perfwatch.files import write_private
from perfwatch.readings.codec import format_seconds
from perfwatch.workers import Workers

SECONDS = 30.0
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
EXCERPT = 400
_SHORTEST_SECRET = 4


class Channel(Struct, frozen=True):
    """`url` is http:// or https:// for a webhook, or an address of Apprise's. Prints without it."""

    url: str
    severities: tuple[Severity, ...] = SEVERITIES

    def __repr__(self) -> str:
        return f"Channel({self.kind}://…)"

    @property
    def kind(self) -> str:
        return self.url.partition(":")[0]


class Channels:
    """The channels in `path`, by name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> dict[str, Channel]:
        """Raises ChannelError when the file cannot be read."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=dict[str, Channel])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as exc:
            raise ChannelError(f"The channels in {self.path} cannot be read: {exc}") from exc

    def add(self, name: str, channel: Channel) -> None:
        """Add a channel or change it. Raises ChannelError when it cannot be one."""
        if not _NAME.fullmatch(name):
            raise ChannelError(
                f"A channel's name has 1 to 32 lowercase letters, digits, _ and -, not {name!r}"
            )
        if "://" not in channel.url or not channel.url.isprintable():
            raise ChannelError("A channel needs an address like https://host/path or ntfys://topic")
        if channel.kind in ("http", "https") and not _names_server(channel.url):
            raise ChannelError(
                "A webhook's address is like https://host/path, in ASCII without spaces. With a user and a "
                "password, let Apprise send: jsons://user:password@host/path"
            )
        self._write(self.all() | {name: channel})

    def remove(self, name: str) -> None:
        """Raises ChannelError when there is none of that name."""
        known = self.all()
        if name not in known:
            raise ChannelError(f"There is no channel {name!r} (there are: {', '.join(known) or 'none yet'})")
        del known[name]
        self._write(known)

    def _write(self, channels: dict[str, Channel]) -> None:
        write_private(self.path, msgspec.json.encode(channels))


def channels_path(folder: Path) -> Path:
    """Where the channels of a data folder are kept."""
    return folder / "secrets" / "alert_channels.json"


async def send(channel: Channel, message: Message) -> None:
    """Send it; returns when the other side has taken it. Raises ChannelError with what it answered."""
    if channel.kind in ("http", "https"):
        await _by_webhook(channel.url, msgspec.json.encode(_as_json(message)))
    else:
        await _by_apprise(channel.url, message)


def test_message(now: float) -> Message:
    """What a channel is tried with."""
    news = News("notice", "info", "This is a test of PerfWatch's alerts", now, now)
    return Message(news.text, "It works.", "info", (news,))


def _as_json(message: Message) -> dict[str, Any]:
    return {
        "title": message.title,
        "text": message.body,
        "severity": message.severity,
        "alerts": [
            {
                **{
                    name: getattr(one, name) for name in ("event", "severity", "text", "host", "rule", "part")
                },
                "since": format_seconds(one.since),
                "timestamp": format_seconds(one.moment),
                "lasted_seconds": round(one.moment - one.since),
            }
            for one in message.news
        ],
    }


async def _by_webhook(url: str, content: bytes) -> None:
    """On a thread that is not waited for at the end, as the default pool's would be."""
    from alerts import webhook  # brings what speaks HTTP: most have no use for it, or seldom

    posting = Workers("webhook", 1)
    try:
        await posting.run(webhook.post, url, content, SECONDS, deadline=2 * SECONDS)
    except TimeoutError as exc:
        raise ChannelError(f"The server did not answer within {2 * SECONDS:.0f} s") from exc
    finally:
        posting.close()


async def _by_apprise(url: str, message: Message) -> None:
    """In a process of its own, which ends: what Apprise loads is more memory than this service."""
    if find_spec("apprise") is None:
        raise ChannelError(f"This kind of channel needs Apprise: {distribution.install_line('alerts')}")
    try:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "alerts.by_apprise"),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as exc:  # no memory is when a message matters
        raise ChannelError(f"Apprise cannot be started: {exc.strerror}") from exc
    asked = json.dumps({"url": url, "title": message.title, "body": message.body})
    try:
        async with asyncio.timeout(2 * SECONDS):
            _, said = await child.communicate(asked.encode())
    except TimeoutError as exc:
        raise ChannelError(f"Apprise did not end within {2 * SECONDS:.0f} s") from exc
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        why = without(url, said.decode("utf-8", "replace")).strip()[:EXCERPT]
        raise ChannelError(why or "Apprise could not send it")


def _names_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return url.isascii() and " " not in url and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def without(url: str, text: str) -> str:
    """Words of others may name parts of the address: keys, passwords, topics."""
    parts = re.split(r"[/:@?&=]+", url)[1:]
    for part in sorted({*parts, *map(unquote, parts)}, key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            text = text.replace(part, "…")
    return text
